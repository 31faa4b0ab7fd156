"""Credentials that the operator registers, for clients to name by sid; none is ever sent back."""

from __future__ import annotations

from pathlib import Path

from roomreel.compose.stored_settings import (
    compositions_place,
    credential_place,
    list_credentials,
    read_storage_settings,
    recordings_place,
)
from roomreel.documents.stored_settings import Credential, credential_sid, credential_text
from roomreel.encryption.keys import read_key_source, read_public_key
from roomreel.errors import ArgumentsInvalid, Conflict, NotFound, SettingsInvalid
from roomreel.model.key_source import KeySource
from roomreel.settings.places import Places
from roomreel.storage import remove, write_bytes
from roomreel.storage.accounts import read_account

LONGEST_NAME = 100


def add_credential(settings: Places, name: str, source: KeySource) -> Credential:
    """Register the public key or the keys of S3 that a source holds, in place of any of that name.

    Raises:
        ArgumentsInvalid: the name is empty, too long or cannot be shown; or the source cannot be
            read, or holds neither a public key nor keys of S3; or the buckets of these are this
            installation's own.
        DocumentInvalid: the source holds JSON, which is not as keys of S3 are written.
        Conflict: a bucket is that of another credential.
        StorageFailed: it cannot be registered.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ArgumentsInvalid(f"a name has 1 to {LONGEST_NAME} printable characters")
    credential = _read(name, source.absolute() if isinstance(source, Path) else source)
    _refuse_taken(credential, settings)
    place = credential_place(settings, credential.sid)
    write_bytes(place, credential_text(credential).encode())
    return credential


def _read(name: str, source: KeySource) -> Credential:
    """Return the credential in a source, which is checked."""
    try:
        if read_key_source("public_key", source).lstrip().startswith(b"{"):
            return Credential(name, source, read_account(source).buckets)
        read_public_key(source)
    except SettingsInvalid as error:
        words = error.message.removeprefix("public_key: ")
        raise ArgumentsInvalid(words, error.remedy) from error
    return Credential(name, source)


def _refuse_taken(credential: Credential, settings: Places) -> None:
    """Refuse keys for buckets that are asked with other ones.

    Raises:
        ArgumentsInvalid: with those of this installation.
        Conflict: with those of another credential.
    """
    buckets = set(credential.buckets)
    if own := sorted(buckets & settings.buckets):
        raise ArgumentsInvalid(
            f"this installation keeps or reads things of its own in {', '.join(own)}",
            "register other buckets: those of its own are asked with its own keys alone",
        )
    for other in list_credentials(settings) if buckets else ():
        if other.sid != credential.sid and (taken := sorted(buckets & {*other.buckets})):
            raise Conflict(
                f"{other.name!r} is for {', '.join(taken)}", "a bucket is in one credential alone"
            )


def remove_credential(settings: Places, name: str) -> Credential:
    """Remove a credential; its file or block stays.

    Args:
        name: its name, or its sid.

    Raises:
        NotFound: none is registered under it.
        Conflict: media are stored by it from now on.
        StorageFailed: it cannot be removed.
    """
    known = {one.sid: one for one in list_credentials(settings)}
    found = known.get(name) or known.get(credential_sid(name))
    if found is None:
        raise NotFound(f"no credential {name!r} is registered", "roomreel credentials list")
    for place, settings_of in (
        (compositions_place(settings), "CompositionSettings"),
        (recordings_place(settings), "RecordingSettings"),
    ):
        told = read_storage_settings(place)
        if found.sid in {told.encryption_key_sid, told.aws_credentials_sid}:
            raise Conflict(f"media are stored by {found.name!r}", f"change {settings_of} first")
    remove(credential_place(settings, found.sid))
    return found
