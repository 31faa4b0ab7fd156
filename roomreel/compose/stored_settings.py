"""Settings of the service that composing goes by: how compositions are stored, and for whom."""

from __future__ import annotations

import re
from typing import TypeVar

from roomreel.documents.stored_settings import (
    Credential,
    StorageSettings,
    parse_credential,
    parse_storage_settings,
)
from roomreel.encryption.keys import PublicKey, read_public_key
from roomreel.errors import NotFound, SettingsInvalid
from roomreel.model.location import Location
from roomreel.settings import EncryptionSetting
from roomreel.settings.places import Places
from roomreel.settings.rendering import Sources
from roomreel.storage import read_if_there

S = TypeVar("S", bound=Sources)

_SID = re.compile(r"CR[0-9a-f]{32}")


def compositions_place(settings: Places) -> Location:
    """Return where it stands how compositions are stored."""
    return settings.settings_root / "compositions.json"


def credentials_place(settings: Places) -> Location:
    """Return the folder of the credentials that are registered."""
    return settings.settings_root / "credentials"


def credential_place(settings: Places, sid: str) -> Location:
    """Return where a credential is registered, or would be."""
    if not _SID.fullmatch(sid):
        raise ValueError(f"no sid of a credential: {sid}")
    return credentials_place(settings) / f"{sid}.json"


def read_storage_settings(place: Location) -> StorageSettings:
    """Return how media are stored; as by default where nobody has set anything.

    Raises:
        StorageFailed: it cannot be read.
        DocumentInvalid: somebody has changed the document, and not well.
    """
    data = read_if_there(place)
    return StorageSettings() if data is None else parse_storage_settings(data, str(place))


def read_credential(settings: Places, sid: str) -> Credential:
    """Return a credential that is registered.

    Raises:
        NotFound: none of this sid is.
        StorageFailed, DocumentInvalid: as of `read_storage_settings`.
    """
    place = credential_place(settings, sid)
    data = read_if_there(place)
    if data is None:
        raise NotFound(f"no credential {sid} is registered", "roomreel credentials add")
    return parse_credential(data, str(place))


def with_stored_encryption(settings: S) -> S:
    """Return the settings, by which compositions are encrypted for whom the service is told to.

    What the operator's settings encrypt stays encrypted where the service is told nothing.

    Raises:
        SettingsInvalid: it is told to, and the key is not there: nothing is stored in the clear.
        StorageFailed, DocumentInvalid: as of `read_storage_settings`.
    """
    sid = read_storage_settings(compositions_place(settings)).encryption_key_sid
    if sid is None:
        return settings
    try:
        credential = read_credential(settings, sid)
    except NotFound as error:
        raise SettingsInvalid(
            f"compositions are to be encrypted for {sid}, and no such credential is registered",
            "roomreel credentials add registers it again; or switch it off: CompositionSettings",
        ) from error
    found = encryption_for(read_public_key(credential.file))
    return settings.model_copy(update={"encryption": found, "public_key": credential.file})


def encryption_for(key: PublicKey) -> EncryptionSetting:
    """Return how files are encrypted for a key: RSA as the hosted service does, else by age."""
    return "age" if key.rsa is None else "rsa-envelope"
