"""Credentials that the operator registers, for clients to name by sid; none is ever sent back."""

from __future__ import annotations

from pathlib import Path

from roomreel.compose.stored_settings import (
    compositions_place,
    credential_place,
    credentials_place,
    read_credential,
    read_storage_settings,
)
from roomreel.documents.stored_settings import Credential, credential_sid, credential_text
from roomreel.encryption.keys import read_public_key
from roomreel.errors import ArgumentsInvalid, Conflict, NotFound, SettingsInvalid
from roomreel.settings.places import Places
from roomreel.storage import find_documents, remove, write_bytes

LONGEST_NAME = 100


def add_credential(settings: Places, name: str, file: Path) -> Credential:
    """Register the public key in a file under a name, in place of another one of that name.

    Raises:
        ArgumentsInvalid: the name is empty, too long or cannot be shown; or there is no public key
            in the file.
        StorageFailed: it cannot be registered.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ArgumentsInvalid(f"a name has 1 to {LONGEST_NAME} printable characters")
    credential = Credential(name, file.absolute())
    try:
        read_public_key(credential.file)
    except SettingsInvalid as error:
        words = error.message.removeprefix("public_key: ")
        raise ArgumentsInvalid(words, "only public keys can be registered") from error
    place = credential_place(settings, credential.sid)
    write_bytes(place, credential_text(credential).encode())
    return credential


def list_credentials(settings: Places) -> list[Credential]:
    """Return the credentials that are registered, by name.

    Raises:
        StorageFailed, DocumentInvalid: they cannot be read.
    """
    sids = (Path(url).stem for url in find_documents(credentials_place(settings)))
    found = [read_credential(settings, sid) for sid in sids]
    return sorted(found, key=lambda credential: credential.name)


def remove_credential(settings: Places, name: str) -> Credential:
    """Remove a credential; its file stays.

    Args:
        name: its name, or its sid.

    Raises:
        NotFound: none is registered under it.
        Conflict: compositions are encrypted for it.
        StorageFailed: it cannot be removed.
    """
    known = {one.sid: one for one in list_credentials(settings)}
    found = known.get(name) or known.get(credential_sid(name))
    if found is None:
        raise NotFound(f"no credential {name!r} is registered", "roomreel credentials list")
    if read_storage_settings(compositions_place(settings)).encryption_key_sid == found.sid:
        raise Conflict(
            f"compositions are encrypted for {found.name!r}", "change CompositionSettings first"
        )
    remove(credential_place(settings, found.sid))
    return found
