"""The documents that a caller names: manifests by file, templates by file or name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePosixPath

from roomreel.batch.template_files import find_hook_files
from roomreel.compose.rules import with_posted_rules
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.members import given
from roomreel.documents.template import parse_template
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import ArgumentsInvalid, NotFound
from roomreel.model.room import Manifest
from roomreel.model.template import Template
from roomreel.model.window import LONGEST_WINDOW_MS
from roomreel.settings import Settings
from roomreel.storage import discover, read_bytes
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import is_remote, local_path, location_of
from roomreel.storage.walk import names
from roomreel.text import no_such


@dataclass(frozen=True, slots=True)
class Inputs:
    """A manifest, a template, and the settings by which they are composed."""

    manifest: Manifest
    template: Template
    settings: Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """A composition as it is asked for.

    Attributes:
        manifest: path or URL.
        template: path, URL or name.
        start_ms: of the window; None: as the template says. Likewise `end_ms`.
    """

    manifest: str
    template: str
    start_ms: int | None = None
    end_ms: int | None = None


def read_inputs(wanted: Wanted, settings: Settings) -> Inputs:
    """Read a manifest and a template.

    Whoever names a manifest vouches for its folder: media may lie in it even where it is not one
    of `media_roots`.

    Raises:
        DocumentInvalid, NotFound, StorageFailed: one of them cannot be used.
        ArgumentsInvalid: there is no such window.
    """
    manifest = wanted.manifest
    room = with_posted_rules(parse_manifest(read_document(manifest), manifest), settings)
    roots = [*settings.media_roots, str(location_of(manifest).absolute().parent)]
    trusting = settings.model_copy(update={"media_roots": roots})
    template = find_template(wanted.template, settings)
    return Inputs(room, _windowed(template, wanted.start_ms, wanted.end_ms), trusting)


def _windowed(template: Template, start_ms: int | None, end_ms: int | None) -> Template:
    window = replace(template.window, **given({"start_ms": start_ms, "end_ms": end_ms}))
    start, end = window.start_ms, window.end_ms
    is_reversed = end is not None and end <= start
    if is_reversed or not 0 <= start <= LONGEST_WINDOW_MS >= (end or 0):
        raise ArgumentsInvalid(
            f"there is no window from {start} ms to {'the end' if end is None else f'{end} ms'}",
            "the end comes after the start, and at most a day after the room's zero",
        )
    return replace(template, window=window)


def read_document(location: str) -> bytes:
    """Return the bytes of the document at a path or URL.

    Raises:
        NotFound: there is no such file.
        StorageFailed: it cannot be read, or is too large for a document.
    """
    # os.path, because before Python 3.12 Path.exists raises where a name is too long.
    if not is_remote(location) and not os.path.exists(local_path(location)):  # noqa: PTH110
        raise NotFound(f"file not found: {location}")
    return read_bytes(location, SIZE_LIMIT_BYTES)


def find_template(name: str, settings: Settings) -> Template:
    """Return the template in the file of that name, else the template or layout of that name.

    Raises:
        NotFound: neither.
        TemplateInvalid: it breaks a rule.
    """
    if name.endswith(".json") or "/" in name:
        return parse_template(read_document(name), name)
    known = dict(_named(settings))
    if name not in known:
        raise no_such("template", name, known)
    return parse_template(read_document(known[name]), known[name])


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and file of each template, of a hook that came by the API its sid.

    Those of the settings hide layouts of the same name.
    """
    files = [str(file) for file in resources.files("roomreel.layouts").iterdir()]
    if is_remote(settings.templates_root):
        files += discover(settings.templates_root)
    else:
        folder = local_path(settings.templates_root)
        with storage_errors("search", folder):
            files += [f"{folder}/{name}" for name in names(Path(folder))]
    files += find_hook_files(settings)
    yield from ((PurePosixPath(file).stem, file) for file in files if file.endswith(".json"))
