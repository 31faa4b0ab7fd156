"""Settings from a TOML file and the environment, and where each of them came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from roomreel.settings.anchor import PATH, anchors
from roomreel.settings.broken import invalid
from roomreel.settings.fields import Settings
from roomreel.settings.given import CONFIG_VARIABLE, of_environment, of_file

FOLDER_VARIABLE = "ROOMREEL_FOLDER"
DEFAULT_FILE = Path("configs/local.toml")
DEFAULT = "default"
_ANCHORS = anchors(Settings)


@dataclass(frozen=True, slots=True)
class Reading:
    """Settings as they were read.

    Attributes:
        file: the TOML file, absolute; None: there is none.
        sources: by name of a setting, the file or environment variable that it came from, or
            `DEFAULT`.
    """

    settings: Settings
    file: Path | None
    sources: Mapping[str, str]

    @property
    def handed_on(self) -> str | None:
        """The parameter `config` of a flow that is to read the same file."""
        return str(self.file) if self.file else None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which another process, in whatever folder, reads the same settings."""
        chosen = {CONFIG_VARIABLE: str(self.file)} if self.file else {}
        return {FOLDER_VARIABLE: str(self.settings.folder), **chosen}


def load(path: Path | str | None = None, handed: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; see `read`."""
    return read(path, handed).settings


def read(path: Path | str | None = None, handed: Mapping[str, str] | None = None) -> Reading:
    """Read the settings; changes nothing.

    Args:
        path: TOML file; unset: `ROOMREEL_CONFIG`, else configs/local.toml if there, else defaults.
        handed: `Reading.environment` of the process that asked for this work, for what this one's
            environment does not say.

    Raises:
        SettingsInvalid: the file cannot be read, or a value or a name is wrong; has every one.
    """
    environ = {**(handed or {}), **os.environ}
    here = Path.cwd()
    start = PATH.absolute(Path(environ.get(FOLDER_VARIABLE) or "."), here)
    file = _chosen(path or environ.get(CONFIG_VARIABLE), start)
    given = (of_file(file) if file else {}) | of_environment(os.environ)
    values = {name: one.value for name, one in given.items()}
    try:
        checked = Settings(**{"folder": start, **values})
    except ValidationError as error:
        raise invalid(error, given, str(file or "")) from error
    # What stands in a file starts at its folder; `folder` itself where the command was started.
    of = {name: file.parent for name, one in given.items() if file and not one.is_variable}
    folder = PATH.absolute(checked.folder, of.get("folder", here))
    settings = checked.model_copy(
        update={
            name: anchor.absolute(getattr(checked, name), of.get(name, folder))
            for name, anchor in _ANCHORS.items()
        }
        | {"folder": folder}
    )
    sources = dict.fromkeys(Settings.model_fields, DEFAULT)
    return Reading(settings, file, sources | {name: one.source for name, one in given.items()})


def apply_environment(settings: Settings) -> Settings:
    """Have S3 clients of this process, and of its children, go by the settings; returns them.

    The clients look into the environment, which has what they need where no setting is set.
    """
    os.environ.update(settings.s3_environment)
    return settings


def _chosen(path: Path | str | None, folder: Path) -> Path | None:
    if path:
        return Path(PATH.absolute(Path(path), folder))
    file = folder / DEFAULT_FILE
    return file if file.is_file() else None
