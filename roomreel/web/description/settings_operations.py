"""The operations on how media are stored, a row each."""

from __future__ import annotations

from roomreel.service.access.scopes import Scope
from roomreel.web.description.operation import Operation
from roomreel.web.description.parameters import Parameter
from roomreel.web.description.schemas import FLAG, URL, sid
from roomreel.web.storage_settings import OF_COMPOSITIONS, OF_RECORDINGS

_FORM = (
    Parameter("FriendlyName", {"type": "string", "minLength": 1}, "What the client calls them."),
    Parameter(
        "EncryptionEnabled",
        FLAG | {"default": False},
        "Whether compositions that are made, or media of recordings that are put, from now on are "
        "encrypted.",
    ),
    Parameter(
        "EncryptionKeySid",
        sid("CR"),
        "Sid of the public key it is encrypted for, which the operator has registered.",
    ),
    Parameter(
        "AwsStorageEnabled",
        FLAG | {"default": False},
        "Whether media of compositions go to a bucket of yours from now on; of recordings refused.",
    ),
    Parameter("AwsS3Url", URL, "URL of a folder in that bucket."),
    Parameter(
        "AwsCredentialsSid",
        sid("CR"),
        "Sid of the keys for that bucket, which the operator has registered.",
    ),
)

SETTINGS: tuple[Operation, ...] = tuple(
    operation
    for path, what, media in (
        (OF_COMPOSITIONS, "CompositionSettings", "compositions"),
        (OF_RECORDINGS, "RecordingSettings", "recordings"),
    )
    for operation in (
        Operation(
            method="get",
            path=path,
            name=f"Fetch{what}",
            tag="Settings",
            summary=f"Fetch how {media} are stored.",
            answer="StorageSettings",
        ),
        Operation(
            method="post",
            path=path,
            name=f"Create{what}",
            tag="Settings",
            summary=f"Set how {media} are stored from now on; what is not done is refused.",
            scope=Scope.ADMIN,
            answer="StorageSettings",
            form=_FORM,
            required=("FriendlyName",),
        ),
    )
)
