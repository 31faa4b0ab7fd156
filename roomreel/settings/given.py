"""Settings as they were given: in a TOML file and in variables of the environment."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roomreel.errors import SettingsInvalid
from roomreel.settings.fields import Settings
from roomreel.text import printable

PREFIX = "ROOMREEL_"
CONFIG_VARIABLE = "ROOMREEL_CONFIG"
PASSPHRASE_VARIABLE = "ROOMREEL_PRIVATE_KEY_PASSPHRASE"  # noqa: S105  its name, not its value
# Not a setting either, because settings are shown.
ACCOUNT_VARIABLE = "ROOMREEL_ACCOUNT"

_NO_SETTINGS = frozenset(
    # The last three stand in the files of systemd.
    {
        CONFIG_VARIABLE,
        PASSPHRASE_VARIABLE,
        ACCOUNT_VARIABLE,
        "ROOMREEL_WEBHOOK",
        "ROOMREEL_LISTEN",
        "ROOMREEL_RUNS",
    }
)
# What Kubernetes and Docker set for a service that is called roomreel, or roomreel-something.
_OF_A_CLUSTER = re.compile(
    r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP)(_\w+)?)"
)


@dataclass(frozen=True, slots=True)
class Given:
    """A value as a person gave it.

    Attributes:
        source: the file, or the variable.
        name: what it is called there.
        line: of the file, from 1; None where it is not known.
    """

    value: Any
    source: str
    name: str
    line: int | None = None

    @property
    def is_variable(self) -> bool:
        """True if it is a variable of the environment."""
        return self.source == self.name

    @property
    def file(self) -> str:
        """The file, safe to print; "" of a variable."""
        return "" if self.is_variable else printable(self.source)

    def called(self, setting: str) -> str:
        """Return what another setting is called where this one stands."""
        return f"{PREFIX}{setting.upper()}" if self.is_variable else setting


def of_file(file: Path) -> dict[str, Given]:
    """Return what a file says by name.

    Raises:
        SettingsInvalid: it cannot be read, or is no TOML.
    """
    try:
        text = file.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        reason, remedy = error.strerror or error, "check --config and ROOMREEL_CONFIG"
        raise SettingsInvalid(f"cannot read {file}: {reason}", remedy) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(f"{file} is not TOML: {error}") from error
    return {
        name: Given(value, str(file), name, _line(text, name)) for name, value in values.items()
    }


def of_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """Return what variables say by name; those that nothing reads, too."""
    return {
        name: Given(_parsed(name, value), variable, variable)
        for variable, value in environ.items()
        if value and (name := _setting(variable))
    }


def _setting(variable: str) -> str:
    """Return the setting that a variable is meant to be; "" where it is none of ours."""
    name = variable.upper()
    rest = name.removeprefix(PREFIX)
    is_ours = rest != name and name not in _NO_SETTINGS and not _OF_A_CLUSTER.fullmatch(rest)
    return rest.lower() if is_ours else ""


def _parsed(name: str, text: str) -> Any:
    """Return the value of a variable; a list or a table is written as JSON."""
    if name in _STRUCTURED:
        try:
            return json.loads(text)
        except ValueError:
            pass  # refused with what it should be, as any other value
    return text


def _structured() -> Iterator[str]:
    for name, schema in Settings.model_json_schema()["properties"].items():
        if {one.get("type") for one in (schema, *schema.get("anyOf", ()))} & {"array", "object"}:
            yield name


_STRUCTURED = frozenset(_structured())


def _line(text: str, name: str) -> int | None:
    """Return the line on which a key or table of a TOML file begins."""
    key = re.compile(rf"""\s*\[?\s*["']?{re.escape(name)}["']?\s*[=.\]]""")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if key.match(line)), None)
