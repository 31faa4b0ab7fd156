"""Pictures of a composition as an artifact: of its plan, and its contact sheet.

The UI shows a picture in Markdown from a data: URI, but needs a URL that its readers can reach for
everything else; a media store rarely is one.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from prefect.artifacts import create_markdown_artifact

from roomreel.batch.planning import RoomPlan
from roomreel.batch.report import outcome_line
from roomreel.documents.svg.plan import names_of, picture
from roomreel.errors import RoomreelError
from roomreel.flows.orchestration.summary import literal
from roomreel.media.ffmpeg import binary, shrink_jpeg
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.model.plan import Plan
from roomreel.model.room import Room
from roomreel.settings import Settings
from roomreel.storage import read_bytes
from roomreel.tasks.artifacts import artifact_key

# Of what failed, and as many of what was made: a server keeps some 20 kB of each, and its pages
# load all pictures of a run at once.
MOST_SHOWN = 20
# The plan of hours with hundreds of scenes is one for a file (`roomreel plan --picture`).
MOST_BYTES = 150_000
MOST_WARNINGS = 20
# Four thumbnails side by side, as wide as the column of text they stand in.
SHEET_WIDTH = 660
SHEET_LIMIT_BYTES = 10_000_000


@dataclass
class Gallery:
    """Leaves the pictures of the first outcomes of a flow run with it."""

    settings: Settings
    _shown: Counter[CompositionStatus] = field(default_factory=Counter)

    def show(self, room: RoomPlan, outcome: Outcome) -> None:
        """Leave the pictures of what was planned; a server that does not answer stops no run."""
        plans = [due.plan for due in room.due if due.job.sid == outcome.sid]
        # What is stopped has seconds to end, and shows nothing.
        if not plans or outcome.status is CompositionStatus.CANCELLED:
            return
        if self._shown[outcome.status] >= MOST_SHOWN:
            return
        self._shown[outcome.status] += 1
        text = "\n\n".join(_paragraphs(room.manifest.room, plans[0], outcome, self.settings))
        line = outcome_line(outcome)
        names = room.manifest.room.unique_name, outcome.template.friendly_name
        with suppress(httpx.HTTPError, OSError):
            create_markdown_artifact(
                text,
                key=artifact_key(outcome.sid, self.settings, *names),
                description=literal(f"{line} {line.state}" if line.media else str(line)),
            )


def _paragraphs(room: Room, plan: Plan, outcome: Outcome, settings: Settings) -> Iterator[str]:
    line = outcome_line(outcome)
    yield f"**{literal(str(line))}**"
    files = outcome.files
    facts = {
        "composition": outcome.sid,
        "media file": files and files.media,
        "poster": files and files.poster,
    }
    yield "\n".join(f"* {what}: {literal(value)}" for what, value in facts.items() if value)
    yield _image("plan", "svg+xml", picture(plan, names_of(room)).encode())
    sheet = _sheet(outcome, settings)
    if sheet:
        yield _image("contact sheet", "jpeg", sheet)
    warnings = [
        f"* {literal(warning.in_words(room))}"
        for warning in (outcome.warnings or plan.warnings)[:MOST_WARNINGS]
    ]
    if warnings:
        yield "\n".join(["Warnings:", "", *warnings])


def _sheet(outcome: Outcome, settings: Settings) -> bytes:
    """Return the contact sheet in small; nothing where there is none, or only an encrypted one."""
    url = outcome.files and outcome.files.sheet
    if url and outcome.encryption is None:
        with suppress(RoomreelError):  # the composition is there, whatever becomes of its picture
            jpeg = read_bytes(url, SHEET_LIMIT_BYTES)
            return shrink_jpeg(jpeg, SHEET_WIDTH, binary(settings.ffmpeg))
    return b""


def _image(name: str, kind: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        return f"The picture of the {name} is too large to show here."
    return f"![{name}](data:image/{kind};base64,{base64.b64encode(data).decode()})"
