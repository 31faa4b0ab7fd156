"""Assets of compositions: what templates draw, as evidence for a plan and as files for a render."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from roomreel.errors import AssetMissing
from roomreel.media.assets import read_asset, read_drawn
from roomreel.model.look import Asset
from roomreel.model.template import Template
from roomreel.settings.places import Places


def look_at_assets(template: Template, settings: Places) -> dict[str, Asset | AssetMissing]:
    """Return the assets that a template draws, or why they cannot be drawn, by path."""
    return {path: _look_at(path, settings) for path in template.assets}


def _look_at(path: str, settings: Places) -> Asset | AssetMissing:
    try:
        return read_asset(settings, path)
    except AssetMissing as error:
        return error


def bring_assets(assets: Iterable[Asset], folder: Path, settings: Places) -> dict[str, str]:
    """Copy the assets of a plan into a folder of this machine.

    Returns:
        Their paths there, by SHA-256.

    Raises:
        AssetMissing: one is another one than when it was planned.
        StorageFailed: one cannot be read.
    """
    brought: dict[str, str] = {}
    for asset in assets:
        file = folder / asset.sha256
        file.write_bytes(read_drawn(settings, asset))
        brought[asset.sha256] = str(file)
    return brought
