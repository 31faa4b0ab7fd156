"""`roomreel plan MANIFEST --template T`: what would be made, without decoding a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, ManifestFile, TemplateName

if TYPE_CHECKING:
    from roomreel.cli.inputs import Inputs
    from roomreel.model.plan import Plan


def plan(
    manifest: ManifestFile,
    template: TemplateName,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE.svg", help="Draw the plan, too.")
    ] = None,
    config: Config = None,
) -> None:
    """Print the plan document of a room and a template; nothing is rendered."""
    from roomreel.cli.inputs import read_inputs

    inputs = read_inputs(manifest, template, config)
    print_plan(make(inputs), inputs, picture)


def make(inputs: Inputs) -> Plan:
    """Index the packets of the room's media and plan it.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    from roomreel.inputs import plan_room, stat_media

    media = stat_media(inputs.manifest, inputs.settings)
    decided, _ = plan_room(inputs.manifest, inputs.template, media, inputs.settings)
    return decided


def print_plan(decided: Plan, inputs: Inputs, picture: Path | None) -> None:
    """Print the plan document, and write the picture if one is wanted."""
    from roomreel.documents.plan import plan_json

    if picture is not None:
        from roomreel.cli.files import write_text
        from roomreel.plan.picture import picture as draw
        from roomreel.plan.picture import recording_names

        write_text(picture, draw(decided, recording_names(inputs.manifest.room)))
    console.out(plan_json(decided).rstrip("\n"))
