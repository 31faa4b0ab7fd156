"""Arguments and options that several verbs share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]


def _from_here(file: Path | None) -> Path | None:
    """The file as whoever runs the command names it, wherever settings say that paths start."""
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
        "--since", formats=DATE_FORMATS, help="Rooms that ended at this time or later (UTC)."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=DATE_FORMATS, help="Rooms that ended before this time (UTC)."),
]
Room = Annotated[str | None, typer.Option("--room", help="Only this room: its sid or unique name.")]


def utc(moment: datetime | None) -> datetime | None:
    """The same wall time, said to be UTC."""
    return moment if moment is None else moment.replace(tzinfo=UTC)
