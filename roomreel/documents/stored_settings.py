"""Documents of the store that clients and operators make: settings and credentials."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from roomreel.documents.document import Kind, check_document
from roomreel.errors import DocumentInvalid
from roomreel.model.key_source import Block, KeySource

STORAGE = "roomreel.storage/1"
CREDENTIAL = "roomreel.credential/1"


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """The way in which media are stored from now on.

    Attributes:
        friendly_name: None as long as nobody has set anything.
        encryption_key_sid: of the credential that they are encrypted for; None: they are not.
        aws_credentials_sid: of the credential by which they go to a bucket of somebody else's;
            None: they do not.
        aws_s3_url: of the folder there, as the client wrote it.
    """

    friendly_name: str | None = None
    encryption_key_sid: str | None = None
    aws_credentials_sid: str | None = None
    aws_s3_url: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that the operator has registered.

    Attributes:
        source: of a public key or of keys of S3; a file is on every machine that composes, and on
            the service's.
        buckets: that keys of S3 are for; none of a public key.
    """

    name: str
    source: KeySource
    buckets: tuple[str, ...] = ()

    @property
    def sid(self) -> str:
        """The sid by which clients name it, which its name gives."""
        return credential_sid(self.name)


def credential_sid(name: str) -> str:
    """Return the sid of the credential of a name."""
    return f"CR{hashlib.sha256(f'credential{chr(0)}{name}'.encode()).hexdigest()[:32]}"


def parse_storage_settings(data: bytes, file: str) -> StorageSettings:
    """Read a document of how media are stored.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, _STORAGE)
    return StorageSettings(**{name: document.get(name) for name in _SETTINGS})


def storage_settings_text(settings: StorageSettings) -> str:
    """Return the document that is read back equal."""
    return _text(schema=STORAGE, **asdict(settings))


def parse_credential(data: bytes, file: str) -> Credential:
    """Read a document of a credential.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, _CREDENTIAL)
    kept = document.get("file")
    source = Path(kept) if kept else Block(document["block"])
    return Credential(document["name"], source, tuple(document.get("buckets") or ()))


def credential_text(credential: Credential) -> str:
    """Return the document that is read back equal."""
    source, buckets = credential.source, list(credential.buckets) or None
    where = {"block": source.name} if isinstance(source, Block) else {"file": str(source)}
    return _text(schema=CREDENTIAL, name=credential.name, **where, buckets=buckets)


def _text(**members: str | list[str] | None) -> str:
    return json.dumps(members, indent=2, ensure_ascii=False) + "\n"


_SETTINGS = tuple(field.name for field in fields(StorageSettings))
_STORAGE = Kind("storage-1.schema.json", lambda _document: (), DocumentInvalid)
_CREDENTIAL = Kind("credential-1.schema.json", lambda _document: (), DocumentInvalid)
