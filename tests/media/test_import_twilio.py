"""Deliveries of Twilio Video from files to what is seen and heard of them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from clips import Clips
from composing import Composed, colour, compose_room, level_at, planned, runs

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "importers" / "helpers"))
from twilio_delivery import ACCOUNT, CANARY, page, person, resource, room, sid

from roomreel.importers.choices import Choices
from roomreel.importers.claims import Grade
from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.reading import read_named
from roomreel.importers.settling.settle import Settled, settle
from roomreel.importers.settling.write import record_beside, write
from roomreel.importers.vendors.twilio import Twilio

GRID = {"video_layout": {"grid": {"video_sources": ["*"]}}, "audio_sources": ["*"]}
SMALL = {"resolution": "320x120"} | GRID
MEMORY_BYTES = 2**30


def media_of_t1(clips: Clips) -> dict[str, Path]:
    """Files whose first packets are at 1.564, 1.584 and 20.1 s, which end at 31, 31 and 40 s.

    The sound is PCMU, as of a caller by phone: nothing at its beginning is there to be dropped.
    """
    return {
        "ann/camera": clips.video(
            "red", (160, 120), seconds=Fraction("29.436"), fps=10, start=Fraction("1.564")
        ),
        "ann/microphone": clips.tone(
            440, "pcmu", seconds=Fraction("29.416"), start=Fraction("1.584")
        ),
        "ben/camera": clips.video(
            "blue", (160, 120), seconds=Fraction("19.9"), fps=10, start=Fraction("20.1")
        ),
    }


def deliver(folder: Path, media: Mapping[str, Path], **documents: Any) -> Path:
    folder.mkdir()
    for name, path in media.items():
        said = resource(name)
        shutil.copy(path, folder / f"{said['sid']}.{said['container_format']}")
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def settled(folder: Path, scratch: Path) -> Settled:
    with open_delivery(folder, scratch) as files:
        ((draft,),) = (one.drafts for one in read_named(files, Twilio(), Options()))
        names = [piece.file for track in draft.tracks for piece in track.pieces if piece.file]
        local = files.locals(names)
        return settle(draft, local, Twilio(), Choices(), listing=files, memory_bytes=MEMORY_BYTES)


def imported(folder: Path, tmp_path: Path) -> tuple[Settled, Path]:
    room_settled = settled(folder, tmp_path / "scratch")
    written = write(room_settled, folder, alone=True)
    return room_settled, written.manifest


def starts(tmp_path: Path, manifest: Path) -> dict[str, Fraction]:
    """When each source starts in the composition, in ms after the first one."""
    _, plan, _ = planned(tmp_path / "planned", manifest, SMALL)
    first = min(source.span.start for source in plan.sources)
    return {one.recording_sid: (one.span.start - first) * 1000 for one in plan.sources}


EXPECTED = {
    sid("RT", "ann/camera"): 0,
    sid("RT", "ann/microphone"): 20,
    sid("RT", "ben/camera"): 18_536,
}


def test_t1_a_listing_and_its_files_are_composed_as_they_were(tmp_path: Path, clips: Clips) -> None:
    media = media_of_t1(clips)
    sizes = {name: path.stat().st_size for name, path in media.items()}
    # Dates are of the second in which a track was published.
    later = {"ben/camera": {"date_created": "2020-08-20T01:42:23Z"}}
    rows = [resource(name, size=sizes[name], **later.get(name, {})) for name in media]
    listing = page("recordings", *rows)
    people = page("participants", person("ann"), person("ben"))
    folder = deliver(tmp_path / "call", media, listing=listing, people=people, call=room())
    done, manifest = imported(folder, tmp_path)
    assert done.grade is Grade.EXACT
    assert {one.offset_ms for one in done.room.recordings} == {155_137_307_765}
    assert not done.findings
    assert starts(tmp_path, manifest) == EXPECTED
    document = json.loads(manifest.read_text())
    assert document["room"]["end_time"] == "2020-08-20T01:43:00Z"
    assert {one["identity"] for one in document["participants"]} == {"ann", "ben"}
    made = compose_room(tmp_path, manifest, {**SMALL, "format": "mp4"})
    check_pictures(made)
    sound = made.sound()
    # 20 ms after the first picture, until 29.436 s.
    assert level_at(sound, 440, 0.1, 29.3) > 0.05
    assert level_at(sound, 440, 0.0, 0.015) < 0.01
    assert abs(sound[:, 29_500 * 48 :]).max() < 0.01
    for path in (manifest, record_beside(manifest), made.media):
        data = path.read_bytes()
        assert CANARY.encode() not in data
        assert ACCOUNT.encode() not in data


def check_pictures(made: Composed) -> None:
    """Ann alone, then both, then Ben alone, in the cells of a row."""
    left, right = [], []
    for _, pixels in made.pictures():
        half = pixels.shape[1] // 2
        left.append(colour(pixels[20:-20, 20 : half - 20]))
        right.append(colour(pixels[20:-20, half + 20 : -20]))
    ends = 29_436 * 30 // 1000, 18_536 * 30 // 1000
    (red, until), *_ = runs(left)
    assert red == "red"
    assert abs(until - ends[0]) <= 1
    (black, before), (blue, _), *_ = runs(right)
    assert (black, blue) == ("black", "blue")
    assert abs(before - ends[1]) <= 1


def test_t2_offsets_that_differ_move_the_start(tmp_path: Path, clips: Clips) -> None:
    media = {
        "ann/camera": clips.video(
            "red", (160, 120), seconds=Fraction("7.5"), fps=10, start=Fraction("1.5")
        ),
        "ben/camera": clips.video(
            "blue", (160, 120), seconds=Fraction("8.5"), fps=10, start=Fraction("0.5")
        ),
    }
    one, other = resource("ann/camera", offset=1000), resource("ben/camera", offset=4000)
    folder = deliver(tmp_path / "call", media, listing=page("recordings", one, other))
    _, manifest = imported(folder, tmp_path)
    assert starts(tmp_path, manifest) == {one["sid"]: 0, other["sid"]: 2000}


def test_t3_files_alone_start_as_they_did(tmp_path: Path, clips: Clips) -> None:
    folder = deliver(tmp_path / "call", media_of_t1(clips))
    done, manifest = imported(folder, tmp_path)
    assert done.grade is Grade.GUESSED
    assert {one.offset_ms for one in done.room.recordings} == {0}
    assert starts(tmp_path, manifest) == EXPECTED
    assert {Code.LOG_PARTIAL, Code.CLOCK_GUESSED} <= {one.code for one in done.findings}
    assert any("no listing of recordings" in one.text for one in done.findings)


def test_a_file_that_starts_at_zero_while_others_do_not_is_suspected(
    tmp_path: Path, clips: Clips
) -> None:
    media = media_of_t1(clips)
    media["ben/camera"] = clips.video("blue", (160, 120), seconds=Fraction("19.9"), fps=10)
    dates = {"ben/camera": "2020-08-20T01:42:24Z"}
    rows = [
        resource(name, date_created=dates.get(name, "2020-08-20T01:42:05Z"), size=None)
        for name in media
    ]
    folder = deliver(tmp_path / "call", media, listing=page("recordings", *rows))
    done, _ = imported(folder, tmp_path)
    assert [one.subject for one in done.findings if one.code is Code.CLOCK_SUSPECT] == [
        sid("RT", "ben/camera")
    ]


def test_x1_a_second_import_writes_nothing(tmp_path: Path, clips: Clips) -> None:
    media = {"ann/camera": clips.video("red", (160, 120), seconds=1, fps=10)}
    documents = {"listing": page("recordings", resource("ann/camera")), "call": room()}
    folder = deliver(tmp_path / "call", media, **documents)
    first = write(settled(folder, tmp_path / "scratch"), folder, alone=True)
    assert first.changed
    stamps = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert not write(settled(folder, tmp_path / "scratch"), folder, alone=True).changed
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == stamps
    copy = deliver(tmp_path / "elsewhere", media, **documents)
    write(settled(copy, tmp_path / "scratch"), copy, alone=True)
    assert (copy / "room.json").read_bytes() == (folder / "room.json").read_bytes()
