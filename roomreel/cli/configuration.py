"""The settings of a verb, which has a process of its own."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from roomreel.errors import OrchestratorFailed

if TYPE_CHECKING:
    from roomreel.settings import Reading, Settings


def load(config: Path | None) -> Settings:
    """Read the settings; see `read`."""
    return read(config).settings


def read(config: Path | None) -> Reading:
    """Read the settings, and have S3 clients of this process, and of its children, go by them.

    Keys that are kept in blocks of Prefect are read there once they are wanted.

    Args:
        config: the TOML file that `--config` names.

    Raises:
        SettingsInvalid: the file cannot be read, or a value or a name is wrong; has every one.
    """
    from roomreel import settings
    from roomreel.storage.key_sources import read_blocks_by

    reading = settings.read(config)
    settings.apply_environment(reading.settings)
    read_blocks_by(partial(_read_block, reading.settings))
    return reading


def _read_block(settings: Settings, name: str) -> bytes:
    from roomreel.flows.orchestration.runtime import prefect_environment

    if not os.environ.get("PREFECT_API_URL"):
        raise OrchestratorFailed(
            "PREFECT_API_URL names no server", "that of `serve` is http://127.0.0.1:4200/api"
        )
    os.environ.update(prefect_environment(settings))
    # Imports Prefect, which reads the environment that was just set.
    from roomreel.flows.orchestration.blocks import read_block

    return read_block(name)
