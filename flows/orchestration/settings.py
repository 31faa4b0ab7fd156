"""The settings of a flow run, and the credentials with which it goes to S3."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from prefect.runtime import deployment

from roomreel import settings
from roomreel.compose.stored_settings import with_stored_settings
from roomreel.errors import NotFound, SettingsInvalid
from roomreel.flows.orchestration.blocks import read_block, read_secret
from roomreel.settings import Settings
from roomreel.settings.reading import FOLDER_VARIABLE
from roomreel.storage.key_sources import read_blocks_by

# The names that prefect-aws gives them in its AwsCredentials, and where S3 clients look.
_VARIABLES: Mapping[str, str] = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}
_NEEDED = {"aws_access_key_id", "aws_secret_access_key"}


def load(path: Path | str | None = None) -> Settings:
    """Read the settings, and put credentials that Prefect keeps where S3 clients look for them.

    Keys that are kept in blocks are read there from now on.

    Raises:
        SettingsInvalid: as of `roomreel.settings.load`; or there is no such block, or it holds
            something else, which is not repeated; or the store is in the folder of this run.
        OrchestratorFailed: the server does not answer.
    """
    read_blocks_by(read_block)
    loaded = settings.apply_environment(settings.load(path))
    _refuse_temporary(loaded)
    if loaded.s3_credentials is not None:
        os.environ.update(_credentials(loaded.s3_credentials))
    return loaded


def load_to_compose(path: Path | str | None = None) -> Settings:
    """Read the settings, and what the service is told of how compositions are stored.

    Raises:
        SettingsInvalid: as of `load`; or compositions are to be encrypted for a key that is not
            there.
        StorageFailed, DocumentInvalid: what the service is told cannot be read.
    """
    return with_stored_settings(load(path))


def _refuse_temporary(loaded: Settings) -> None:
    # A worker gives each run a folder, and removes it when the run ends.
    is_of_worker = deployment.id and FOLDER_VARIABLE not in os.environ
    if is_of_worker and isinstance(loaded.store, Path) and loaded.store.is_relative_to(Path.cwd()):
        raise SettingsInvalid(
            f"the store {loaded.store} would be removed with the temporary folder of this run",
            f"set store, or start the worker with {FOLDER_VARIABLE}, the folder of relative paths",
        )


def _credentials(name: str) -> dict[str, str]:
    try:
        value = read_secret(name)
    except NotFound as error:
        raise SettingsInvalid(
            f"s3_credentials: Prefect has no Secret block {name!r}", "prefect block create secret"
        ) from error
    given = value if isinstance(value, dict) else {}
    if not _NEEDED <= given.keys() <= _VARIABLES.keys() or not all(map(_is_text, given.values())):
        raise SettingsInvalid(
            f"s3_credentials: the Secret block {name!r} does not hold credentials of S3",
            f"give it a JSON object of {', '.join(_VARIABLES)}; the last is optional",
        )
    # What is not given is taken away: a token of other credentials would spoil these.
    return {variable: str(given.get(key, "")) for key, variable in _VARIABLES.items()}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
