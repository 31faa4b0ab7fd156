"""The parameters of the flows, as the forms of the UI show them.

Prefect takes titles from the names of parameters and descriptions from the docstring of the flow,
unless the schema has its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from roomreel.batch.shares import ChunkRanges


def _field(title: str, description: str, *examples: str, **limits: Any) -> Any:
    # Only the extra survives: Prefect lays a field of its own over this one.
    shown: dict[str, Any] = {"title": title, "description": description}
    return Field(
        json_schema_extra=shown | ({"examples": [*examples]} if examples else {}), **limits
    )


Since = Annotated[
    datetime | None,
    _field(
        "Ended since",
        "Rooms that ended at this instant or later; empty: within the window of the settings. "
        "A time without a zone is UTC.",
    ),
]
Until = Annotated[
    datetime | None, _field("Ended before", "Rooms that ended before this instant; empty: all.")
]
FirstDay = Annotated[
    date, _field("First day", "Rooms that ended on this day (UTC) or later.", "2026-11-01")
]
LastDay = Annotated[
    date, _field("Last day", "Rooms that ended on this day (UTC) or earlier.", "2026-11-30")
]
RoomName = Annotated[
    str | None, _field("Room", "Only the room of this sid (RM...) or unique name; empty: all.")
]
What = Annotated[
    str,
    _field(
        "Room or composition",
        "The sid of a composition (CJ...) or of a room (RM...), or the unique name of a room.",
        "CJ0199...",
        min_length=1,
    ),
]
TemplateName = Annotated[
    str | None,
    _field("Template", "Only the template of this name; empty: every one of the settings."),
]
Force = Annotated[
    bool,
    _field("Force", "Compose again what is made, or failed permanently; never what is deleted."),
]
DryRun = Annotated[bool, _field("Dry run", "List what is due, and change nothing.")]
Config = Annotated[
    str | None, _field("Settings file", "Path of the TOML file; empty: as everywhere.")
]
Manifests = Annotated[
    list[str],
    _field("Manifests", "Paths or URLs of the manifests of the rooms to compose.", min_length=1),
]
Manifest = Annotated[str, _field("Manifest", "Path or URL of the manifest of a room.")]
Pieces = Annotated[
    list[ChunkRanges],
    _field("Pieces", "Of each composition: its sid, its template and the frames to render."),
]
Requests = Annotated[
    list[str], _field("Requests", "Sids of the compositions that were requested.", min_length=1)
]
Ticket = Annotated[
    str, _field("Ticket", "What the requests know this run by. Never start one by hand.")
]
