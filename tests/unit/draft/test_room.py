from array import array
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.draft.folder import FolderFile
from roomreel.draft.room import FoundTrack, draft
from roomreel.model.media import PacketIndex
from roomreel.model.room import MediaType, Room

WRITTEN = 1_780_000_000
SID = "RT" + "0123456789abcdef" * 2


def found(
    folder: Path, name: str, kind: MediaType = MediaType.VIDEO, index: int = 0, at: float = WRITTEN
) -> FoundTrack:
    packets = PacketIndex(
        kind,
        "vp8",
        Fraction(1, 1000),
        pts=array("q", [500, 1000, 2500]),
        durations=array("q", [0] * 3),
        keys=array("b", [1] * 3),
        payload_bytes=3,
    )
    return FoundTrack(FolderFile(folder / name, 7, at), index, packets)


def is_valid(room: Room) -> bool:
    return parse_manifest(manifest_text(room).encode(), "room.json").room == room


def test_the_draft_is_a_valid_manifest_of_the_same_room(tmp_path: Path):
    tracks = [
        found(tmp_path, "alice-camera.mkv"),
        found(tmp_path, "alice-mic.mka", MediaType.AUDIO),
        found(tmp_path, "bob.mp4"),
        found(tmp_path, "bob.mp4", MediaType.AUDIO),
        found(tmp_path, "bob.mp4", MediaType.AUDIO, 1),
    ]
    room = draft("call", tracks)
    assert is_valid(room)
    assert [one.identity for one in room.participants] == ["alice", "bob"]
    assert len({one.sid for one in room.recordings}) == 5
    assert len({one.source_sid for one in room.recordings}) == 5
    assert [(one.track_name, one.track_index, one.media) for one in room.recordings] == [
        ("camera", 0, "alice-camera.mkv"),
        ("mic", 0, "alice-mic.mka"),
        ("camera", 0, "bob.mp4"),
        ("microphone", 0, "bob.mp4"),
        ("microphone 2", 1, "bob.mp4"),
    ]
    assert room.recordings[0].claimed_duration_s == 3
    assert room.end_time == datetime.fromtimestamp(WRITTEN, UTC)


def test_the_same_files_give_the_same_sids_and_others_do_not(tmp_path: Path):
    first = draft("call", [found(tmp_path, "alice.mkv")])
    assert draft("call", [found(tmp_path, "alice.mkv")]) == first
    assert draft("other", [found(tmp_path, "alice.mkv")]).sid != first.sid
    assert draft("call", [found(tmp_path, "bob.mkv")]).sid != first.sid


def test_a_file_named_by_its_recording_keeps_that_sid(tmp_path: Path):
    (recording,) = draft("call", [found(tmp_path, f"{SID}.mkv")]).recordings
    assert recording.sid == SID


def test_no_two_recordings_have_the_sid_that_files_are_named_by(tmp_path: Path):
    both = [found(tmp_path, f"{SID}.mp4"), found(tmp_path, f"{SID}.mp4", MediaType.AUDIO)]
    others = [found(tmp_path, f"{SID}.mka", MediaType.AUDIO), found(tmp_path, f"{SID}.mkv")]
    for tracks in (both, others, both + others):
        room = draft("call", tracks)
        assert is_valid(room)
        assert len({one.sid for one in room.recordings}) == len(tracks)


@pytest.mark.parametrize("at", [-(10**9), 0, 2**40, 2**60])
def test_a_file_of_any_time_gives_a_valid_end(tmp_path: Path, at: float):
    assert is_valid(draft("call", [found(tmp_path, "alice.mkv", at=at)]))


def test_a_folder_of_any_name_gives_a_valid_name(tmp_path: Path):
    assert is_valid(draft("a\udcff", [found(tmp_path, "alice.mkv")]))


def test_a_file_without_an_ending_claims_no_format(tmp_path: Path):
    (recording,) = draft("call", [found(tmp_path, "alice-camera")]).recordings
    assert recording.container_format is None
