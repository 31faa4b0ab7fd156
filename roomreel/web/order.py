"""The parameters of a composition that is asked for, and the template that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from roomreel.batch.reading import read_templates
from roomreel.batch.template_files import find_template_files
from roomreel.documents.findings import value_text
from roomreel.documents.template import SCHEMA, canonical_template, parse_template
from roomreel.errors import CallbackRefused, TemplateInvalid, Violation
from roomreel.model.table import Row
from roomreel.model.template import Template
from roomreel.service.callbacks.checking import refuse_receiver
from roomreel.service.lists.rooms import find_room
from roomreel.service.service import Service
from roomreel.settings import Settings
from roomreel.text import shortened
from roomreel.web import codes
from roomreel.web.envelope import ApiError, invalid
from roomreel.web.forms import Form
from roomreel.web.sids import written
from roomreel.web.sources import source_of

PARAMETERS: dict[str, str] = {
    "VideoLayout": "video_layout",
    "AudioSources": "audio_sources",
    "AudioSourcesExcluded": "audio_sources_excluded",
    "Resolution": "resolution",
    "Format": "format",
    "Trim": "trim",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}
"""Parameters, and the member of a template that each of them is."""

OF_HOOKS: dict[str, str] = {"FriendlyName": "friendly_name", "Enabled": "enabled"}
"""Those that hooks have beside them, likewise."""

_MEMBERS = {member: name for name, member in (PARAMETERS | OF_HOOKS).items()}

TEMPLATE = "Template"
"""The parameter that is ours: in the form, or in the query of a client that cannot add to it."""

NAME = "api"
"""What compositions are recorded under whose request names no template of ours."""


def _sources(form: Form, name: str) -> list[Any]:
    return [source_of(text) for text in form.all(name)]


_READERS: Mapping[str, Callable[[Form, str], Any]] = {
    "VideoLayout": Form.document,
    "AudioSources": _sources,
    "AudioSourcesExcluded": _sources,
    "Trim": lambda form, name: form.flag(name, default=True),
}


def room_of(form: Form) -> str:
    """Return the sid of the room that is asked for.

    Raises:
        ApiError: none is named, or what is named is none.
    """
    sid = form.one("RoomSid")
    if not sid:
        raise ApiError(400, codes.INVALID, "Missing required parameter RoomSid")
    room = written(sid, "RM")
    if room is None:
        raise room_not_found(sid)
    return room


def require_room(service: Service, room: str) -> Row:
    """Return a room by its sid or unique name.

    Raises:
        ApiError: there is none.
    """
    found = find_room(service, room)
    if found is None:
        raise room_not_found(room)
    return found


def room_not_found(sid: str) -> ApiError:
    """Return the error of a room that is not there."""
    return ApiError(404, codes.ROOM_NOT_FOUND, f"Room {shortened(sid)} was not found")


def template_of(form: Form, settings: Settings) -> Template:
    """Return the template that the parameters make.

    Raises:
        ApiError: a parameter is invalid; the message names it, and all that is wrong.
    """
    return _template_of(form, settings, {})


def hook_of(form: Form, settings: Settings) -> Template:
    """Return the hook that the parameters make: what is not given is at its default.

    Raises:
        ApiError: as `template_of`.
    """
    name = form.one("FriendlyName")
    if not name:
        raise ApiError(400, codes.INVALID, "Missing required parameter FriendlyName")
    enabled = form.flag("Enabled", default=True)
    return _template_of(form, settings, {"friendly_name": name, "enabled": enabled})


def _template_of(form: Form, settings: Settings, said: dict[str, Any]) -> Template:
    given = {
        member: _READERS.get(name, Form.one)(form, name)
        for name, member in PARAMETERS.items()
        if name in form.names
    }
    base = _base(form, settings)
    document = {"schema": SCHEMA, "friendly_name": NAME} | base | given | said
    try:
        template = parse_template(orjson.dumps(document), "")
    except TemplateInvalid as error:
        raise _refused(error.violations) from error
    refuse_callback(template.status_callback, settings)
    return replace(template, sid=None, date_created=None, date_updated=None)


def refuse_callback(url: str | None, settings: Settings) -> None:
    """See that a status callback does not clearly lead to where nothing may be sent.

    What only a look-up shows is found when it is to be sent.

    Raises:
        ApiError: it does.
    """
    if url is None:
        return
    try:
        refuse_receiver(url, settings)
    except CallbackRefused as error:
        message = f"Parameter StatusCallback cannot be sent to: {error.message}"
        raise ApiError(400, codes.CALLBACK_INVALID, message) from error


def _base(form: Form, settings: Settings) -> dict[str, Any]:
    """Return the members of the template that the parameter Template names, or is."""
    given = form.one(TEMPLATE)
    if given is None:
        return {}
    if given.lstrip().startswith("{"):
        return _inline(form)
    read = read_templates(find_template_files(settings).urls, frozenset([given]))
    for line in read.problems:
        raise invalid(TEMPLATE, f"cannot be used: {line.message}")
    if not read.templates:
        raise invalid(TEMPLATE, f"names no template that is there: {value_text(given)}")
    members: dict[str, Any] = orjson.loads(canonical_template(read.templates[0].template))
    return members


def _inline(form: Form) -> dict[str, Any]:
    document = form.document(TEMPLATE)
    # Whatever else is wrong with it is found with the rest.
    return document if isinstance(document, dict) else {"schema": None}


def _refused(violations: Sequence[Violation]) -> ApiError:
    return ApiError(400, codes.INVALID, "; ".join(map(_named, violations)))


def _named(violation: Violation) -> str:
    """Return a broken rule in the words of parameters."""
    member, _, rest = violation.pointer.removeprefix("/").partition("/")
    name = _MEMBERS.get(member)
    if not member:
        where = "VideoLayout or AudioSources"
    elif name:
        where = f"{name} (/{rest})" if rest else name
    else:
        where = f"{TEMPLATE} ({violation.pointer})"
    hint = f"; {violation.hint}" if violation.hint else ""
    return f"Parameter {where}: expected {violation.expected}, found {violation.found}{hint}"
