"""The plan of a composition as a page says it, as a picture, and as a track of chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.documents.svg.plan import picture
from roomreel.model.plan import Chapter
from roomreel.model.time import to_ms
from roomreel.service.media.shown import Shown, covers, find_shown
from roomreel.service.service import Service
from roomreel.text import printable
from roomreel.web.console.files import MEDIA
from roomreel.web.console.logs import COMPOSITIONS
from roomreel.web.console.pages import page
from roomreel.web.envelope import invalid
from roomreel.web.forms import Form, read_query
from roomreel.web.lists import number_of
from roomreel.web.sids import composition_sid

_MOST_PIXELS = 1 << 16
_MOST_PARTS = 3
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")

# The picture has styles of its own, and nothing else.
_DRAWN = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A recording that is shown, or heard.

    Attributes:
        place: region and number of the cell, or "" of what is heard.
    """

    recording_sid: str
    label: str
    place: str


def plans(service: Service) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix=COMPOSITIONS.path, include_in_schema=False, dependencies=MEDIA)

    @router.get("/{sid}/shown")
    def show(sid: str, request: Request) -> Response:
        query = read_query(request)
        instant = seconds_of(query.one("t"))
        found = find_shown(service, composition_sid(sid))
        point = _point(query)
        return page(
            "shown",
            request.state,
            path=COMPOSITIONS.path,
            title="Who is shown",
            sid=composition_sid(sid),
            at=instant,
            point=point,
            cells=[*_cells(found, instant, point)],
            heard=[_cell(found, one, "") for one in found.heard_at(instant)],
        )

    @router.get("/{sid}/plan.svg")
    def draw(sid: str) -> Response:
        found = find_shown(service, composition_sid(sid))
        drawn = picture(found.plan, found.names)
        return Response(drawn, headers=_DRAWN, media_type="image/svg+xml")

    @router.get("/{sid}/chapters.vtt")
    def list_chapters(sid: str) -> Response:
        found = find_shown(service, composition_sid(sid))
        text = webvtt(found.chapters, found.plan.duration)
        return Response(text, headers=_DRAWN, media_type="text/vtt")

    return router


def webvtt(chapters: Sequence[Chapter], end: Fraction) -> str:
    """Return chapters as a track of WebVTT, each until the next one."""
    instants = [_timestamp(instant) for instant in (*(one.start for one in chapters), end)]
    cues = [
        f"{start} --> {until}\n{_cue(chapter.title)}\n"
        for chapter, (start, until) in zip(chapters, pairwise(instants), strict=True)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _cue(title: str) -> str:
    """Return the text of a cue: one line without what is markup there."""
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(printable(escaped).split())


def _timestamp(seconds: Fraction) -> str:
    whole, ms = divmod(to_ms(seconds), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}.{ms:03}"


def seconds_of(text: str | None) -> Fraction:
    """Return a time of the player: 12.5, 1:02 or 1:02:03.

    Raises:
        ApiError: it is none.
    """
    parts = (text or "0").strip().split(":")
    if len(parts) > _MOST_PARTS or not all(map(_NUMBER.fullmatch, parts)):
        raise invalid("t", "is a time such as 1:02 or 62.5")
    found = Fraction(0)
    for part in parts:
        found = found * 60 + Fraction(part)
    return found


def _point(query: Form) -> tuple[int, int] | None:
    """Return the pixel of the picture that was clicked; None where none was."""
    if not query.one("x") or not query.one("y"):
        return None
    x, y = (number_of(query, name, 0, _MOST_PIXELS, 0) for name in ("x", "y"))
    return x, y


def _cells(found: Shown, instant: Fraction, point: tuple[int, int] | None) -> Iterator[Cell]:
    """Yield what is shown at an instant; of a point, what is on top there alone."""
    placements = found.seen_at(instant)
    if point is not None:
        placements = [one for one in placements if covers(one, *point)][-1:]
    for one in placements:
        yield _cell(found, one.recording_sid, f"{one.region}, cell {one.cell + 1}")


def _cell(found: Shown, sid: str, place: str) -> Cell:
    return Cell(sid, found.label_of(sid), place)
