"""Fields of the form of a hook: what was typed, what is wrong with each, and the template."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from roomreel.documents.findings import pointer, value_text
from roomreel.documents.template import SCHEMA, canonical_template, parse_template
from roomreel.documents.text import Text, read
from roomreel.errors import CallbackRefused, TemplateInvalid, Violation
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.service.callbacks.checking import refuse_receiver
from roomreel.settings.serving import Serving
from roomreel.web.forms import Form

LABELS: Mapping[str, str] = {
    "friendly_name": "Name",
    "enabled": "On",
    "format": "Format",
    "resolution": "Resolution",
    "frame_rate": "Frames per second",
    "trim": "Cut out silence",
    "passthrough": "Copy a lone stream",
    "audio_sources": "Heard",
    "audio_sources_excluded": "Not heard",
    "video_layout": "Layout",
    "more": "More",
    "rooms": "Rooms",
    "status_callback": "Status callback",
    "status_callback_method": "Method",
}
"""Fields by their names, with their labels: members of a template, and all that have no field."""

FLAGS = ("enabled", "trim", "passthrough")
LISTS = ("audio_sources", "audio_sources_excluded", "rooms")
LAYOUT = "video_layout"
MORE = "more"

NO_ROOM = "[]"
"""The line of a list that is there and has nothing in it: no room, and not every one."""

NEW = Template(
    friendly_name="", regions=(Region("grid", Selection(("*",))),), audio=Selection(("*",))
)
"""The template that a form begins with."""

_NOT_DRAWN: Mapping[str, str] = {
    "friendly_name": "preview",
    "rooms": "",
    "status_callback": "",
    "status_callback_method": "",
}
"""Fields that decide nothing of the picture and the sound, as they may always be."""

_WITH_FIELD = frozenset({"schema", *LABELS} - {MORE})
_PROBLEMS_SHOWN = 20
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class HookFields:
    """A form of a hook.

    Attributes:
        given: values of all fields, as they were typed; "" of a flag that is off.
        problems: what is wrong, by field.
        template: None where something is wrong.
        drawable: the template as far as its picture and its sound go; None where these are wrong.
    """

    given: Mapping[str, str]
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    template: Template | None = None
    drawable: Template | None = None

    @property
    def hindrances(self) -> dict[str, Sequence[str]]:
        """The problems of what decides the picture and the sound."""
        return {name: some for name, some in self.problems.items() if name not in _NOT_DRAWN}


def fields_of(template: Template) -> HookFields:
    """Return the form that shows a template."""
    members: dict[str, Any] = json.loads(canonical_template(template))
    given = {name: str(members.get(name) or "") for name in LABELS}
    given |= {name: "on" if members[name] else "" for name in FLAGS}
    given |= {name: lines_of(members[name] or ()) for name in LISTS}
    if template.rooms == ():
        given["rooms"] = NO_ROOM
    given["frame_rate"] = given["frame_rate"].removesuffix("/1")
    given[LAYOUT] = _layout_text(members[LAYOUT])
    more = {name: one for name, one in members.items() if name not in _WITH_FIELD}
    given[MORE] = json.dumps(more, indent=2, ensure_ascii=False) if more else ""
    return HookFields(given, template=template, drawable=template)


def read_fields(form: Form, settings: Serving) -> HookFields:
    """Return a form as it was sent, with everything that is wrong with it."""
    given = {name: (form.one(name) or "").replace("\r\n", "\n") for name in LABELS}
    layout = read(given[LAYOUT].encode())
    is_readable = layout.readable or not given[LAYOUT].strip()
    problems: dict[str, Sequence[str]] = {}
    template = None
    more, more_problems = _read_more(given[MORE])
    try:
        template = _parse(given, more, is_readable=is_readable)
    except TemplateInvalid as error:
        problems = _by_field(error.violations)
    if not is_readable:
        # Whatever else is said of it is said of its being away.
        problems[LAYOUT] = [_unreadable(layout)]
    if more_problems:
        problems[MORE] = more_problems
    url = given["status_callback"].strip()
    if url and "status_callback" not in problems:
        try:
            refuse_receiver(url, settings)
        except CallbackRefused as error:
            problems["status_callback"] = [f"cannot be sent to: {error.message}"]
    if not problems:
        return HookFields(given, template=template, drawable=template)
    found = HookFields(given, problems)
    if found.hindrances:
        return found
    return replace(found, drawable=_parse({**given, **_NOT_DRAWN}, more, is_readable=True))


def _read_more(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the members that a text has, as JSON, and what is wrong with it."""
    if not text.strip():
        return {}, []
    found = read(text.encode())
    if found.findings:
        return {}, [_unreadable(found)]
    if not isinstance(found.value, dict):
        return {}, [f"expected an object, found {value_text(found.value)}"]
    taken = [name for name in found.value if name in _WITH_FIELD]
    return (
        {name: one for name, one in found.value.items() if name not in taken},
        [f"{value_text(name)} has a field of its own" for name in taken],
    )


def _unreadable(layout: Text) -> str:
    stopped = layout.findings[0]
    where = f"line {layout.line_of(stopped)}, {pointer(stopped.path) or 'the whole'}"
    return f"{where}: expected {stopped.expected}, found {stopped.found}"


def _by_field(violations: Iterable[Violation]) -> dict[str, Sequence[str]]:
    problems: dict[str, list[str]] = {}
    for violation in violations:
        name, words = _placed(violation)
        problems.setdefault(name, []).append(words)
    return {name: some[:_PROBLEMS_SHOWN] for name, some in problems.items()}


def lines_of(items: Iterable[str | Mapping[str, str]]) -> str:
    """Return a list as lines of a field; what a line cannot have is written as JSON."""
    return "\n".join(
        one if isinstance(one, str) and not _needs_quotes(one) else json.dumps(one) for one in items
    )


def items_of(lines: str) -> list[Any]:
    """Return the list that lines of a field are: texts, and objects where a line is one of JSON."""
    found = (line.strip(" \t\r") for line in lines.split("\n"))
    return [_unquoted(line) for line in found if line]


def _needs_quotes(item: str) -> bool:
    odd = not item.isprintable() or item != item.strip(" \t\r") or not item
    return odd or item.startswith(('"', "{")) or item == NO_ROOM


def _unquoted(line: str) -> Any:
    if line.startswith(('"', "{")):
        # A line that is no JSON is the text that it is.
        found = read(line.encode())
        return line if found.findings else found.value
    return line


def _parse(given: Mapping[str, str], more: Mapping[str, Any], *, is_readable: bool) -> Template:
    """Return the template of fields, and of further members.

    The layout stands in the document as it was typed, so that its lines are those of the field; it
    is one JSON value, or is left out.
    """
    texts = {name: value.strip() for name, value in given.items() if name not in {LAYOUT, MORE}}
    members: dict[str, Any] = {name: value for name, value in texts.items() if value}
    members |= {name: bool(given[name]) for name in FLAGS}
    members |= {name: items_of(given[name]) for name in LISTS}
    rate = texts["frame_rate"]
    if rate.isascii() and rate.isdigit() and len(rate) < len(str(2**53)):
        members["frame_rate"] = int(rate)
    if members["rooms"] == [NO_ROOM]:
        members["rooms"] = []
    elif not members["rooms"]:
        del members["rooms"]
    document = {"schema": SCHEMA, "friendly_name": ""} | members | dict(more)
    data = orjson.dumps(document)
    layout = given[LAYOUT].removeprefix(_MARK)
    if is_readable and layout.strip():
        data = data[:-1] + b',"video_layout":' + layout.encode() + b"}"
    return parse_template(data, "")


def _placed(violation: Violation) -> tuple[str, str]:
    """Return the field of a broken rule, and its words beside that."""
    member, _, rest = violation.pointer.removeprefix("/").partition("/")
    hint = f"; {violation.hint}" if violation.hint else ""
    words = f"expected {violation.expected}, found {violation.found}{hint}"
    if member in LISTS and rest:
        entry = int(rest.partition("/")[0]) + 1
        return member, f"entry {entry}: {words}"
    if member in LABELS and member != LAYOUT:
        return member, words
    if not member:
        return LAYOUT, "neither a layout with a region, nor anything that is heard"
    if member != LAYOUT:
        return MORE, f"{violation.pointer}: {words}"
    return LAYOUT, f"line {violation.line}, {'/' + rest if rest else 'the whole'}: {words}"


def _layout_text(layout: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a layout as a person writes it: what is at its default is left out."""
    plain = Template("", regions=(Region("plain", Selection()),))
    default = json.loads(canonical_template(plain))[LAYOUT]["plain"]
    regions = (
        f"  {_json(name)}: {{\n{_members(region, default)}\n  }}" for name, region in layout.items()
    )
    text = "{\n" + ",\n".join(regions) + "\n}" if layout else ""
    # What is not seen stands in strings alone.
    return "".join(
        one if one == "\n" or one.isprintable() else json.dumps(one)[1:-1] for one in text
    )


def _members(region: Mapping[str, Any], default: Mapping[str, Any]) -> str:
    return ",\n".join(
        f"    {_json(key)}: {_json(value)}"
        for key, value in region.items()
        if key == "video_sources" or value != default.get(key)
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
