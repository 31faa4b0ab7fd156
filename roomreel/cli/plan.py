"""`roomreel plan MANIFEST --template T`: what would be made, without decoding a frame."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, End, Json, ManifestFile, Start, TemplateName

if TYPE_CHECKING:
    from roomreel.api.documents import Inputs
    from roomreel.model.media import MediaFile
    from roomreel.model.plan import Plan


def plan(  # noqa: PLR0913, PLR0917  an option a parameter
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
    start: Start = None,
    end: End = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Print the plan document of a room and a template; nothing is rendered."""
    from roomreel.api.documents import Wanted, read_inputs
    from roomreel.api.rooms import plan_inputs
    from roomreel.cli.configuration import load

    if workers is not None and not estimate:
        raise typer.BadParameter("--workers is for --estimate")
    inputs = read_inputs(Wanted(manifest, template, start, end), load(config))
    decided, media = plan_inputs(inputs)
    if picture is not None:
        write_picture(decided, inputs, picture)
    if estimate:
        print_estimate(decided, media, inputs.settings.threads, workers or 1, as_json=as_json)
    else:
        print_plan(decided)


def write_picture(decided: Plan, inputs: Inputs, file: Path) -> None:
    """Draw the plan into an SVG file."""
    from roomreel.cli.files import write_text
    from roomreel.compose.outputs import Made
    from roomreel.documents.svg.plan import names_of, picture

    write_text(file, picture(decided, names_of(inputs.manifest.room)), Made.PLAN)


def print_plan(decided: Plan) -> None:
    """Print the plan document."""
    from roomreel.documents.plan import plan_json

    console.out(plan_json(decided).rstrip("\n"))


def print_estimate(
    decided: Plan, media: Mapping[str, MediaFile], threads: int, workers: int, *, as_json: bool
) -> None:
    """Print CPU and wall seconds, memory and size, a line each, or as JSON.

    To two digits: a model of other machines and other calls knows no more.
    """
    from roomreel.workload.estimate import MOST_OFF, estimate

    cores = threads or os.cpu_count() or 1
    packets = {sid: medium.packets for sid, medium in media.items() if medium.packets}
    cost = estimate(decided, packets, cores, workers)
    if as_json:
        console.out_json({**asdict(cost), "cores": cores, "workers": workers})
        return
    where = f"{cores} cores" if workers == 1 else f"{workers} workers of {cores} cores"
    console.out(f"cpu     about {_rounded(cost.cpu_s)} s")
    console.out(f"wall    about {_rounded(cost.wall_s)} s on {where}")
    console.out(f"memory  about {_rounded(cost.memory_bytes / 1e6)} MB a process")
    console.out(f"output  about {_rounded(cost.output_bytes / 1e6)} MB")
    console.say(
        f"Estimates for people who talk, on a machine of 2026. Times and the size of the output may"
        f" be {MOST_OFF} times more or less: by the machine, and by how much the pictures move."
    )


def _rounded(amount: float) -> str:
    return f"{float(f'{amount:.2g}'):g}" if amount < 1e6 else f"{amount:.0f}"
