"""The headers with which an encrypted recording is stored, saved as JSON beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from roomreel.importers.delivery.node import Node
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope

_MEMBERS_WITH_HEADERS = ("Metadata", "metadata", "headers", "Headers")

_KEY, _IV, _SIZE = "x-amz-key", "x-amz-iv", "x-amz-unencrypted-content-length"
_IV_BYTES = 16


def headers_in(document: Node) -> Mapping[str, object] | None:
    """Return the headers of encryption in a document, by plain name; None where it has none.

    It is what a client prints of an object: the headers, or an object of them, with or without the
    beginning x-amz-meta-.
    """
    for one in (document, *(document.get(name) for name in _MEMBERS_WITH_HEADERS)):
        if isinstance(one.value, Mapping):
            said = {_plain(name): value for name, value in one.value.items()}
            if _KEY in said:
                return said
    return None


def _plain(name: str) -> str:
    return name.lower().removeprefix("x-amz-meta-")


def encryption_of(said: Mapping[str, object]) -> Encryption | None:
    """Return the encryption that headers describe; None where they cannot be right."""
    size = Node("", "", said.get(_SIZE)).number
    try:
        key, iv = (base64.b64decode(str(said.get(one, "")), validate=True) for one in (_KEY, _IV))
    except (binascii.Error, ValueError):
        return None
    if not key or len(iv) != _IV_BYTES:
        return None
    plain = None if size is None or size < 0 or size.denominator != 1 else int(size)
    return Encryption(EncryptionFormat.RSA_ENVELOPE, Envelope(key, iv, plain))
