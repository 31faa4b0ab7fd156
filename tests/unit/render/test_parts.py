"""Parts of compositions: made whole, found damaged, removed by others."""

import json

import damage
import pytest
import users

from roomreel.errors import StorageFailed
from roomreel.model.composition import Decoded
from roomreel.model.template import Format
from roomreel.render.parts import SUMS, RenderedPart

FILES = ("part.mp4", "made.json", "witness.npy", "loudness.npy", SUMS)


def make(part, scratch, data=b"moving pictures"):
    scratch.mkdir(parents=True, exist_ok=True)
    with part.make(scratch) as contents:
        contents.media.write_bytes(data)
        contents.decoded["RT1"] = Decoded(frames=7)


@pytest.fixture
def part(tmp_path):
    part = RenderedPart(tmp_path / "parts" / "CJ1" / "digest", Format.MP4)
    make(part, tmp_path / "scratch")
    return part


def test_a_whole_part_stays_and_tells_what_was_noted(part):
    part.drop_damaged()
    assert part.is_finished
    assert {path.name for path in part.folder.iterdir()} == set(FILES)
    assert part.read().decoded == {"RT1": Decoded(frames=7)}
    assert part.media.read_bytes() == b"moving pictures"


@pytest.mark.parametrize("kind", damage.DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_part_is_dropped_and_made_again(name, kind):
    def damage_one() -> None:
        part = RenderedPart(folder / "parts" / "CJ1" / "digest", Format.MP4)
        make(part, folder / "scratch")
        damage.DAMAGES[kind](part.folder / name)
        part.drop_damaged()
        assert not part.is_finished
        make(part, folder / "scratch", b"once more")
        part.drop_damaged()
        assert part.media.read_bytes() == b"once more"
        assert part.read().decoded == {"RT1": Decoded(frames=7)}

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


@pytest.mark.parametrize("kind", damage.DAMAGES)
def test_damage_of_its_folder(kind):
    """The folder itself is a file, of another mode, gone, or empty."""

    def damage_one() -> None:
        part = RenderedPart(folder / "parts" / "CJ1" / "digest", Format.MP4)
        part.folder.parent.mkdir(parents=True)
        part.folder.write_bytes(b"in its place")
        damage.DAMAGES[kind](part.folder)
        part.drop_damaged()
        make(part, folder / "scratch")
        assert part.is_finished
        assert part.read().decoded == {"RT1": Decoded(frames=7)}

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


def test_a_file_more_is_damage_too(part):
    (part.folder / "more").touch()
    part.drop_damaged()
    assert not part.is_finished


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    synced, named = [], []
    monkeypatch.setattr("roomreel.storage.replace.sync", lambda path: synced.append(path.name))
    rename = type(tmp_path).rename
    monkeypatch.setattr(
        type(tmp_path), "rename", lambda *paths: (named.append(list(synced)), rename(*paths))
    )
    make(RenderedPart(tmp_path / "parts" / "CJ1" / "digest", Format.MP4), tmp_path / "scratch")
    assert set(FILES) <= set(named[0])


def test_the_same_part_made_twice_is_kept_once(part, tmp_path):
    make(part, tmp_path / "scratch", b"of another process")
    assert part.media.read_bytes() == b"moving pictures"
    assert [path.name for path in part.folder.parent.iterdir()] == ["digest"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_time_of_a_part_that_is_gone_is_none(part):
    assert part.wall_s == json.loads((part.folder / "made.json").read_text())["wall_s"]
    damage.clear(part.folder)
    assert part.wall_s == 0
    with pytest.raises(StorageFailed, match="it does not exist"):
        part.read()


@pytest.mark.parametrize(
    ("mode", "verb"), [(0o755, "keep"), (0o700, "look for"), (0o000, "look for")]
)
def test_where_it_cannot_be_kept_nothing_is_made(mode, verb):
    """The folder of the composition's parts is another user's."""
    began = []

    def make_it() -> None:
        part = RenderedPart(folder / "parts" / "CJ1" / "digest", Format.MP4)
        with pytest.raises(StorageFailed, match=f"cannot {verb} .*: permission denied"):
            began.append(part.is_finished or part.make(folder / "scratch").__enter__())
        assert not began

    with users.open_folder() as folder:
        (folder / "scratch").mkdir(mode=0o1777)
        (folder / "parts" / "CJ1").mkdir(parents=True)
        (folder / "parts" / "CJ1").chmod(mode)
        users.run_as(users.NOBODY, make_it)
        assert not list((folder / "scratch").iterdir())
