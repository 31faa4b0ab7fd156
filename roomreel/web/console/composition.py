"""One composition: what is known of it, its player, and composing its room again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.errors import NotFound, StorageFailed, failures
from roomreel.model.codes import NOTHING, WARNINGS
from roomreel.model.plan import Chapter
from roomreel.model.table import Row, Table
from roomreel.service.lists.compositions import find_composition
from roomreel.service.lists.uses import with_all_columns
from roomreel.service.media.links import LinkKind
from roomreel.service.media.media import find_composed
from roomreel.service.media.served import ServedFile
from roomreel.service.media.shown import Shown, find_shown
from roomreel.service.requests.requests import OPEN
from roomreel.service.service import Service
from roomreel.web.console.composing import compose, template_names
from roomreel.web.console.listed import find_listed
from roomreel.web.console.logs import COMPOSITIONS
from roomreel.web.console.pages import page
from roomreel.web.console.runs import run_url
from roomreel.web.console.visitors import READS, Visitor, Written
from roomreel.web.console.words import plain
from roomreel.web.envelope import invalid
from roomreel.web.sids import composition_sid


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning as the page shows it.

    Attributes:
        meaning: of its code.
        remedy: what to do about it, or "".
        who: name of the recording that it is about, or "".
        start: when that is first seen or heard, in seconds of the output; None: never, or unknown.
    """

    code: str
    message: str
    meaning: str
    remedy: str
    recording_sid: str
    who: str
    start: float | None


@dataclass(frozen=True, slots=True)
class Player:
    """The media of a composition as far as the page can show them.

    Attributes:
        problem: why there is nothing to play, or "".
        unplanned: why nobody knows who is shown, or "".
    """

    media: ServedFile | None = None
    problem: str = ""
    has_poster: bool = False
    shown: Shown | None = None
    unplanned: str = ""

    @property
    def is_playable(self) -> bool:
        """True if a browser can play it."""
        return self.media is not None and not self.media.is_encrypted

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters: people come and go."""
        return self.shown.chapters if self.shown else ()


def composition(service: Service) -> APIRouter:
    """Return the page, and what its form does."""
    router = APIRouter(prefix=COMPOSITIONS.path, include_in_schema=False)

    @router.get("/{sid}", dependencies=READS)
    def show(sid: str, request: Request) -> Response:
        row = _find(service, sid)
        visitor: Visitor = request.state.visitor
        may_see = visitor.may("media")
        player = _player(service, row) if may_see else Player()
        is_recorded = row["status"] not in OPEN
        return page(
            "composition",
            request.state,
            path=COMPOSITIONS.path,
            title="Composition",
            row=row,
            whole=with_all_columns(service, Table.COMPOSITIONS, row) if is_recorded else row,
            used=orjson.loads(row["template_json"] or "{}"),
            player=player,
            may_see=may_see,
            warnings=[*_warnings(row, player.shown)],
            failure=meaning_of(row["failure_code"]),
            run=run_url(row),
            templates=template_names(service) if visitor.may("write") else [],
            nonce=secrets.token_hex(16),
            retention=service.settings.retention_days,
        )

    @router.post("/{sid}/again")
    def again(sid: str, form: Written, request: Request) -> Response:
        row = _find(service, sid)
        template = form.one("template") or _own_template(row)
        return compose(service, request, form, row["room_sid"], template)

    return router


def meaning_of(code: str | None) -> str:
    """Return what the code of a failure means, or "" of one that is not known."""
    found = (str(kind.__doc__).splitlines()[0] for kind in failures() if kind.code == code)
    return next(found, "").replace("`", "")


def meaning_of_warning(code: str) -> tuple[str, str]:
    """Return what a code of a warning means, and what to do about it, or "" where nothing is."""
    meaning, remedy = WARNINGS.get(code, ("", NOTHING))  # type: ignore[call-overload]
    meaning = meaning[:1].upper() + meaning[1:]
    return meaning.replace("`", ""), "" if remedy == NOTHING else remedy.replace("`", "")


def _find(service: Service, sid: str) -> Row:
    return find_listed(service, find_composition, composition_sid(sid))


def _player(service: Service, row: Row) -> Player:
    if row["status"] != "completed":
        return Player()
    try:
        media = find_composed(service, LinkKind.MEDIA, row["sid"])
    except (NotFound, StorageFailed) as error:
        return Player(problem=error.message)
    shown, unplanned = None, ""
    try:
        shown = find_shown(service, row["sid"])
    except (NotFound, StorageFailed) as error:
        unplanned = error.message
    return Player(media, "", _has_poster(service, row), shown, unplanned)


def _has_poster(service: Service, row: Row) -> bool:
    try:
        return not find_composed(service, LinkKind.POSTER, row["sid"]).is_encrypted
    except (NotFound, StorageFailed):
        return False


def _warnings(row: Row, shown: Shown | None) -> Iterator[Warned]:
    for one in row["warnings"] or []:
        sid = one["recording_sid"] or ""
        meaning, remedy = meaning_of_warning(one["code"])
        spans = shown.spans.get(sid, ()) if shown and sid else ()
        who = shown.label_of(sid) if shown and sid else sid
        yield Warned(
            one["code"],
            plain(one["message"]),
            meaning,
            remedy,
            sid,
            who,
            float(spans[0].start) if spans else None,
        )


def _own_template(row: Row) -> str:
    if not row["template_json"]:
        raise invalid("template", f": that of {row['sid']} is not known, so choose another one")
    named = {"friendly_name": row["template"]} if row["template"] else {}
    return orjson.dumps(named | orjson.loads(row["template_json"])).decode()
