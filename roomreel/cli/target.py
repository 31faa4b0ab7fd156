"""Where `compose --out` puts a composition, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from roomreel.errors import StorageFailed
from roomreel.model.location import Location
from roomreel.storage.location import location_of

if TYPE_CHECKING:
    from roomreel.cli.inputs import Inputs


def target_of(out: str | None, inputs: Inputs) -> Location | None:
    """The place that --out names; None where it is not said.

    Raises:
        typer.BadParameter: it does not end as the files of the template do.
        StorageFailed: it names no place.
    """
    wanted = f".{inputs.template.format.value}"
    if out is not None and not out.lower().endswith(wanted):
        raise typer.BadParameter(f"--out must end in {wanted}, the format of the template")
    return None if out is None else location_of(out).absolute()


def check_target(target: Location, inputs: Inputs, template: str, *, force: bool) -> None:
    """Hold that a composition there replaces no source of its own, and nothing that is not ours.

    Raises:
        OutputRefused: it would; so would its poster, contact sheet or log.
        StorageFailed: it cannot be looked at.
    """
    from roomreel.compose.outputs import of_composition, refuse_to_replace
    from roomreel.compose.publish import files_beside, stored_files

    settings = inputs.settings
    places = stored_files(location_of(files_beside(target, settings).media))
    sources = _sources(inputs, template)
    targets = of_composition(places)
    refuse_to_replace(targets, settings.memory_limit_bytes, sources, force=force)


def _sources(inputs: Inputs, template: str) -> Iterator[Location]:
    """What a composition is made of: documents, media, and what is needed to decrypt those."""
    from roomreel.encryption import INSTRUCTION_SUFFIX
    from roomreel.storage import resolve_media

    manifest, roots = inputs.manifest, inputs.settings.media_roots
    yield from (location_of(location).absolute() for location in (manifest.url, template))
    media = [recording.media for recording in manifest.room.recordings if recording.media]
    for name in (*media, *(f"{one}{INSTRUCTION_SUFFIX}" for one in media)):
        with suppress(StorageFailed):  # outside the media roots: it is no source
            yield resolve_media(manifest.url, name, roots)
