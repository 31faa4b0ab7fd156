"""The settings of a verb, which has a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roomreel.settings import Reading, Settings


def load(config: Path | None) -> Settings:
    """Read the settings; see `read`."""
    return read(config).settings


def read(config: Path | None) -> Reading:
    """Read the settings, and have S3 clients of this process, and of its children, go by them.

    Args:
        config: the TOML file that `--config` names.

    Raises:
        SettingsInvalid: the file cannot be read, or a value or a name is wrong; has every one.
    """
    from roomreel import settings

    reading = settings.read(config)
    settings.apply_environment(reading.settings)
    return reading
