"""Parameters of requests: in paths, queries and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roomreel.service.database.paging import LARGEST_PAGE
from roomreel.service.hooks.hooks import LARGEST_PAGE as LARGEST_PAGE_OF_HOOKS
from roomreel.web import arrivals, callbacks, compositions, order, recordings, rooms, rules
from roomreel.web.description.schemas import (
    ANY_SID,
    FLAG,
    METHOD,
    TEXT,
    URL,
    Schema,
    choice,
    list_of,
    sid,
)
from roomreel.web.disposition import PARAMETER as DISPOSITION
from roomreel.web.lists import LARGEST_NUMBER

_RULES = '[{"type":"include","all":true},{"type":"exclude","kind":"video"}]'
_GRID = '{"grid":{"video_sources":["*"]}}'


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, as a client gives it."""

    name: str
    schema: Schema
    description: str

    def placed(self, where: str) -> dict[str, Any]:
        """Return it as a member of a path, a query or the headers."""
        described = {"name": self.name, "in": where, "description": self.description}
        return described | {"required": where == "path", "schema": self.schema}


ROOM = Parameter("RoomSid", {"type": "string", "minLength": 1}, "Sid of the room, or its name.")
ROOM_ITSELF = Parameter("Sid", ROOM.schema, ROOM.description)
PARTICIPANT = Parameter(
    "Sid", {"type": "string", "minLength": 1}, "Sid of the participant, or the identity."
)
PARTICIPANT_BY_SID = Parameter("Sid", sid("PA"), "Sid of the participant.")
ROOM_BY_SID = Parameter("RoomSid", sid("RM"), "Sid of the room.")
COMPOSITION = Parameter("Sid", sid("CJ"), "Sid of the composition.")
RECORDING = Parameter("Sid", sid("RT"), "Sid of the recording.")
CALLBACK = Parameter(
    "Id", {"type": "string", "pattern": "^[0-9]{1,10}$"}, "Number of the callback."
)
HOOK = Parameter("Sid", sid("HK"), "Sid of the hook.")

_CREATED = (
    Parameter(
        "DateCreatedAfter",
        {"type": "string", "format": "date-time"},
        "Only what was created at this time, or later: ISO 8601, a date or a date and time; in "
        "UTC where it has no time zone.",
    ),
    Parameter(
        "DateCreatedBefore",
        {"type": "string", "format": "date-time"},
        "Only what was created before this time.",
    ),
)


def _paging(largest: int) -> tuple[Parameter, ...]:
    size: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER, "default": 50}
    return (
        Parameter("PageSize", size, f"Rows of a page; of more than {largest}, {largest} come."),
        Parameter(
            "Page",
            {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER},
            "Number of the page, for the client.",
        ),
        Parameter("PageToken", TEXT, "From next_page_url or previous_page_url."),
    )


LIST_COMPOSITIONS = (
    Parameter("Status", choice(*compositions.STATUSES), "Only those in this state."),
    *_CREATED,
    Parameter("RoomSid", sid("RM"), "Only those of this room."),
    *_paging(100),
)
_OF_RECORDINGS = (
    Parameter("Status", choice(*recordings.STATUSES), "Only those in this state."),
    Parameter("SourceSid", ANY_SID, "Only those of this track."),
    *_CREATED,
)
LIST_RECORDINGS = (
    *_OF_RECORDINGS,
    Parameter("GroupingSid", list_of(ANY_SID), "Only those of all these rooms and participants."),
    Parameter("MediaType", choice(*recordings.TYPES), "Only those of this type."),
    *_paging(100),
)
LIST_ROOM_RECORDINGS = (*_OF_RECORDINGS, *_paging(recordings.MOST_OF_A_ROOM))
LIST_ROOMS = (
    Parameter(
        "Status",
        choice(*rooms.STATUSES) | {"default": rooms.USUAL_STATUS},
        "Only those in this state.",
    ),
    Parameter("UniqueName", TEXT, "Only those of this name."),
    *_CREATED,
    *_paging(rooms.LARGEST_PAGE),
)
LIST_CALLBACKS = (
    Parameter("Status", choice(*callbacks.STATUSES), "Only those in this state."),
    Parameter("Sid", ANY_SID, "Only those of this composition, recording or room."),
    Parameter("RoomSid", sid("RM"), "Only those of compositions and recordings of this room."),
    *_CREATED,
    *_paging(LARGEST_PAGE),
)
LIST_PARTICIPANTS = (
    Parameter("Status", choice(*rooms.PARTICIPANT_STATUSES), "Only those in this state."),
    Parameter("Identity", TEXT, "Only those of this identity."),
    *_CREATED,
    *_paging(rooms.LARGEST_PAGE),
)

_SOURCE: Schema = {"type": "string", "minLength": 1, "examples": ["*"]}
_HEARD = (
    'Heard: sids, track names, with * or not; as an extension, JSON such as {"role": "host"} or '
    '{"identity": "teacher-*"}.'
)

TEMPLATE = Parameter(
    order.TEMPLATE,
    TEXT | {"examples": ['{"schema":"roomreel.template/1","friendly_name":"mine"}']},
    "Extension: name of a template of the installation, or a template as JSON. The other "
    "parameters win over its members.",
)

CREATE_COMPOSITION: Mapping[str, Parameter] = {
    one.name: one
    for one in (
        Parameter("RoomSid", sid("RM"), "Sid of the room; it may be in progress."),
        Parameter(
            "VideoLayout",
            {"type": "string", "contentMediaType": "application/json", "examples": [_GRID]},
            "Regions of the picture by name, as a JSON object; this or AudioSources is needed.",
        ),
        Parameter("AudioSources", list_of(_SOURCE), _HEARD),
        Parameter("AudioSourcesExcluded", list_of(_SOURCE), "Not heard, though selected."),
        Parameter(
            "Resolution",
            {"type": "string", "pattern": "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$"}
            | {"default": "640x480", "examples": ["1280x720"]},
            "Width and height in pixels, each from 16 to 3840.",
        ),
        Parameter("Format", choice("mp4", "webm") | {"default": "webm"}, "Format of the file."),
        Parameter(
            "StatusCallback",
            URL | {"maxLength": 1023, "examples": ["https://app.example.org/events"]},
            "Where events of it are sent to.",
        ),
        Parameter("StatusCallbackMethod", METHOD | {"default": "POST"}, "How they are sent."),
        Parameter("Trim", FLAG | {"default": True}, "Whether stretches without media are cut."),
        TEMPLATE,
    )
}
"""Parameters of the form, by name."""

HOOK_FORM = (
    Parameter(
        "FriendlyName",
        {"type": "string", "minLength": 1, "maxLength": 100, "examples": ["lessons"]},
        "Name of the hook, and of its compositions; no two have the same, in whatever case.",
    ),
    Parameter("Enabled", FLAG | {"default": True}, "Whether it composes rooms."),
    *(one for name, one in CREATE_COMPOSITION.items() if name != "RoomSid"),
)

LIST_HOOKS = (
    Parameter("Enabled", FLAG, "Only those that are enabled, or that are not."),
    *_CREATED,
    Parameter(
        "FriendlyName", TEXT, "Only those of this name, in any case; * is any characters, or none."
    ),
    *_paging(LARGEST_PAGE_OF_HOOKS),
)

IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    {
        "type": "string",
        "minLength": 1,
        "maxLength": compositions.LONGEST_KEY,
        "pattern": "^[ -~]+$",
    },
    "Extension: for 24 hours the same key answers the composition that it has asked for first.",
)

RULES = Parameter(
    rules.RULES,
    {"type": "string", "contentMediaType": "application/json", "examples": [_RULES]},
    "1 to 20 rules, as a JSON array: include and exclude, applied in order.",
)

SHA256 = Parameter(
    arrivals.SHA256,
    {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
    "Extension: SHA-256 of the body; a body of another one is refused.",
)

MEDIA = (
    Parameter(
        "Ttl",
        {"type": "integer", "minimum": 1, "maximum": 3600, "default": 600},
        "Seconds that the link is good for.",
    ),
    Parameter(
        DISPOSITION,
        TEXT | {"examples": ['attachment; filename="monday.mp4"', "inline"]},
        "Whether a browser shows or saves it, and by which name.",
    ),
)
