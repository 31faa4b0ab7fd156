"""The object `encryption` of a recording in a manifest: JSON to `Encryption`, and back."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from roomreel.documents.findings import Finding, Path
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope

_OF_ENVELOPE = ("key", "iv")


def findings_of_encryption(path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings that a schema cannot express: members that do not go with the format."""
    for name in _OF_ENVELOPE:
        if node.get("format") == EncryptionFormat.RSA_ENVELOPE and name not in node:
            yield Finding((*path, name), f"a key {name!r} of an rsa-envelope", "nothing")
        if node.get("format") == EncryptionFormat.AGE and name in node:
            yield Finding((*path, name), "none: an age file holds its own", "one")


def parse_encryption(document: Mapping[str, Any] | None) -> Encryption | None:
    """Return the encryption of a recording, of a document that keeps every rule."""
    if document is None:
        return None
    kind = EncryptionFormat(document["format"])
    if kind is EncryptionFormat.AGE:
        return Encryption(kind)
    key, iv = (base64.b64decode(document[name]) for name in _OF_ENVELOPE)
    return Encryption(kind, Envelope(key, iv, document.get("unencrypted_content_length")))


def encryption_document(encryption: Encryption | None) -> dict[str, Any] | None:
    """Return the object that is parsed to an equal value."""
    if encryption is None:
        return None
    document: dict[str, Any] = {"format": encryption.format.value}
    if envelope := encryption.envelope:
        document["key"] = base64.b64encode(envelope.key).decode()
        document["iv"] = base64.b64encode(envelope.iv).decode()
        document["unencrypted_content_length"] = envelope.plain_bytes
    return document
