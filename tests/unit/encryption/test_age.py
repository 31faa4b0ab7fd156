from __future__ import annotations

import errno
import io
import os

import pyrage
import pytest

from roomreel.encryption import age
from roomreel.errors import MediaUnreadable, StorageFailed

PLAIN = os.urandom(300_000)


@pytest.fixture
def encrypted(tmp_path, key):
    source, target = tmp_path / "plain", tmp_path / "encrypted"
    source.write_bytes(PLAIN)
    age.encrypt(source, target, key("age").to_public())
    return target.read_bytes()


def opened(data, *identities):
    writer = io.BytesIO()
    age.decrypt(io.BytesIO(data), writer, identities)
    return writer.getvalue()


def test_the_key_gives_the_same_bytes(encrypted, key):
    assert PLAIN[:1000] not in encrypted
    assert opened(encrypted, key("other-age"), key("age")) == PLAIN


def test_another_key_does_not(encrypted, key):
    with pytest.raises(MediaUnreadable, match="No matching keys found"):
        opened(encrypted, key("other-age"))


@pytest.mark.parametrize("left", [0, 10, 100, 70_000, 131_072 + 200, 300_000])
def test_a_cut_off_file_is_told(encrypted, key, left):
    with pytest.raises(MediaUnreadable):
        opened(encrypted[:left], key("age"))


@pytest.mark.parametrize("place", [30, 60, 150, 1000, 200_000, -1])
def test_a_changed_byte_is_told(encrypted, key, place):
    changed = bytearray(encrypted)
    changed[place] ^= 1
    with pytest.raises(MediaUnreadable):
        opened(bytes(changed), key("age"))


def test_a_header_without_an_end_is_not_read_on(key):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            assert size >= 0
            self.given += size
            assert self.given < 1_000_000
            return (b"age-encryption.org/v1\n" + b"-> X25519 AAAA\nAAAA\n" * size)[:size]

    with pytest.raises(MediaUnreadable, match="no header of age"):
        age.decrypt(Endless(), io.BytesIO(), [key("age")])


def test_a_full_disk_is_no_fault_of_the_file(encrypted, key, tmp_path):
    class Full(io.BytesIO):
        def write(self, _data):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        age.decrypt(io.BytesIO(encrypted), Full(), [key("age")])
    assert caught.value.errno == errno.ENOSPC
    (tmp_path / "plain").write_bytes(PLAIN)
    with pytest.raises(StorageFailed, match="No space left"):
        age.encrypt(tmp_path / "plain", "/dev/full", key("age").to_public())


def test_reads_what_others_wrote(key):
    assert opened(pyrage.encrypt(b"", [key("age").to_public()]), key("age")) == b""
