"""A folder for the demo: its settings and templates; the rooms come later."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

SETTINGS = "roomreel.toml"
_HOME = files(__package__)


def prepare(folder: Path) -> Path:
    """Write the settings and templates of the demo, those that are not there yet.

    Returns:
        The settings file.

    Raises:
        OSError: a file cannot be written.
    """
    templates = folder / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    for template in (_HOME / "templates").iterdir():
        _write(template, templates / template.name)
    _write(_HOME / SETTINGS, folder / SETTINGS)
    return folder / SETTINGS


def _write(source: Traversable, file: Path) -> None:
    if file.exists():
        return  # the user's changes are kept
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(source.read_bytes())
    part.replace(file)
