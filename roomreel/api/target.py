"""The place that a caller names for a composition, and what must not be replaced there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from roomreel.api.documents import Inputs
from roomreel.compose.outputs import of_composition, refuse_to_replace
from roomreel.compose.publish import files_beside, stored_files
from roomreel.encryption import INSTRUCTION_SUFFIX
from roomreel.errors import ArgumentsInvalid, StorageFailed
from roomreel.model.location import Location
from roomreel.storage import resolve_media_path
from roomreel.storage.location import location_of
from roomreel.text import printable


def target_of(out: str | None, inputs: Inputs) -> Location | None:
    """Return the place that `out` names; None where it is not given.

    Raises:
        ArgumentsInvalid: it does not end as the files of the template do.
        StorageFailed: it names no place.
    """
    wanted = f".{inputs.template.format.value}"
    if out is not None and not out.lower().endswith(wanted):
        raise ArgumentsInvalid(
            f"the composition cannot go to {printable(out)}",
            f"the template makes {wanted[1:]}: name a file that ends in {wanted}",
        )
    return None if out is None else location_of(out).absolute()


def check_target(target: Location, inputs: Inputs, template: str, *, force: bool) -> None:
    """Refuse a composition that would replace a source of its own, or what roomreel did not make.

    Raises:
        OutputRefused: it would; so would its poster, contact sheet or log.
        StorageFailed: it cannot be looked at.
    """
    settings = inputs.settings
    places = stored_files(location_of(files_beside(target, settings).media))
    sources = _sources(inputs, template)
    targets = of_composition(places)
    refuse_to_replace(targets, settings.memory_limit_bytes, sources, force=force)


def _sources(inputs: Inputs, template: str) -> Iterator[Location]:
    """Yield what a composition is made of: documents, media, what is needed to decrypt those."""
    manifest, roots = inputs.manifest, inputs.settings.media_folders
    yield from (location_of(location).absolute() for location in (manifest.url, template))
    media = [recording.media for recording in manifest.room.recordings if recording.media]
    for name in (*media, *(f"{one}{INSTRUCTION_SUFFIX}" for one in media)):
        with suppress(StorageFailed):  # outside the media roots: it is no source
            yield resolve_media_path(manifest.url, name, roots)
