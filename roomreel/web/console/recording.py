"""One recording: what is known of it, its track, and the compositions in which it is used."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.errors import CatalogError, NotFound, StorageFailed
from roomreel.model.room import USUAL_CONTAINERS
from roomreel.model.table import Row, Table
from roomreel.service.lists.recordings import find_recording
from roomreel.service.lists.uses import MOST_LOOKED_AT, Use, find_uses, with_all_columns
from roomreel.service.media.media import find_recorded
from roomreel.service.media.served import ServedFile
from roomreel.service.service import Service
from roomreel.web.console.composition import meaning_of_warning
from roomreel.web.console.listed import find_listed
from roomreel.web.console.logs import RECORDINGS
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import READS, Visitor
from roomreel.web.sids import recording_sid

PATH = RECORDINGS.path


@dataclass(frozen=True, slots=True)
class Track:
    """The file of a recording as far as the page can show it.

    Attributes:
        problem: why there is nothing to play, or "".
    """

    media: ServedFile | None = None
    problem: str = ""

    @property
    def is_playable(self) -> bool:
        """True if a browser may play it, whatever it is."""
        return self.media is not None and not self.media.is_encrypted


def recording(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=READS)

    @router.get("/{sid}")
    def show(sid: str, request: Request) -> Response:
        row = _find(service, sid)
        visitor: Visitor = request.state.visitor
        may_see = visitor.may("media")
        return page(
            "recording",
            request.state,
            path=PATH,
            title="Recording",
            row=row,
            whole=with_all_columns(service, Table.RECORDINGS, row),
            container=row["container_format"] or USUAL_CONTAINERS.get(row["type"]),
            track=_track(service, row) if may_see else Track(),
            may_see=may_see,
            warnings=[(one, *meaning_of_warning(one["code"])) for one in row["warnings"] or []],
            retention=service.settings.retention_days,
        )

    @router.get("/{sid}/compositions")
    def show_uses(sid: str, request: Request) -> Response:
        row = _find(service, sid)
        uses: list[Use] = []
        problem = ""
        try:
            uses = find_uses(service, row)
        except (CatalogError, StorageFailed) as error:
            # This is a part of another page, of which the rest stays.
            problem = error.message
        return page(
            "uses",
            request.state,
            path=PATH,
            title="Compositions with this recording",
            row=row,
            uses=uses,
            problem=problem,
            most=MOST_LOOKED_AT,
        )

    return router


def _find(service: Service, sid: str) -> Row:
    return find_listed(service, find_recording, recording_sid(sid))


def _track(service: Service, row: Row) -> Track:
    if row["status"] != "completed":
        return Track()
    try:
        return Track(find_recorded(service, row["sid"]))
    except (NotFound, StorageFailed) as error:
        return Track(problem=error.message)
