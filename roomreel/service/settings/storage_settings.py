"""Settings of how media are stored, by clients: what is not acted on is refused, never kept."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.compose.stored_settings import (
    compositions_place,
    external_of,
    reach_buckets,
    read_credential,
    read_storage_settings,
    recordings_place,
)
from roomreel.documents.stored_settings import (
    Credential,
    StorageSettings,
    storage_settings_text,
)
from roomreel.encryption.keys import PublicKey, read_public_key
from roomreel.errors import (
    ArgumentsInvalid,
    DocumentInvalid,
    NotFound,
    SettingsInvalid,
    StorageFailed,
)
from roomreel.model.location import ObjectLocation
from roomreel.service.service import Service
from roomreel.storage import write_bytes
from roomreel.storage.stores import check_writable


@dataclass(frozen=True, slots=True)
class WantedSettings:
    """Settings as a client asks for them: all that the hosted service knows.

    Attributes:
        aws_credentials_sid: as the client writes it, in lower case; likewise the other one.
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

    Where they go to a bucket of others, an object was written there and removed before this
    returns.

    Raises:
        ArgumentsInvalid: something of it would not be done; the message says what, and why.
        StorageFailed: it cannot be written.
    """
    _refuse_useless(wanted)
    if wanted.encryption_key_sid is not None:
        _read_key(service, wanted.encryption_key_sid)
    if wanted.aws_credentials_sid is not None:
        _refuse_unusable(service, wanted.aws_credentials_sid, wanted.aws_s3_url or "")
    made = StorageSettings(
        wanted.friendly_name,
        wanted.encryption_key_sid,
        wanted.aws_credentials_sid,
        wanted.aws_s3_url or None,
    )
    write_bytes(compositions_place(service.settings), storage_settings_text(made).encode())
    return made


def find_recording_settings(service: Service) -> StorageSettings:
    """Return how recordings are stored.

    Raises:
        StorageFailed, DocumentInvalid: that cannot be read.
    """
    return read_storage_settings(recordings_place(service.settings))


def set_recording_settings(service: Service, wanted: WantedSettings) -> StorageSettings:
    """Have media of recordings that are put from now on be stored in another way.

    Raises:
        ArgumentsInvalid, StorageFailed: as of `set_composition_settings`.
    """
    name = next((name for name, value in _of_s3(wanted).items() if value), None)
    if name is not None:
        raise ArgumentsInvalid(
            f"Parameter {name} is not acted on: recordings that are put lie in the store of this "
            "installation. To have them in S3, put them there, and name them in the manifest"
        )
    _refuse_useless(wanted)
    if wanted.encryption_key_sid is not None:
        key = _read_key(service, wanted.encryption_key_sid)
        if key.rsa is None:
            raise ArgumentsInvalid(
                f"Parameter EncryptionKeySid names a key of age: {wanted.encryption_key_sid}. "
                "Recordings are encrypted for keys of RSA, as the hosted service does"
            )
    made = StorageSettings(wanted.friendly_name, wanted.encryption_key_sid)
    write_bytes(recordings_place(service.settings), storage_settings_text(made).encode())
    return made


def _of_s3(wanted: WantedSettings) -> dict[str, object]:
    return {
        "AwsStorageEnabled": wanted.aws_storage_enabled,
        "AwsS3Url": wanted.aws_s3_url,
        "AwsCredentialsSid": wanted.aws_credentials_sid,
    }


def _refuse_useless(wanted: WantedSettings) -> None:
    """Refuse what is half said: something is missing, or would do nothing."""
    of_encryption: dict[str, object] = {
        "EncryptionEnabled": wanted.encryption_enabled,
        "EncryptionKeySid": wanted.encryption_key_sid,
    }
    for asked in (of_encryption, _of_s3(wanted)):
        switch, *others = asked
        for name in others:
            if asked[switch] and not asked[name]:
                raise ArgumentsInvalid(f"Parameter {name} is missing, and {switch}=true")
            if asked[name] and not asked[switch]:
                raise ArgumentsInvalid(f"Parameter {name} does nothing without {switch}=true")


def _find_credential(service: Service, parameter: str, sid: str) -> Credential:
    try:
        return read_credential(service.settings, sid)
    except NotFound as error:
        raise ArgumentsInvalid(
            f"Parameter {parameter} names no credential that is registered: {sid}. The operator "
            "registers one by roomreel credentials add"
        ) from error


def _read_key(service: Service, sid: str) -> PublicKey:
    credential = _find_credential(service, "EncryptionKeySid", sid)
    if credential.buckets:
        raise ArgumentsInvalid(f"Parameter EncryptionKeySid names keys of S3: {sid}")
    try:
        return read_public_key(credential.source)
    except SettingsInvalid as error:
        # Its path is not for clients.
        raise ArgumentsInvalid(
            f"Parameter EncryptionKeySid names a credential whose key cannot be read here: {sid}. "
            "The operator sees why by roomreel credentials list"
        ) from error


def _refuse_unusable(service: Service, sid: str, url: str) -> None:
    """Refuse a place in S3 that is no bucket of a credential, or that nothing can be put into."""
    credential = _find_credential(service, "AwsCredentialsSid", sid)
    if not credential.buckets:
        raise ArgumentsInvalid(f"Parameter AwsCredentialsSid names a public key: {sid}")
    try:
        external = external_of(credential, url, service.settings)
    except ValueError as error:
        raise ArgumentsInvalid(f"Parameter AwsS3Url {error}") from error
    except (StorageFailed, DocumentInvalid) as error:
        raise ArgumentsInvalid(
            f"Parameter AwsCredentialsSid names a credential whose keys cannot be read here: {sid}."
            " The operator sees why by roomreel credentials list"
        ) from error
    reach_buckets(service.settings)
    _probe(external.folder)


def _probe(folder: ObjectLocation) -> None:
    try:
        check_writable(folder)
    except StorageFailed as error:
        raise ArgumentsInvalid(
            f"Parameter AwsS3Url names a place where no object could be written, looked at and "
            f"removed: {error.message}"
        ) from error
