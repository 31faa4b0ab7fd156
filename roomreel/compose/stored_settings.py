"""Settings of the service that composing goes by: how compositions are stored, and for whom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from roomreel.documents.external_url import parse_external
from roomreel.documents.stored_settings import (
    Credential,
    StorageSettings,
    parse_credential,
    parse_storage_settings,
)
from roomreel.encryption.keys import PublicKey, read_public_key
from roomreel.errors import (
    DocumentInvalid,
    NotFound,
    RoomreelError,
    SettingsInvalid,
    StorageFailed,
)
from roomreel.model.external import External
from roomreel.model.key_source import KeySource
from roomreel.model.location import Location
from roomreel.settings import EncryptionSetting
from roomreel.settings.places import Places
from roomreel.settings.rendering import Sources
from roomreel.storage import find_documents, read_if_there
from roomreel.storage.accounts import has_account, read_account, use_accounts

S = TypeVar("S", bound=Sources)

_SWITCH_OFF = "switch it off: CompositionSettings"
_SID = re.compile(r"CR[0-9a-f]{32}")


def compositions_place(settings: Places) -> Location:
    """Return where it stands how compositions are stored."""
    return settings.settings_root / "compositions.json"


def recordings_place(settings: Places) -> Location:
    """Return where it stands how media of recordings are stored."""
    return settings.settings_root / "recordings.json"


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


def list_credentials(settings: Places) -> list[Credential]:
    """Return the credentials that are registered, by name.

    Raises:
        StorageFailed, DocumentInvalid: they cannot be read.
    """
    sids = (Path(url).stem for url in find_documents(credentials_place(settings)))
    found = [read_credential(settings, sid) for sid in sids]
    return sorted(found, key=lambda credential: credential.name)


def reach_buckets(settings: Places) -> None:
    """Have buckets of others be asked with the keys that are registered for them.

    What is this installation's own never is.

    Raises:
        StorageFailed, DocumentInvalid: as of `list_credentials`.
    """
    sources: dict[str, KeySource] = {}
    for credential in list_credentials(settings):
        for bucket in set(credential.buckets) - settings.buckets:
            sources.setdefault(bucket, credential.source)
    use_accounts(sources)


def reach_external(settings: Places, media: Location) -> None:
    """Have a medium in a bucket of others be asked for with the keys that are registered now.

    Raises:
        NotFound: none are any more.
        StorageFailed, DocumentInvalid: as of `list_credentials`.
    """
    reach_buckets(settings)
    if isinstance(media, Path) or not has_account(media.bucket):
        raise NotFound(
            f"{media} is with somebody whose keys are not registered any more",
            "roomreel credentials add registers them again",
        )


def with_stored_settings(settings: S) -> S:
    """Return the settings, by which compositions are stored as the service is told to.

    What the operator's settings encrypt stays encrypted where the service is told nothing. Buckets
    of others can be reached from now on.

    Raises:
        SettingsInvalid: something is told that cannot be done: nothing is stored in another way.
        StorageFailed, DocumentInvalid: as of `read_storage_settings`.
    """
    told = read_storage_settings(compositions_place(settings))
    reach_buckets(settings)
    if told.encryption_key_sid is not None:
        credential = _told_credential(settings, told.encryption_key_sid)
        found = encryption_for(read_public_key(credential.source))
        settings = settings.encrypting_for(credential.source, found)
    if told.aws_credentials_sid is not None:
        credential = _told_credential(settings, told.aws_credentials_sid)
        try:
            external = external_of(credential, told.aws_s3_url or "", settings)
        except (ValueError, DocumentInvalid, StorageFailed) as error:
            words = error.message if isinstance(error, RoomreelError) else f"the URL {error}"
            raise SettingsInvalid(
                f"compositions are to be stored at {told.aws_s3_url}: {words}", _SWITCH_OFF
            ) from error
        settings = settings.publishing_to(external)
    return settings


def _told_credential(settings: Places, sid: str) -> Credential:
    try:
        return read_credential(settings, sid)
    except NotFound as error:
        raise SettingsInvalid(
            f"media are to be stored by {sid}, and no such credential is registered",
            "roomreel credentials add registers it again; or switch it off: CompositionSettings, "
            "RecordingSettings",
        ) from error


def external_of(credential: Credential, url: str, settings: Places) -> External:
    """Return the folder that a URL names in a bucket of others.

    Raises:
        ValueError: it is in none that the credential names, or that is for the credential alone;
            goes on with why.
        StorageFailed, DocumentInvalid: the keys cannot be read.
    """
    account = read_account(credential.source)
    external = parse_external(url, account)
    bucket = external.folder.bucket
    if bucket not in credential.buckets:
        raise ValueError("lies in a bucket that came into the file later: register it again")
    if bucket in settings.buckets:
        raise ValueError(f"lies in {bucket}, which is this installation's own")
    first = next(one for one in list_credentials(settings) if bucket in one.buckets)
    if first != credential:
        raise ValueError(f"lies in {bucket}, which another credential names, too")
    return external


def recordings_key(settings: Places) -> RSAPublicKey | None:
    """Return the key that media of recordings are encrypted for as they come; None: they are not.

    Raises:
        SettingsInvalid: they are to be, and the key is not there: nothing is stored in the clear.
        StorageFailed, DocumentInvalid: as of `read_storage_settings`.
    """
    sid = read_storage_settings(recordings_place(settings)).encryption_key_sid
    if sid is None:
        return None
    credential = _told_credential(settings, sid)
    key = read_public_key(credential.source).rsa
    if key is None:
        raise SettingsInvalid(
            f"recordings are to be encrypted for {sid}, which is not a key of RSA any more",
            "register one under its name; or switch it off: RecordingSettings",
        )
    return key


def encryption_for(key: PublicKey) -> EncryptionSetting:
    """Return how files are encrypted for a key: RSA as the hosted service does, else by age."""
    return "age" if key.rsa is None else "rsa-envelope"
