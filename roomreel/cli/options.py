"""Arguments and options that several verbs share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from roomreel.cli.times import moment, position


def _from_here(file: Path | None) -> Path | None:
    """Return the file as the user names it, wherever settings say that paths start."""
    return file and file.absolute()


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        callback=_from_here,
        help="Settings file (TOML); default: configs/local.toml if there.",
    ),
]
ManifestFile = Annotated[
    str, typer.Argument(metavar="MANIFEST", help="A room manifest (JSON): a path or s3:// URL.")
]
TemplateName = Annotated[
    str,
    typer.Option(
        "--template", "-t", metavar="FILE_OR_NAME", help="A template: a file, or a layout's name."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        parser=moment,
        metavar="TIME",
        help="Rooms that ended then or later, such as 2026-11-20T09:30 (UTC), yesterday or 7d.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", parser=moment, metavar="TIME", help="Rooms that ended before then."),
]
Start = Annotated[
    int | None,
    typer.Option(
        "--start",
        parser=position,
        metavar="TIME",
        help="Begin there: ms or HH:MM:SS[.mmm] of the room's time; unset: as the template says.",
    ),
]
End = Annotated[
    int | None,
    typer.Option("--end", parser=position, metavar="TIME", help="End there, likewise."),
]
Room = Annotated[str | None, typer.Option("--room", help="Only this room: its sid or unique name.")]
