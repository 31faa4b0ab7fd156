"""Documents of the store that clients and operators make: settings and credentials."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from roomreel.documents.document import Kind, check_document
from roomreel.errors import DocumentInvalid

STORAGE = "roomreel.storage/1"
CREDENTIAL = "roomreel.credential/1"


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """The way in which media are stored from now on.

    Attributes:
        friendly_name: None as long as nobody has set anything.
        encryption_key_sid: of the credential that they are encrypted for; None: they are not.
    """

    friendly_name: str | None = None
    encryption_key_sid: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that the operator has registered.

    Attributes:
        file: of a public key, on every machine that composes.
    """

    name: str
    file: Path

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
    return StorageSettings(document["friendly_name"], document.get("encryption_key_sid"))


def storage_settings_text(settings: StorageSettings) -> str:
    """Return the document that is read back equal."""
    return _text(
        schema=STORAGE,
        friendly_name=settings.friendly_name,
        encryption_key_sid=settings.encryption_key_sid,
    )


def parse_credential(data: bytes, file: str) -> Credential:
    """Read a document of a credential.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, _CREDENTIAL)
    return Credential(document["name"], Path(document["file"]))


def credential_text(credential: Credential) -> str:
    """Return the document that is read back equal."""
    return _text(schema=CREDENTIAL, name=credential.name, file=str(credential.file))


def _text(**members: str | None) -> str:
    return json.dumps(members, indent=2, ensure_ascii=False) + "\n"


_STORAGE = Kind("storage-1.schema.json", lambda _document: (), DocumentInvalid)
_CREDENTIAL = Kind("credential-1.schema.json", lambda _document: (), DocumentInvalid)
