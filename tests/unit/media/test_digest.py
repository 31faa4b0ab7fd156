"""Digests of recordings are made once for each version of a file."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from roomreel.errors import StorageFailed
from roomreel.media.digest import digest_of
from roomreel.media.kept import source_key
from roomreel.model.media import Stored
from roomreel.storage.cache import key_of

BYTES = b"recording"
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store" / "indexes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alice.mkv"
    path.write_bytes(BYTES)
    return path


@pytest.fixture
def stored(file: Path) -> Stored:
    return Stored(str(file), len(BYTES), "1")


def test_a_file_is_read_once(stored: Stored, file: Path, folder: Path) -> None:
    assert digest_of(stored, file, folder) == DIGEST
    file.unlink()
    assert digest_of(stored, file, folder) == DIGEST
    for changed in (replace(stored, version="2"), replace(stored, size_bytes=1)):
        with pytest.raises(StorageFailed):
            digest_of(changed, file, folder)


def test_it_is_known_of_which_file_it_is(stored: Stored, file: Path, folder: Path) -> None:
    digest_of(stored, file, folder)
    (kept,) = folder.rglob("*.sha256")
    assert source_key(kept) == key_of(stored.location)  # so it goes with what is deleted


@pytest.mark.parametrize("damage", [b"", b"\xff" * 64, b"0" * 63, b"x" * 64])
def test_a_damaged_one_is_made_again(
    stored: Stored, file: Path, folder: Path, damage: bytes
) -> None:
    digest_of(stored, file, folder)
    (kept,) = folder.rglob("*.sha256")
    kept.write_bytes(damage)
    assert digest_of(stored, file, folder) == DIGEST
    assert kept.read_text() == DIGEST


def test_where_there_is_no_store_nothing_is_kept(
    stored: Stored, file: Path, tmp_path: Path
) -> None:
    assert digest_of(stored, file, tmp_path / "none" / "indexes") == DIGEST
    assert not (tmp_path / "none").exists()
