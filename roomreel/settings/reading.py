"""Settings from a TOML file and the environment, and where each of them came from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from roomreel.errors import SettingsInvalid
from roomreel.settings.anchor import PATH, anchors
from roomreel.settings.fields import PREFIX, Settings
from roomreel.settings.variables import refuse_mistyped

CONFIG_VARIABLE = "ROOMREEL_CONFIG"
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
    """Read the settings; those about S3 are put into the environment, where its clients look.

    Args:
        path: TOML file; unset: `ROOMREEL_CONFIG`, else configs/local.toml if there, else defaults.
        handed: `Reading.environment` of whoever asked for this work, for what this process's own
            environment does not say.

    Raises:
        SettingsInvalid: the file cannot be read, a value is out of range (names every one), or a
            variable is mistyped.
    """
    refuse_mistyped(os.environ)
    environ = {**(handed or {}), **os.environ}
    here = Path.cwd()
    start = PATH.absolute(Path(environ.get(FOLDER_VARIABLE) or "."), here)
    file = _chosen(path or environ.get(CONFIG_VARIABLE), start)
    values = _of_file(file) if file else {}
    named = {name: str(file) for name in values} | _of_environment()
    try:
        given = Settings(**{"folder": start, **values})
    except ValidationError as error:
        raise _invalid(error, named) from error
    folder = PATH.absolute(given.folder, here)
    paths = {name: each.absolute(getattr(given, name), folder) for name, each in _ANCHORS.items()}
    settings = given.model_copy(update=paths | {"folder": folder})
    os.environ.update(settings.s3_environment)
    sources = {name: named.get(name, DEFAULT) for name in Settings.model_fields}
    return Reading(settings, file, sources)


def _chosen(path: Path | str | None, folder: Path) -> Path | None:
    if path:
        return Path(PATH.absolute(Path(path), folder))
    file = folder / DEFAULT_FILE
    return file if file.is_file() else None


def _of_file(file: Path) -> dict[str, Any]:
    """Return what a file says, its relative paths made absolute."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(f"cannot read {file}: {error}") from error
    paths = values.keys() & _ANCHORS.keys()
    return values | {name: _ANCHORS[name].absolute(values[name], file.parent) for name in paths}


def _of_environment() -> dict[str, str]:
    """Return the variable of each setting that the environment has."""
    try:
        found = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise SettingsInvalid(str(error), "lists and tables are written as JSON") from error
    return {name: f"{PREFIX}{name.upper()}" for name in found}


def _invalid(error: ValidationError, named: Mapping[str, str]) -> SettingsInvalid:
    """Return the error that names each wrong value, and each file or variable to change."""
    lines = [
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
    ]
    of = {str(item["loc"][0]) for item in error.errors() if item["loc"]} or named.keys()
    places = sorted({named[name] for name in of if name in named})
    return SettingsInvalid("; ".join(lines), f"change {' and '.join(places)}")
