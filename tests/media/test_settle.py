"""Drafts settled with real media, and composed from there: what is found counts, to the packet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from foreign import VP8, ffmpeg, tones

from roomreel.api.rooms import plan_room
from roomreel.importers.claims import (
    Anchor,
    Claim,
    Clock,
    Draft,
    DraftParticipant,
    DraftTrack,
    Grade,
    Piece,
)
from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.settling.settle import Choices, Settled, settle
from roomreel.importers.settling.write import write
from roomreel.model.room import MediaType, RecordingStatus
from roomreel.samples.recorder import Take, encode_audio

AUDIO, VIDEO = MediaType.AUDIO, MediaType.VIDEO
ZERO = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMORY = 2**31


class Vendor:
    name, title = "some", "Some service"


@pytest.fixture(scope="module")
def sound() -> Callable[[str, str], Take]:
    """M(first, end): sound whose first packet is at `first` s and whose last ends at `end` s."""
    whole = encode_audio(np.zeros((1, 48_000 * 32), np.float32))
    # Without a delay, which Matroska has no half milliseconds for, times are exact.
    whole = replace(whole, header=replace(whole.header, delay=Fraction(0)))
    start = whole.pieces[0].at

    def cut(first: str, end: str) -> Take:
        count = (Fraction(end) - Fraction(first)) * 50
        assert count.denominator == 1
        pieces = whole.pieces[: int(count)]
        return replace(whole, pieces=pieces).shifted(Fraction(first) - start)

    return cut


def piece(file: str, at: int | None, anchor: Anchor = Anchor.ZERO, **members: object) -> Piece:
    clock = at is not None and Clock(Claim(at, "list.json#/at"), anchor, Grade.EXACT, "some/at")
    return Piece(file, clock or None, **members)


def of(kind: MediaType, *pieces: Piece, who: str = "a", **members: object) -> DraftTrack:
    name = "microphone" if kind is AUDIO else "camera"
    return DraftTrack(who, kind.value, name, kind, pieces, **members)


def settled(folder: Path, *tracks: DraftTrack, **members: object) -> Settled:
    keys = dict.fromkeys(track.participant for track in tracks)
    people = tuple(DraftParticipant(key, key.title()) for key in keys)
    draft = Draft("one", "weekly", people, tracks, **{"zero": ZERO, **members})
    with open_delivery(folder, folder) as files:
        return settle(
            draft,
            files.locals(files.sizes),
            Vendor,
            Choices(),
            listing=files,
            memory_bytes=MEMORY,
        )


def test_t1_equal_offsets_and_containers_that_count_from_the_room(
    tmp_path: Path, sound: Callable[[str, str], Take]
) -> None:
    made = {"a": ("1.564", "31.004"), "b": ("1.584", "31.004"), "c": ("20.1", "40.0")}
    for name, times in made.items():
        sound(*times).write(tmp_path / f"{name}.mka")
    tracks = [of(AUDIO, piece(f"{name}.mka", 155137307765), who=name) for name in made]
    one = settled(tmp_path, *tracks, zero=None)
    assert [r.offset_ms for r in one.room.recordings] == [155137307765] * 3
    assert one.grade is Grade.EXACT
    first = [row.container_start for row in one.rows]
    assert first == [1564, 1584, 20_100]
    assert [row.found_end - row.offset for row in one.rows if row.found_end] == [
        31_004,
        31_004,
        40_000,
    ]
    plan = plan_room(write(one, tmp_path).manifest, "grid")
    begins = {source.recording_sid: source.span.start for source in plan.sources}
    away = [(begins[r.sid] - min(begins.values())) * 1000 for r in one.room.recordings]
    assert away == [0, 20, 18_536]


def test_a_first_packet_sits_where_the_claim_says(
    tmp_path: Path, sound: Callable[[str, str], Take]
) -> None:
    sound("12.345", "14.345").write(tmp_path / "a.webm")
    (row,) = settled(tmp_path, of(AUDIO, piece("a.webm", 1000, Anchor.FIRST))).rows
    assert (row.offset, row.chosen, row.container_start) == (1000 - 12_345, 1000, 12_345)
    assert row.found_end == 3000


def test_s2_slices_of_sound_and_pictures_follow_each_other(
    tmp_path: Path, sound: Callable[[str, str], Take]
) -> None:
    for name, end in (("1.webm", "10.7"), ("2.webm", "20.0")):
        sound("0", end).write(tmp_path / name)
    slices = (piece("1.webm", 0), piece("2.webm", 11_000))
    one = settled(tmp_path, of(AUDIO, *slices, leash_ms=1000))
    assert [r.offset_ms for r in one.room.recordings] == [0, 10_700]
    assert len({r.source_sid for r in one.room.recordings}) == 1
    assert [row.chosen_by for row in one.rows] == ["claim", "chain"]


def test_odd_files_are_said_and_cost_nothing_else(
    tmp_path: Path, sound: Callable[[str, str], Take]
) -> None:
    whole = sound("0", "2").write(tmp_path / "good.mka").read_bytes()
    (tmp_path / "cut.mka").write_bytes(whole[:-7])
    (tmp_path / "empty.mka").write_bytes(b"")
    (tmp_path / "noise.mka").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "half.mka.tmp").write_bytes(whole)
    tracks = [
        of(AUDIO, piece(f"{name}.mka", 0), who=name)
        for name in ("good", "cut", "empty", "noise", "gone")
    ]
    waiting = piece("half.mka.tmp", 0, status=RecordingStatus.PROCESSING)
    pictures_of_none = of(VIDEO, piece("good.mka", 0), who="good", optional=True)
    one = settled(tmp_path, *tracks, of(AUDIO, waiting, who="half"), pictures_of_none)
    notes = {row.file: row.notes for row in one.rows}
    assert notes == {
        "good.mka": (),
        "cut.mka": ("media-unfinished",),
        "empty.mka": ("media-empty",),
        "noise.mka": ("media-undecodable",),
        "gone.mka": ("media-missing",),
        "half.mka.tmp": ("media-unfinished",),
    }
    assert one.usable == 3
    status = {r.participant_sid: r.status for r in one.room.recordings}
    assert sorted(status.values()) == ["completed"] * 5 + ["processing"]
    media = [r.media for r in one.room.recordings]
    assert [media is None for media in media] == [False, False, False, False, True, False]


def test_sound_and_pictures_of_a_file_are_two_recordings_that_a_plan_takes(
    tmp_path: Path,
) -> None:
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=3"),
        *tones(500, seconds=3),
        *(*VP8, "-c:a", "libopus"),
        tmp_path / "a.webm",
    )
    members = {"optional": True}
    one = settled(
        tmp_path,
        of(AUDIO, piece("a.webm", 0), **members),
        of(VIDEO, piece("a.webm", 0), **members),
        of(AUDIO, piece("a.webm", 22_000), who="b", **members),
        of(VIDEO, piece("a.webm", 22_000), who="b", **members),
    )
    assert one.findings == ()
    done = write(one, tmp_path, alone=True)
    assert done.manifest.name == "room.json"
    plan = plan_room(done.manifest, "grid")
    assert not plan.warnings
    begins = {source.recording_sid: source.span.start for source in plan.sources}
    first, *_, last = sorted(begins.values())
    assert len(begins) == 4
    assert abs(last - first - 22) < Fraction(1, 20)
