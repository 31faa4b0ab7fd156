"""Packet indexes that are kept: found again just if the file is the same."""

import os
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import damage
import numpy as np
import pytest
import users
from clip_rooms import Track, room
from clips import Clips

from roomreel.compose import inputs
from roomreel.compose.inputs import index_and_plan
from roomreel.compose.media import stat_media
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.media.kept import source_key
from roomreel.media.packet_cache import COLUMNS, VALUES, PacketIndexCache
from roomreel.media.probe import index_packets
from roomreel.model.media import PacketIndex, Stored, TrackPath
from roomreel.model.room import MediaType
from roomreel.settings import Settings
from roomreel.storage.cache import key_of

VIDEO = MediaType.VIDEO
STORED = Stored("/media/one.mkv", 1000, "7")


def values(index: PacketIndex) -> dict[str, Any]:
    return {field.name: getattr(index, field.name) for field in fields(index)}


@pytest.fixture(scope="module")
def index(clips: Clips) -> PacketIndex:
    return index_packets(TrackPath(str(clips.resized(codec="vp9"))), VIDEO)


@pytest.fixture
def kept(tmp_path: Path, index: PacketIndex) -> PacketIndexCache:
    kept = PacketIndexCache(tmp_path)
    kept.keep(STORED, VIDEO, index)
    return kept


def file_of(folder: Path) -> Path:
    [path] = folder.glob("*/*")
    return path


def test_every_field_of_an_index_is_kept():
    assert {*COLUMNS, *VALUES} == {field.name for field in fields(PacketIndex)}


def test_what_is_kept_is_found_as_it_was(kept: PacketIndexCache, index: PacketIndex):
    found = kept.find(STORED, VIDEO)
    assert found is not None
    assert values(found) == values(index)
    assert len(found) == 90
    assert found.shape_changes == 2


def test_an_index_of_sound_with_odd_times_is_found_as_it_was(clips: Clips, tmp_path: Path):
    sound = index_packets(TrackPath(str(clips.tone(seconds=1))), MediaType.AUDIO)
    odd = replace(sound, truncated=True, sample_aspect=Fraction(4, 3))
    odd.pts[0], odd.pts[5] = -(2**62), 2**62
    kept = PacketIndexCache(tmp_path)
    kept.keep(STORED, MediaType.AUDIO, odd)
    found = kept.find(STORED, MediaType.AUDIO)
    assert found is not None
    assert values(found) == values(odd)


@pytest.mark.parametrize(
    "other",
    [
        replace(STORED, location="/media/two.mkv"),
        replace(STORED, size_bytes=1001),
        replace(STORED, version="8"),
    ],
)
def test_another_file_has_no_index(kept: PacketIndexCache, other: Stored):
    assert kept.find(other, VIDEO) is None
    assert kept.find(STORED, MediaType.AUDIO) is None


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def damage_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[data.index(b"pts.npy") + 40] ^= 0xFF  # within what is compressed
    path.write_bytes(data)


def damage_lengths(path: Path) -> None:
    with np.load(path) as file:
        content = dict(file)
    np.savez(path, **{**content, "keys": content["keys"][1:]})


def damage_values(path: Path) -> None:
    with np.load(path) as file:
        content = dict(file)
    np.savez(path, **{**content, "values": np.array('{"type": "odour"}')})


DAMAGES = {
    **damage.DAMAGES,
    "cut short": damage_cut,
    "a wrong byte": damage_byte,
    "another format": lambda path: path.write_text("{}"),
    "a lone array": lambda path: path.open("wb").write(b"\x93NUMPY\x01\x00v\x00" + b"{}" * 59),
    "columns of different lengths": damage_lengths,
    "other values": damage_values,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_passed_over_and_made_again(index: PacketIndex, name: str):
    def damage_one() -> None:
        kept = PacketIndexCache(folder / "indexes")
        kept.keep(STORED, VIDEO, index)
        DAMAGES[name](file_of(folder / "indexes"))
        # One byte of a name in the archive says nothing of the index: what is read is right.
        found = kept.find(STORED, VIDEO)
        assert found is None or (name == "one byte" and values(found) == values(index))
        kept.keep(STORED, VIDEO, index)
        again = kept.find(STORED, VIDEO)
        assert again is not None
        assert values(again) == values(index)

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


def test_an_index_is_found_by_the_file_it_is_of(kept: PacketIndexCache, tmp_path: Path):
    assert source_key(file_of(tmp_path)) == key_of(STORED.location)


def test_a_folder_that_cannot_be_made_keeps_nothing_and_stops_nothing(
    tmp_path: Path, index: PacketIndex
):
    (tmp_path / "file").write_text("")
    kept = PacketIndexCache(tmp_path / "file" / "indexes")
    kept.keep(STORED, VIDEO, index)
    assert kept.find(STORED, VIDEO) is None


def test_a_room_is_indexed_once(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tracks = [
        Track("ann", "camera", clips.video(seconds=1)),
        Track("ann", "mic", clips.tone(seconds=1)),
    ]
    manifest = room(tmp_path, tracks)
    config = Settings(media_roots=[str(tmp_path)], store=tmp_path / "store")
    ready = parse_manifest(manifest.read_bytes(), str(manifest))
    layout = parse_template(
        b'{"schema": "roomreel.template/1", "friendly_name": "t", "audio_sources": ["*"],'
        b' "video_layout": {"grid": {"video_sources": ["*"]}}}',
        "t.json",
    )
    probed: list[int] = []

    def counting(probes: Any, memory_bytes: int) -> Any:
        probed.append(len(probes))
        return made(probes, memory_bytes)

    config.store.mkdir()
    made = inputs.index_isolated
    monkeypatch.setattr(inputs, "index_isolated", counting)
    plans = [index_and_plan(ready, layout, stat_media(ready, config), config)[0] for _ in range(2)]
    assert plans[0] == plans[1]
    assert probed == [2, 0]
    [camera] = manifest.parent.glob("*.webm")
    os.utime(camera, (1, 1))
    index_and_plan(ready, layout, stat_media(ready, config), config)
    assert probed == [2, 0, 1]
