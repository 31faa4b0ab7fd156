"""The commands that an import proposes, each of which works as it stands."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from roomreel.cli import console
from roomreel.storage.rooms import MANIFEST

if TYPE_CHECKING:
    from roomreel.importers.settling.write import Written
    from roomreel.settings import Settings


def alone_in(folder: Path) -> str | None:
    """Return the sid of the room whose manifest is the one of a folder; None: there is none."""
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
        sid = document["room"]["sid"]
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return None
    return sid if isinstance(sid, str) else None


def say_next(written: Written, settings: Settings) -> None:
    """Say how to compose the room, and which folders nights do not read media from."""
    manifest = shown(written.manifest)
    argv = ["roomreel", "compose", manifest, "--template", "grid", "--out", _film(written.manifest)]
    # Who names a manifest vouches for its folder.
    outside = [one for one in written.outside if not one.is_relative_to(written.manifest.parent)]
    command = shlex.join(argv)
    if outside:
        roots = json.dumps([*settings.media_roots, *map(str, outside)], ensure_ascii=False)
        command = f"ROOMREEL_MEDIA_ROOTS={shlex.quote(roots)} {command}"
    console.say("next:")
    console.say(f"  {command}")
    for folder in written.outside:
        console.say(f"for nightly runs, add {folder} to media_roots, or import with --copy")


def shown(path: Path) -> str:
    """Return a path as it is shortest: from here, where it lies below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _film(manifest: Path) -> str:
    stem = manifest.name.removesuffix(".json").removesuffix(".room")
    return f"{(manifest.parent.name or 'room') if manifest.name == MANIFEST else stem}.mp4"
