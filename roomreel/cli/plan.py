"""`roomreel plan MANIFEST --template T`: what would be made, without decoding a frame."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, ManifestFile, TemplateName

if TYPE_CHECKING:
    from roomreel.cli.inputs import Inputs
    from roomreel.model.media import Medium
    from roomreel.model.plan import Plan


def plan(
    manifest: ManifestFile,
    template: TemplateName,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE.svg", help="Draw the plan, too.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print what rendering it would cost instead.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="For --estimate: machines like this one.")
    ] = None,
    config: Config = None,
) -> None:
    """Print the plan document of a room and a template; nothing is rendered."""
    from roomreel.cli.inputs import read_inputs

    if workers is not None and not estimate:
        raise typer.BadParameter("--workers is for --estimate")
    inputs = read_inputs(manifest, template, config)
    decided, media = make(inputs)
    if picture is not None:
        write_picture(decided, inputs, picture)
    if estimate:
        print_estimate(decided, media, inputs.settings.threads, workers or 1)
    else:
        print_plan(decided)


def make(inputs: Inputs) -> tuple[Plan, dict[str, Medium]]:
    """Index the packets of the room's media and plan it.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    from roomreel.inputs import plan_room, stat_media

    media = stat_media(inputs.manifest, inputs.settings)
    return plan_room(inputs.manifest, inputs.template, media, inputs.settings)


def write_picture(decided: Plan, inputs: Inputs, file: Path) -> None:
    """Draw the plan into an SVG file."""
    from roomreel.cli.files import write_text
    from roomreel.outputs import Made
    from roomreel.plan.picture import picture, recording_names

    write_text(file, picture(decided, recording_names(inputs.manifest.room)), Made.PLAN)


def print_plan(decided: Plan) -> None:
    """Print the plan document."""
    from roomreel.documents.plan import plan_json

    console.out(plan_json(decided).rstrip("\n"))


def print_estimate(decided: Plan, media: Mapping[str, Medium], threads: int, workers: int) -> None:
    """Print CPU and wall seconds, memory and size, a line each."""
    from roomreel.plan.estimate import estimate

    cores = threads or os.cpu_count() or 1
    packets = {sid: medium.packets for sid, medium in media.items() if medium.packets}
    cost = estimate(decided, packets, cores, workers)
    where = f"{cores} cores" if workers == 1 else f"{workers} workers of {cores} cores"
    console.out(f"cpu     {float(cost.cpu_s):.1f} s")
    console.out(f"wall    {float(cost.wall_s):.1f} s on {where}")
    console.out(f"memory  {cost.memory_bytes / 1e6:.0f} MB a process")
    console.out(f"output  {cost.output_bytes / 1e6:.1f} MB")
