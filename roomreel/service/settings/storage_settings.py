"""Settings of how media are stored, by clients: what is not acted on is refused, never kept."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.compose.stored_settings import (
    compositions_place,
    read_credential,
    read_storage_settings,
)
from roomreel.documents.stored_settings import StorageSettings, storage_settings_text
from roomreel.encryption.keys import read_public_key
from roomreel.errors import ArgumentsInvalid, NotFound, SettingsInvalid
from roomreel.model.location import Location
from roomreel.service.service import Service
from roomreel.storage import write_bytes


@dataclass(frozen=True, slots=True)
class WantedSettings:
    """Settings as a client asks for them: all that the hosted service knows.

    Attributes:
        encryption_key_sid: as the client writes it, in lower case.
    """

    friendly_name: str
    aws_credentials_sid: str | None = None
    aws_s3_url: str | None = None
    aws_storage_enabled: bool = False
    encryption_key_sid: str | None = None
    encryption_enabled: bool = False


def find_composition_settings(service: Service) -> StorageSettings:
    """Return how compositions are stored.

    Raises:
        StorageFailed, DocumentInvalid: that cannot be read.
    """
    return read_storage_settings(compositions_place(service.settings))


def set_composition_settings(service: Service, wanted: WantedSettings) -> StorageSettings:
    """Have compositions be stored in another way from now on.

    Raises:
        ArgumentsInvalid: something of it would not be done; the message says what, and why.
        StorageFailed: it cannot be written.
    """
    _refuse_elsewhere(wanted, "compositions", "set the setting compositions to s3://bucket/prefix")
    if wanted.encryption_enabled:
        _refuse_unknown_key(service, wanted.encryption_key_sid)
    elif wanted.encryption_key_sid is not None:
        raise ArgumentsInvalid(
            "Parameter EncryptionKeySid encrypts nothing without EncryptionEnabled=true"
        )
    made = StorageSettings(wanted.friendly_name, wanted.encryption_key_sid)
    write_bytes(compositions_place(service.settings), storage_settings_text(made).encode())
    return made


def find_recording_settings(service: Service) -> StorageSettings:
    """Return how recordings are stored.

    Raises:
        StorageFailed, DocumentInvalid: that cannot be read.
    """
    return read_storage_settings(_recordings_place(service))


def set_recording_settings(service: Service, wanted: WantedSettings) -> StorageSettings:
    """Name the way in which recordings are stored: as they come, and there is no other.

    Raises:
        ArgumentsInvalid, StorageFailed: as of `set_composition_settings`.
    """
    _refuse_elsewhere(wanted, "recordings", "put them there, and name them in the manifest")
    if wanted.encryption_enabled or wanted.encryption_key_sid is not None:
        name = "EncryptionEnabled" if wanted.encryption_enabled else "EncryptionKeySid"
        raise ArgumentsInvalid(
            f"Parameter {name} is not acted on: recordings are stored as they come. Encrypt them "
            "before they are put, and say so in the manifest"
        )
    made = StorageSettings(wanted.friendly_name)
    write_bytes(_recordings_place(service), storage_settings_text(made).encode())
    return made


def _recordings_place(service: Service) -> Location:
    return service.settings.settings_root / "recordings.json"


def _refuse_elsewhere(wanted: WantedSettings, what: str, instead: str) -> None:
    given = {
        "AwsStorageEnabled": wanted.aws_storage_enabled,
        "AwsS3Url": wanted.aws_s3_url is not None,
        "AwsCredentialsSid": wanted.aws_credentials_sid is not None,
    }
    name = next((name for name, is_given in given.items() if is_given), None)
    if name is not None:
        raise ArgumentsInvalid(
            f"Parameter {name} is not acted on: {what} lie where the settings of this installation "
            f"say. To have them in S3, {instead}"
        )


def _refuse_unknown_key(service: Service, sid: str | None) -> None:
    if sid is None:
        raise ArgumentsInvalid("Parameter EncryptionKeySid is missing, and EncryptionEnabled=true")
    try:
        read_public_key(read_credential(service.settings, sid).file)
    except NotFound as error:
        raise ArgumentsInvalid(
            f"Parameter EncryptionKeySid names no credential that is registered: {sid}. The "
            "operator registers one by roomreel credentials add"
        ) from error
    except SettingsInvalid as error:
        # Its path is not for clients.
        raise ArgumentsInvalid(
            f"Parameter EncryptionKeySid names a credential whose key cannot be read here: {sid}. "
            "The operator sees why by roomreel credentials list"
        ) from error
