"""What of a delivery is carried into manifests, though nothing here composes it."""

from __future__ import annotations

from pathlib import Path

from deliveries import MemoryListing
from drafting import draft, piece, track

from roomreel.documents.manifest import parse_manifest
from roomreel.importers.claims import DraftParticipant
from roomreel.importers.settling.settle import Choices, settle
from roomreel.importers.settling.write import write
from roomreel.model.room import MediaType, Room

CANARY = "c4n4ry"


class Vendor:
    name, title = "some", "Some service"


def carried(folder: Path, *tracks: object, **members: object) -> Room:
    """Return the room of a delivery as its manifest is read."""
    media = {path.name: path for path in folder.iterdir()}
    one = draft(*tracks, **members)
    files = MemoryListing({})
    done = settle(one, media, Vendor, Choices(), listing=files, memory_bytes=2**30)
    manifest = write(done, folder).manifest
    return parse_manifest(manifest.read_bytes(), str(manifest)).room


def test_recordings_of_data_are_there_with_their_files(tmp_path: Path) -> None:
    (tmp_path / "chat.log").write_bytes(b"hello")
    chat = track(piece("chat.log", 1500, end=9000), name="chat", kind=MediaType.DATA)
    (one,) = carried(tmp_path, chat).recordings
    assert (one.type, one.track_name, one.offset_ms) == (MediaType.DATA, "chat", 1500)
    assert (one.media, one.claimed_size_bytes) == ("chat.log", 5)


def test_attributes_of_people_are_there_without_secrets(tmp_path: Path) -> None:
    told = {"seat": 4, "access_key": CANARY, "page": f"https://u:{CANARY}@h/x?t={CANARY}"}
    people = (DraftParticipant("a", "Ana", attributes=told), DraftParticipant("b", "Ben"))
    room = carried(tmp_path, track(piece(None, 0)), participants=people)
    assert [one.attributes for one in room.participants] == [
        {"seat": 4, "page": "https://h/x"},
        {},
    ]
