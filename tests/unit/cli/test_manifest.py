import os
from array import array
from fractions import Fraction

import pytest

from roomreel.cli.manifest import Found, draft, media_files
from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.errors import NotFound
from roomreel.model.media import PacketIndex
from roomreel.model.room import MediaType

WRITTEN = 1_780_000_000


def found(folder, name, kind=MediaType.VIDEO):
    file = folder / name
    file.write_bytes(b"packets")
    os.utime(file, (WRITTEN, WRITTEN))
    pts = array("q", [500, 2500, 1000])
    keys = array("b", [1] * len(pts))
    return Found(file, PacketIndex(kind, "vp8", Fraction(1, 1000), pts, pts, keys, pts))


@pytest.mark.parametrize(
    ("name", "identity", "track"),
    [
        ("alice.mkv", "alice", "camera"),
        ("alice-camera.mkv", "alice", "camera"),
        ("alice_screen.webm", "alice", "screen"),
        ("Bob Smith - screen 2.mkv", "Bob Smith", "screen 2"),
        ("bob-front-camera.mkv", "bob", "front-camera"),
        ("-odd.mkv", "-odd", "camera"),
        ("a%b's [red]:\u202e😀_x.mkv", "a%b's [red]:\u202e😀", "x"),
    ],
)
def test_a_name_tells_who_and_what(tmp_path, name, identity, track):
    room = draft("call", [found(tmp_path, name)])
    (recording,) = room.recordings
    assert room.identity_of(recording.participant_sid) == identity
    assert recording.track_name == track
    assert recording.media == name


def test_the_draft_is_a_valid_manifest_of_the_same_room(tmp_path):
    tracks = [
        found(tmp_path, "alice-camera.mkv"),
        found(tmp_path, "alice-mic.mka", MediaType.AUDIO),
        found(tmp_path, "bob.mp4"),
        found(tmp_path, "bob.mp4", MediaType.AUDIO),
    ]
    room = draft("call", tracks)
    assert parse_manifest(manifest_text(room).encode(), "room.json").room == room
    assert [one.identity for one in room.participants] == ["alice", "bob"]
    assert len({one.sid for one in room.recordings}) == 4
    assert room.recordings[3].track_name == "microphone"
    assert room.recordings[0].claimed_duration_s == 2
    assert room.end_time is not None
    assert room.end_time.timestamp() == WRITTEN


def test_the_same_files_give_the_same_sids_and_others_do_not(tmp_path):
    first = draft("call", [found(tmp_path, "alice.mkv")])
    assert draft("call", [found(tmp_path, "alice.mkv")]) == first
    assert draft("other", [found(tmp_path, "alice.mkv")]).sid != first.sid
    assert draft("call", [found(tmp_path, "bob.mkv")]).sid != first.sid


def test_a_file_named_by_its_recording_keeps_that_sid(tmp_path):
    sid = "RT" + "0123456789abcdef" * 2
    (recording,) = draft("call", [found(tmp_path, f"{sid}.mkv")]).recordings
    assert recording.sid == sid


def test_only_plain_media_files_are_taken(tmp_path):
    wanted = found(tmp_path, "a.MKV").file
    found(tmp_path, ".hidden.mkv")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder.mkv").mkdir()
    (tmp_path / "link.mkv").symlink_to("/dev/zero")
    assert media_files(tmp_path) == [wanted]


def test_no_folder_is_an_error_in_words(tmp_path):
    with pytest.raises(NotFound):
        media_files(tmp_path / "nowhere")
    with pytest.raises(NotFound):
        media_files(found(tmp_path, "a.mkv").file)
