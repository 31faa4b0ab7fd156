"""The abilities of the FFmpeg that is installed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import Literal

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from roomreel.errors import RenderError
from roomreel.media.ffmpeg import binary
from roomreel.process.environment import child_environment

TIMEOUT_S = 30
"""Printing a version takes no time; this only ends a hang."""


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decode and encode, by name."""
    versions = sorted(av.library_versions.items())
    return {name: ".".join(map(str, version)) for name, version in versions}


def missing_codecs(names: Iterable[str], mode: Literal["r", "w"]) -> list[str]:
    """Return the decoders ("r") or encoders ("w") that the libraries lack."""
    return [name for name in names if not _has(name, mode)]


def binary_version(setting: str | None) -> str:
    """Return path and version of the ffmpeg program in use.

    Raises:
        SettingsInvalid: the setting names no program.
        RenderError: it does not run.
    """
    try:
        program = binary(setting)
        done = subprocess.run(
            [program, "-version"],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
            env=child_environment(),
        )
    # imageio-ffmpeg raises RuntimeError where its wheel has no binary for the platform.
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        raise RenderError(f"no ffmpeg program that runs: {error}") from error
    version = done.stdout.decode(errors="replace").partition(" Copyright")[0]
    return f"{program}: {version}"


def _has(name: str, mode: Literal["r", "w"]) -> bool:
    try:
        Codec(name, mode)
    except UnknownCodecError:
        return False
    return True
