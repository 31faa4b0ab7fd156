"""Drafts of manifests: whatever files are called and hold, what is drafted is valid and whole."""

import os
from array import array
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.draft.folder import FolderFile, media_files
from roomreel.draft.room import FoundTrack, draft
from roomreel.model.media import PacketIndex
from roomreel.model.room import MediaType

LONGEST_NAME_BYTES = 255

WORDS = st.sampled_from(
    [
        *("alice", "Bob Smith", "-", "_", " ", ".", "..", "camera", "audio", "screen 2"),
        *("#content", "RT" + "0123456789abcdef" * 2, "1689344055925", "s3:", "file:", "\\"),
        *("4a3fd2dd-0b66-4f9c-91f6-0e9c8ed94b21", "TR_AMabc", "\n", "\x7f"),
        "videoroom-1-user-2-1500000000000000-audio",
    ]
)
CHARACTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
STEMS = st.lists(WORDS | st.text(CHARACTERS, max_size=8), max_size=5).map("".join)
ENDINGS = st.sampled_from(["", ".mkv", ".MP4", ".webm", ".json.mka", ".", ". "])
NAMES = st.builds("{}{}".format, STEMS, ENDINGS).filter(
    lambda name: name not in {"", ".", ".."} and len(name.encode()) <= LONGEST_NAME_BYTES
)
BYTES = st.binary(min_size=1, max_size=20).map(
    lambda data: os.fsdecode(data.translate(bytes.maketrans(b"\0/.", b"___")))
)
TICKS = st.integers(-(2**62), 2**62)
BASES = st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1)])
TRACKS = st.tuples(st.sampled_from([MediaType.AUDIO, MediaType.VIDEO]), st.integers(0, 3))


@st.composite
def packets(random, kind):
    times = random(st.lists(st.tuples(TICKS, st.integers(0, 2**62)), min_size=1, max_size=4))
    return PacketIndex(
        kind,
        random(st.sampled_from(["vp8", "opus", "h264"])),
        random(BASES),
        pts=array("q", [at for at, _ in times]),
        durations=array("q", [lasts for _, lasts in times]),
        keys=array("b", [random(st.booleans()) for _ in times]),
        payload_bytes=len(times),
    )


@given(
    names=st.lists(NAMES, min_size=1, max_size=5, unique=True),
    room_name=st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=5),
    at=st.floats(allow_nan=False),
    tracks=st.lists(TRACKS, min_size=1, max_size=5, unique=True),
    data=st.data(),
)
@settings(max_examples=200)
def test_a_draft_is_valid_and_names_every_track(names, room_name, at, tracks, data):
    files = [FolderFile(Path(name), 7, at) for name in names]
    found = [
        FoundTrack(file, index, data.draw(packets(kind)))
        for file in files
        for kind, index in tracks
    ]
    room = draft(room_name, found)
    assert parse_manifest(manifest_text(room).encode(), "room.json").room == room
    drafted = {(one.media, one.type, one.track_index) for one in room.recordings}
    assert drafted == {(one.path.name, one.packets.type, one.index) for one in found}


@given(st.lists(NAMES | BYTES, unique=True, max_size=6))
@settings(max_examples=200)
def test_every_file_of_a_folder_is_taken_or_told(names):
    with TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            path = Path(folder, name)
            if number % 3 == 2:
                path.symlink_to(names[0] if number % 2 else "/etc/hostname")
            else:
                path.write_bytes(b"packets")
        there = sorted(path.name for path in Path(folder).iterdir())
        files, left_out = media_files(Path(folder))
        taken = [file.path.name for file in files]
        assert there == sorted([*taken, *(one.name for one in left_out)])
        assert all(one.reason for one in left_out)
