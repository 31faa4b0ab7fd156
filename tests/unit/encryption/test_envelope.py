from __future__ import annotations

import base64
import io
import os
from dataclasses import replace

import pytest

from roomreel.encryption import envelope
from roomreel.errors import MediaUnreadable, StorageFailed
from roomreel.model.encryption import Envelope

SIZES = [0, 1, 15, 16, 17, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000]


@pytest.fixture
def encrypt(tmp_path, key):
    def make(plain):
        source, target = tmp_path / "plain", tmp_path / "encrypted"
        source.write_bytes(plain)
        told = envelope.encrypt(source, target, key("rsa").public_key())
        return target.read_bytes(), told

    return make


def opened(data, told, *keys):
    writer = io.BytesIO()
    envelope.decrypt(io.BytesIO(data), writer, told, keys)
    return writer.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_the_key_gives_the_same_bytes(encrypt, key, size):
    plain = os.urandom(size)
    data, told = encrypt(plain)
    assert len(data) == size // 16 * 16 + 16  # as the hosted service: 746 518 become 746 528
    assert told.plain_bytes == size
    assert opened(data, told, key("other-rsa"), key("rsa")) == plain
    assert opened(data, replace(told, plain_bytes=None), key("rsa")) == plain


def test_every_file_has_a_key_and_a_vector_of_its_own(encrypt):
    (first, one), (second, other) = encrypt(b"the same"), encrypt(b"the same")
    assert first != second
    assert one.iv != other.iv


@pytest.mark.parametrize("keys", [(), ("other-rsa",)])
def test_another_key_does_not(encrypt, key, keys):
    data, told = encrypt(bytes(1000))
    with pytest.raises(MediaUnreadable, match="another key than private_key"):
        opened(data, told, *map(key, keys))


@pytest.mark.parametrize(("left", "words"), [(0, "cut off"), (999, "cut off"), (512, "cut off")])
def test_a_cut_off_file_is_told(encrypt, key, left, words):
    data, told = encrypt(os.urandom(1000))
    with pytest.raises(MediaUnreadable, match=words):
        opened(data[:left], told, key("rsa"))


def test_a_changed_end_is_told_before_anything_is_written(encrypt, key):
    data, told = encrypt(bytes(1000))
    changed = data[:-17] + bytes([data[-17] ^ 0x80]) + data[-16:]
    writer = io.BytesIO()
    with pytest.raises(MediaUnreadable):
        envelope.decrypt(io.BytesIO(changed), writer, told, [key("rsa")])
    assert writer.getvalue() == b""


def test_metadata_are_those_of_the_hosted_service(encrypt):
    _, told = encrypt(bytes(1000))
    metadata = envelope.metadata_of(told)
    assert metadata == {
        "x-amz-key": base64.b64encode(told.key).decode(),
        "x-amz-iv": base64.b64encode(told.iv).decode(),
        "x-amz-unencrypted-content-length": "1000",
        "x-amz-matdesc": "{}",
    }
    assert envelope.envelope_of(metadata) == told
    as_headers = {f"X-Amz-Meta-{name}": value for name, value in metadata.items()}
    assert envelope.envelope_of(as_headers) == told


def test_other_metadata_tell_of_no_envelope():
    assert envelope.envelope_of({}) is None
    assert envelope.envelope_of({"author": "me", "x-amz-matdesc": "{}"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"x-amz-key": None},
        {"x-amz-key": "not base64!"},
        {"x-amz-iv": base64.b64encode(bytes(15)).decode()},
        {"x-amz-iv": 7},
        {"x-amz-unencrypted-content-length": "many"},
        {"x-amz-unencrypted-content-length": []},
    ],
)
def test_metadata_that_are_broken_are_told(change):
    good = envelope.metadata_of(Envelope(bytes(256), bytes(16), 1))
    with pytest.raises(MediaUnreadable, match="are no envelope"):
        envelope.envelope_of(good | change)
    (name,) = change
    rest = {key: value for key, value in good.items() if key != name}
    if name != envelope.LENGTH:
        with pytest.raises(MediaUnreadable, match="are no envelope"):
            envelope.envelope_of(rest)


def test_a_wrapped_key_of_another_size_opens_nothing(encrypt, key):
    data, told = encrypt(bytes(100))
    for wrapped in (b"", told.key[:-1], told.key + b"x", bytes(256)):
        with pytest.raises(MediaUnreadable):
            opened(data, replace(told, key=wrapped), key("rsa"))


def test_a_full_disk_is_told(tmp_path, key):
    (tmp_path / "plain").write_bytes(bytes(100))
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(StorageFailed, match="the disk is full"):
        envelope.encrypt(tmp_path / "plain", full, key("rsa").public_key())
