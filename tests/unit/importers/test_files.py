"""Recordings that nobody described: guessed by names, or named by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomreel.draft.names import parse_name
from roomreel.errors import ArgumentsInvalid, DeliveryInvalid, StorageFailed
from roomreel.importers.choices import GivenOffset
from roomreel.importers.claims import Anchor, Draft
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.sheet import read_offsets
from roomreel.importers.vendors.files import Files
from roomreel.model.room import MediaType
from tests.unit.importers.helpers.deliveries import MemoryListing

EBML = b"\x1a\x45\xdf\xa3" + bytes(60)
MEDIA = {
    "alice-camera.webm": EBML,
    "alice-microphone.ogg": b"OggS",
    "archive-01J8Z0Y6Q2T3V4W5X6Y7Z8A9B0.mp4": b"\0\0\0\x18ftypmp42",
    "no ending": EBML,
}
OTHERS = {
    "notes.txt": b"x",
    "a.json": b"{}",
    "empty.webm": b"",
    "locked.webm.age": b"x",
    "sub/a.webm": EBML,
}


def drafted(files: dict[str, bytes], *offsets: GivenOffset, title: str = "call") -> Draft:
    (draft,) = Files().read(MemoryListing(files, title), Options(offsets=offsets))
    return draft


def test_media_at_the_top_are_taken_by_the_guesses_of_manifest() -> None:
    draft = drafted(MEDIA | OTHERS)
    assert draft.name == "call"
    assert {piece.file for track in draft.tracks for piece in track.pieces} == set(MEDIA)
    assert [one.key for one in draft.participants] == list(
        dict.fromkeys(parse_name(Path(name).stem).who for name in sorted(MEDIA))
    )
    first = [one for one in draft.tracks if one.pieces[0].track_index == 0]
    named = {(one.pieces[0].file, one.kind): one.name for one in first}
    assert named["alice-camera.webm", MediaType.VIDEO] == "camera"
    assert named["no ending", MediaType.AUDIO] == "microphone"
    assert all(one.optional and one.pieces[0].clock is None for one in draft.tracks)
    assert {one.name for one in draft.tracks if one.participant == "no ending"} >= {"camera 2"}
    assert [(one.code, one.subject) for one in draft.findings] == [
        (Code.MEDIA_ENCRYPTED, "locked.webm.age")
    ]


def test_it_is_the_guess_of_last_resort() -> None:
    assert Files().detect(MemoryListing(MEDIA)).score == 20
    assert Files().detect(MemoryListing(OTHERS)).score == 0
    with pytest.raises(DeliveryInvalid, match="no file at the top of call has sound"):
        drafted(OTHERS)


@pytest.mark.parametrize("title", ["call", "in/call", "call.zip", "call.TAR.GZ"])
def test_a_room_is_called_as_its_folder(title: str) -> None:
    assert drafted(MEDIA, title=title).name == "call"


def test_rooms_are_told_apart_by_names_and_sizes() -> None:
    same = drafted(MEDIA).id
    assert drafted(dict(reversed(MEDIA.items()))).id == same
    assert drafted(MEDIA, title="x/call").id == same
    assert drafted(MEDIA, title="other").id != same
    assert drafted(MEDIA | {"no ending": EBML + b"x"}).id != same


def test_offsets_by_hand_name_people_and_tracks() -> None:
    given = GivenOffset(5, "no ending", "Ben", "screen"), GivenOffset(7, "other", "Eve")
    draft = drafted(MEDIA, *given)
    of_ben = [one for one in draft.tracks if one.participant == "Ben"]
    assert {one.pieces[0].file for one in of_ben} == {"no ending"}
    assert of_ben[0].name == "screen"
    assert "Eve" not in [one.key for one in draft.participants]


def sheet(tmp_path: Path, text: str | bytes) -> Path:
    place = tmp_path / "offsets.csv"
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def test_a_sheet_is_read_line_by_line(tmp_path: Path) -> None:
    text = (
        "\ufefffile,participant,track,offset_ms,start\r\n"
        '"a, b.webm",Ana,camera,1250,\r\n'
        "\r\n"
        ",Ben,,-3,first\r\n"
    )
    place = sheet(tmp_path, text)
    assert read_offsets(place) == (
        GivenOffset(1250, "a, b.webm", "Ana", "camera", Anchor.ZERO, f"{place}:2"),
        GivenOffset(-3, None, "Ben", None, Anchor.FIRST, f"{place}:4"),
    )
    (one,) = read_offsets(sheet(tmp_path, "offset_ms,file\n7,a.webm\n"))
    assert (one.file, one.offset_ms, one.anchor) == ("a.webm", 7, Anchor.ZERO)


def test_all_lines_of_a_sheet_that_are_wrong_are_told_at_once(tmp_path: Path) -> None:
    text = "file,offset_ms,start\na,1.5,\nb,1,middle\n,1,\nc,,\nd,1,zero,more\ne,1\nf,9,\n"
    with pytest.raises(ArgumentsInvalid) as raised:
        read_offsets(sheet(tmp_path, text))
    assert [one.line for one in raised.value.violations] == [2, 3, 4, 5, 6, 7]
    assert "1.5" in str(raised.value.violations[0])


NO_SHEETS = {
    b"file,offset\na,1\n": 'names the column offset|did you mean "offset_ms"',
    b"file\na\n": "names no column offset_ms",
    b"": "names no column offset_ms",
    b"\xff\xfe": "is not UTF-8",
    b"offset_ms,file\n1," + b"x" * 200_000: "cannot be read: field larger",
}


@pytest.mark.parametrize(("data", "words"), NO_SHEETS.items())
def test_what_is_no_sheet_is_refused(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentsInvalid, match=words):
        read_offsets(sheet(tmp_path, data))


def test_a_sheet_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        read_offsets(tmp_path / "none.csv")
