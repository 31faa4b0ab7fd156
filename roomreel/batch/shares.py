"""One long room shared out to workers: each draws a stretch of every composition of it.

A share names what to render and not how: its worker reads and plans the room again, and leaves
parts behind that the render finds. So it is small enough for a parameter of a run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from roomreel.batch.planning import PlannedJob
from roomreel.compose.inputs import index_and_plan, inputs_of
from roomreel.compose.media import stat_media
from roomreel.compose.prepared import prepare
from roomreel.compose.progress import OnProgress
from roomreel.compose.rules import with_posted_rules
from roomreel.compose.together import draw_together
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import DocumentInvalid
from roomreel.model.composition import Job
from roomreel.model.plan import Plan
from roomreel.settings.rendering import Rendering
from roomreel.storage import read_bytes
from roomreel.workload.chunks import shares

_SID = re.compile(r"CJ[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ChunkRanges:
    """The frames of one composition that are drawn.

    Attributes:
        sid: of the composition; parts are kept under it.
        template: its document, as JSON.
        frames: chunks, each from a frame to before another.
    """

    sid: str
    template: str
    frames: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise ValueError("sid is that of a composition: CJ and 32 hexadecimal digits")

    @property
    def chunks(self) -> tuple[range, ...]:
        """Return its chunks."""
        return tuple(range(start, end) for start, end in self.frames)


@dataclass(frozen=True, slots=True)
class Share:
    """The frames of a room that one worker draws.

    Attributes:
        manifest: path or URL of the room's manifest.
    """

    manifest: str
    pieces: tuple[ChunkRanges, ...]


def split_into_shares(planned: Sequence[PlannedJob], settings: Rendering) -> list[Share]:
    """Divide those compositions of one room that are long; nothing where none is.

    A share has about the same stretch of the room of each, so that its recordings are decoded once.
    """
    pieces: dict[int, list[ChunkRanges]] = defaultdict(list)
    for one in planned:
        prepared = prepare(one.job, one.plan, settings)
        if prepared.is_spread:
            for number, share in enumerate(shares(prepared.chunks, settings.spread_shares)):
                frames = tuple((chunk.start, chunk.stop) for chunk in share)
                pieces[number].append(ChunkRanges(one.job.sid, one.job.template_json, frames))
    return [Share(planned[0].job.manifest.url, tuple(found)) for found in pieces.values()]


def draw_share(share: Share, settings: Rendering, on_progress: OnProgress | None = None) -> None:
    """Read and plan a room, and draw a share of it; what is drawn already is left as it is.

    Raises:
        RoomreelError: a document, a recording or the drawing itself; what was finished is kept.
    """
    data = read_bytes(share.manifest, SIZE_LIMIT_BYTES)
    manifest = with_posted_rules(parse_manifest(data, share.manifest), settings)
    media = stat_media(manifest, settings)
    digest = inputs_sha256(manifest, media)
    planned: list[tuple[Job, Plan]] = []
    for piece in share.pieces:
        template = parse_template(piece.template.encode(), f"the template of {piece.sid}")
        plan, media = index_and_plan(manifest, template, media, settings)
        _check(piece, plan)
        job = Job(
            sid=piece.sid,
            manifest=manifest,
            template=template,
            template_json=canonical_template(template),
            template_sha256=template_sha256(template),
            inputs_sha256=inputs_of(digest, manifest, template, settings),
            media=media,
            date_created=datetime.now(UTC),
        )
        planned.append((job, plan))
    mine = {piece.sid: piece.chunks for piece in share.pieces}
    draw_together(planned, settings, mine, on_progress)


def _check(piece: ChunkRanges, plan: Plan) -> None:
    if not all(0 <= chunk.start < chunk.stop <= plan.frame_count for chunk in piece.chunks):
        raise DocumentInvalid(
            f"{piece.sid} has {plan.frame_count} frames, and others are asked for",
            "the room changed since it was shared out: nothing needs to be done",
        )
