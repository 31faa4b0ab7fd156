"""Multitrack recordings of Jitsi: events, a line each, and the files that are made of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from deliveries import MemoryListing
from exporter import SILENCE, STEP, Exporter
from mutations import assert_survives

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor, Draft, Grade, Piece
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.settling.recipes import make_media
from roomreel.importers.vendors.jitsi import Jitsi

CANARY = "canary-71c2"


def draft_of(data: bytes, name: str = "standup/recording.json") -> Draft:
    (draft,) = Jitsi().read(MemoryListing({name: data}), Options())
    return draft


def pieces(draft: Draft) -> dict[str, Piece]:
    return {track.key: piece for track in draft.tracks for piece in track.pieces}


def starts(draft: Draft) -> list[int]:
    found = []
    for track in draft.tracks:
        for piece in track.pieces:
            assert piece.clock is not None
            assert (piece.clock.anchor, piece.clock.grade) == (Anchor.FIRST, Grade.GOOD)
            found.append(round(piece.clock.start.value))
    return found


def made(data: bytes, folder: Path, name: str = "recording.json") -> dict[str, Path]:
    """The files that are made of a delivery, by what each is of."""
    source = folder / name
    if not source.exists() or source.read_bytes() != data:  # what is made has the time of it
        source.write_bytes(data)
    draft, media = make_media(draft_of(data, name), {name: source}, folder / "made")
    return {p.part: media[p.file or ""] for track in draft.tracks for p in track.pieces}


def packets_of(path: Path) -> list[tuple[Fraction, Fraction]]:
    """When packets begin, and how long they last, in ms."""
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base * 1000, packet.duration * packet.time_base * 1000)
            for packet in container.demux(0)
            if packet.size
        ]


def test_m1_tracks_start_by_their_first_packet(tmp_path: Path) -> None:
    wrote = Exporter()
    for tag, timestamp, count in (
        ("92c79801-785912465", 24_281, 1110),
        ("6599eebc-3290801458", 360_798, 470),
        ("69bb3646-2256866138", 635_360, 454),
    ):
        wrote.start(tag)
        wrote.run(tag, timestamp, [SILENCE] * count, chunk=968)
    draft = draft_of(wrote.data)
    assert starts(draft) == [506, 7517, 13_237]
    assert [one.identity for one in draft.participants] == ["92c79801", "6599eebc", "69bb3646"]
    assert (draft.name, draft.zero) == ("standup", None)
    assert draft.findings == ()
    files = made(wrote.data, tmp_path)
    found = {part: packets_of(path) for part, path in files.items()}
    assert [len(packets) for packets in found.values()] == [1110, 470, 454]
    assert [packets[0][0] for packets in found.values()] == [0, 0, 0]
    assert [sum(packets[-1]) for packets in found.values()] == [22_200, 9_400, 9_080]


def test_m2_losses_and_pauses_are_gaps(tmp_path: Path) -> None:
    wrote = Exporter()
    wrote.start("fba6284c-2793662485", "fba6284c", token=CANARY)
    wrote.run("fba6284c-2793662485", 1_366_601, [SILENCE] * 1858, 28_025, lost=[1854])
    wrote.start("33237baf-601433151", "33237baf")
    wrote.run(
        "33237baf-601433151", 1_831_243, [SILENCE] * 1254, lost=[65, 310], paused={351: 480_000}
    )
    draft = draft_of(wrote.data)
    assert starts(draft) == [28_471, 38_151]
    first, second = pieces(draft).values()
    assert (first.attributes["lost"], second.attributes["lost"]) == (1, 2)
    ((begin, end),) = second.pauses
    assert (end.value - begin.value, first.pauses) == (10_000, ())
    assert second.clock is not None
    assert begin.value - second.clock.start.value == 7_020
    assert [finding.code for finding in draft.findings] == [Code.PACKETS_LOST] * 2
    packets = packets_of(made(wrote.data, tmp_path)["33237baf-601433151"])
    assert sum(packets[-1]) == 35_080
    assert sum(length for _, length in packets) == 25_040
    assert CANARY not in repr(draft)


def test_a_track_that_begins_again_is_its_next_piece(tmp_path: Path) -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    wrote.run("aa-1", 4_800, [SILENCE] * 5)
    wrote.start("aa-1")
    wrote.run("aa-1", 96_000, [SILENCE] * 3)
    (track,) = draft_of(wrote.data).tracks
    assert [round(piece.clock.start.value) for piece in track.pieces if piece.clock] == [100, 2000]
    files = made(wrote.data, tmp_path)
    assert [len(packets_of(path)) for path in files.values()] == [5, 3]


def test_packets_that_come_late_or_twice_are_put_in_order(tmp_path: Path) -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    for number in (1, 0, 2, 4, 3, 3, *range(5, 100), 6):
        wrote.media("aa-1", number, 48_000 + number * STEP)
    draft = draft_of(wrote.data)
    assert starts(draft) == [1000]
    (finding,) = draft.findings
    assert (finding.code, finding.text[:9]) == (Code.PACKETS_LATE, "2 packets")
    (path,) = made(wrote.data, tmp_path).values()
    assert [start for start, _ in packets_of(path)] == [20 * number for number in range(100)]


def test_sound_is_heard_from_its_first_sample_and_lasts_as_long(tmp_path: Path) -> None:
    """Packets of all lengths that there are; nothing is dropped at the beginning."""
    wrote = Exporter()
    wrote.start("aa-1")
    timestamp = 0
    for number, (config, samples) in enumerate([(28, 120), (29, 240), (30, 480), (31, 960)] * 4):
        wrote.media("aa-1", number, timestamp, bytes([config << 3, 0xFF, 0xFE]))
        timestamp += samples
    (path,) = made(wrote.data, tmp_path).values()
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == timestamp


def test_what_is_made_is_used_again(tmp_path: Path) -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    wrote.run("aa-1", 0, [SILENCE] * 5)
    (path,) = made(wrote.data, tmp_path).values()
    before = path.stat().st_ino
    (again,) = made(wrote.data, tmp_path).values()
    assert (again, again.stat().st_ino) == (path, before)
    data = path.read_bytes()
    path.unlink()
    assert made(wrote.data, tmp_path)["aa-1"].read_bytes() == data
    wrote.media("aa-1", 5, 5 * STEP)
    (other,) = made(wrote.data, tmp_path).values()
    assert other != path
    assert len(packets_of(other)) == 6


def test_lines_that_are_cut_cost_themselves() -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    wrote.run("aa-1", 0, [SILENCE] * 5)
    draft = draft_of(wrote.data[:-30])
    assert [finding.code for finding in draft.findings] == [Code.LOG_PARTIAL]
    assert pieces(draft)["aa-1"].attributes == {"packets": 4, "lost": 0}


def test_other_codecs_are_named_and_not_heard() -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    wrote.media("aa-1", 0, 0)
    wrote.lines.append(wrote.lines[0].replace("opus", "pcmu").replace("aa-1", "bb-2"))
    wrote.media("bb-2", 0, 0)
    draft = draft_of(wrote.data)
    assert [track.key for track in draft.tracks] == ["aa-1"]
    assert [finding.code for finding in draft.findings] == [Code.CODEC_UNSUPPORTED]


def test_only_events_of_the_exporter_are_recognised() -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    assert Jitsi().detect(MemoryListing({"m/recording.json": wrote.data})).score == 95
    for other in ({"event": "start"}, [], b"", b"\xff", {"start": {"tag": "a"}}):
        assert Jitsi().detect(MemoryListing({"recording.json": other})).score == 0
    with pytest.raises(DeliveryInvalid, match=r"recording\.json"):
        list(Jitsi().read(MemoryListing({"a.webm": b""}), Options()))


def damageable() -> dict[str, bytes]:
    wrote = Exporter()
    for tag in ("aa-1", "bb-2", "aa-1"):
        wrote.start(tag, tag[:2])
        wrote.run(tag, 4_800, [SILENCE] * 4, lost=[2])
    return {"m/recording.json": wrote.data}


def test_no_damaged_event_makes_it_fail() -> None:
    assert_survives(Jitsi(), damageable(), 300)


@pytest.mark.soak
def test_ten_thousand_damaged_events_make_it_fail_never() -> None:
    assert_survives(Jitsi(), damageable(), 10_000)
