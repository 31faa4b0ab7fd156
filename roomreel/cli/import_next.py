"""The commands that an import proposes, each of which works as it stands."""

from __future__ import annotations

import glob
import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from roomreel.cli import console
from roomreel.storage.location import is_remote, local_path
from roomreel.storage.path_policy import is_inside
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
    """Say how to compose the room."""
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


def missed_by_nights(written: Written, settings: Settings, *, copied: bool) -> str | None:
    """Return why nightly runs miss the room or its media, and what to do; None: they do not.

    Args:
        copied: whether the media were put beside the manifest.
    """
    folder = written.manifest.parent
    lacking = {folder if one.is_relative_to(folder) else one for one in written.outside}
    roots = ", ".join(map(str, sorted(lacking)))
    read = _folder_of_manifests(settings)
    may_hold_media = read is not None and is_inside(
        str(read / MANIFEST), ".", settings.media_folders
    )
    if read is not None and folder.is_relative_to(read):
        if not lacking:
            return None
        copy = ", or import with --copy" if may_hold_media and not copied else ""
        return f"for nightly runs, add {roots} to media_roots{copy}"
    to_set = f"set manifests to {folder}"
    to_set += f" and add {roots} to media_roots" if lacking else ""
    if read is None or not may_hold_media:
        return f"for nightly runs, {to_set}"
    copy = "" if copied else " --copy"
    return f"for nightly runs, import with --out {shown(read)}{copy}, or {to_set}"


def _folder_of_manifests(settings: Settings) -> Path | None:
    """Return the folder in which nightly runs search; None where it is a glob, or in a store."""
    if is_remote(settings.manifests):
        return None
    folder = local_path(settings.manifests)
    return None if glob.has_magic(folder) or folder.endswith(".json") else Path(folder)


def shown(path: Path) -> str:
    """Return a path as it is shortest: from here, where it lies below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _film(manifest: Path) -> str:
    stem = manifest.name.removesuffix(".json").removesuffix(".room")
    return f"{(manifest.parent.name or 'room') if manifest.name == MANIFEST else stem}.mp4"
