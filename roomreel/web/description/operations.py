"""The operations of the API, a row each: what a client gives, and what it may get."""

from __future__ import annotations

from roomreel.service.access.scopes import Scope
from roomreel.web.description import parameters as given
from roomreel.web.description.arrival_operations import ARRIVALS, RULES
from roomreel.web.description.callback_operations import CALLBACKS
from roomreel.web.description.hook_operations import HOOKS
from roomreel.web.description.operation import Operation
from roomreel.web.description.parameters import Parameter
from roomreel.web.description.settings_operations import SETTINGS
from roomreel.web.elsewhere import ELSEWHERE

_COMPOSITIONS = (
    Operation(
        method="post",
        path="/v1/Compositions",
        name="CreateComposition",
        tag="Compositions",
        summary="Ask for a composition of a room.",
        scope=Scope.WRITE,
        status=201,
        answer="Composition",
        query=(given.TEMPLATE,),
        headers=(given.IDEMPOTENCY_KEY,),
        form=tuple(given.CREATE_COMPOSITION.values()),
        required=("RoomSid",),
        refuses=(404, 409),
    ),
    Operation(
        method="get",
        path="/v1/Compositions",
        name="ListComposition",
        tag="Compositions",
        summary="List compositions, newest first.",
        answer="CompositionList",
        query=given.LIST_COMPOSITIONS,
    ),
    Operation(
        method="get",
        path="/v1/Compositions/{Sid}",
        name="FetchComposition",
        tag="Compositions",
        summary="Fetch a composition.",
        answer="Composition",
        path_parameters=(given.COMPOSITION,),
        refuses=(404,),
    ),
    Operation(
        method="delete",
        path="/v1/Compositions/{Sid}",
        name="DeleteComposition",
        tag="Compositions",
        summary="Delete a composition and its files, or cancel it.",
        scope=Scope.WRITE,
        status=204,
        path_parameters=(given.COMPOSITION,),
        refuses=(404, 409),
    ),
)

_RECORDINGS = (
    Operation(
        method="get",
        path="/v1/Recordings",
        name="ListRecording",
        tag="Recordings",
        summary="List recordings, newest first.",
        answer="RecordingList",
        query=given.LIST_RECORDINGS,
    ),
    Operation(
        method="get",
        path="/v1/Recordings/{Sid}",
        name="FetchRecording",
        tag="Recordings",
        summary="Fetch a recording.",
        answer="Recording",
        path_parameters=(given.RECORDING,),
        refuses=(404,),
    ),
    Operation(
        method="delete",
        path="/v1/Recordings/{Sid}",
        name="DeleteRecording",
        tag="Recordings",
        summary="Delete a recording and its file.",
        scope=Scope.WRITE,
        status=204,
        path_parameters=(given.RECORDING,),
        refuses=(404, 409),
    ),
    Operation(
        method="get",
        path="/v1/Rooms/{RoomSid}/Recordings",
        name="ListRoomRecording",
        tag="Recordings",
        summary="List the recordings of a room, newest first.",
        answer="RoomRecordingList",
        path_parameters=(given.ROOM,),
        query=given.LIST_ROOM_RECORDINGS,
        refuses=(404,),
    ),
    Operation(
        method="get",
        path="/v1/Rooms/{RoomSid}/Recordings/{Sid}",
        name="FetchRoomRecording",
        tag="Recordings",
        summary="Fetch a recording of a room.",
        answer="RoomRecording",
        path_parameters=(given.ROOM, given.RECORDING),
        refuses=(404,),
    ),
    Operation(
        method="delete",
        path="/v1/Rooms/{RoomSid}/Recordings/{Sid}",
        name="DeleteRoomRecording",
        tag="Recordings",
        summary="Delete a recording of a room, and its file.",
        scope=Scope.WRITE,
        status=204,
        path_parameters=(given.ROOM, given.RECORDING),
        refuses=(404, 409),
    ),
)

_ROOMS = (
    Operation(
        method="get",
        path="/v1/Rooms",
        name="ListRoom",
        tag="Rooms",
        summary="List rooms of a status, newest first.",
        answer="RoomList",
        query=given.LIST_ROOMS,
    ),
    Operation(
        method="get",
        path="/v1/Rooms/{Sid}",
        name="FetchRoom",
        tag="Rooms",
        summary="Fetch a room.",
        answer="Room",
        path_parameters=(given.ROOM_ITSELF,),
        refuses=(404,),
    ),
    Operation(
        method="get",
        path="/v1/Rooms/{RoomSid}/Participants",
        name="ListRoomParticipant",
        tag="Rooms",
        summary="List the participants of a room.",
        answer="ParticipantList",
        path_parameters=(given.ROOM,),
        query=given.LIST_PARTICIPANTS,
        refuses=(404,),
    ),
    Operation(
        method="get",
        path="/v1/Rooms/{RoomSid}/Participants/{Sid}",
        name="FetchRoomParticipant",
        tag="Rooms",
        summary="Fetch a participant of a room.",
        answer="Participant",
        path_parameters=(given.ROOM, given.PARTICIPANT),
        refuses=(404,),
    ),
)


def _media(path: str, name: str, what: str, *of: Parameter, is_extension: bool) -> Operation:
    return Operation(
        method="get",
        path=path,
        name=name,
        tag="Media",
        summary=f"Fetch {what}, by a link that expires.",
        scope=Scope.MEDIA,
        status=302,
        answer="Redirect",
        path_parameters=of,
        query=given.MEDIA,
        refuses=(404,),
        is_extension=is_extension,
    )


_FILES_OF_COMPOSITIONS = {
    "Media": "the media file of a composition",
    "Plan": "the plan of a composition, which says who is where when",
    "Poster": "the poster of a composition",
    "Sheet": "the contact sheet of a composition",
}
_MEDIA = (
    *(
        _media(
            f"/v1/Compositions/{{Sid}}/{file}",
            f"FetchComposition{file}",
            what,
            given.COMPOSITION,
            is_extension=file != "Media",
        )
        for file, what in _FILES_OF_COMPOSITIONS.items()
    ),
    _media(
        "/v1/Recordings/{Sid}/Media",
        "FetchRecordingMedia",
        "the media file of a recording",
        given.RECORDING,
        is_extension=False,
    ),
    _media(
        "/v1/Rooms/{RoomSid}/Recordings/{Sid}/Media",
        "FetchRoomRecordingMedia",
        "the media file of a recording of a room",
        given.ROOM,
        given.RECORDING,
        is_extension=False,
    ),
)

_INSTANCE = (
    Operation(
        method="get",
        path="/healthz",
        name="IsAlive",
        tag="Instance",
        summary="Say that the instance lives.",
        scope=None,
        text=True,
        is_extension=True,
    ),
    Operation(
        method="get",
        path="/readyz",
        name="IsReady",
        tag="Instance",
        summary="Say whether requests may be sent here.",
        scope=None,
        text=True,
        is_extension=True,
    ),
    Operation(
        method="get",
        path="/metrics",
        name="ShowMetrics",
        tag="Instance",
        summary="Show figures for Prometheus; this machine needs no key.",
        is_open_here=True,
        text=True,
        is_extension=True,
    ),
)


def _refused(method: str, path: str, name: str) -> Operation:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return Operation(
        method=method.lower(),
        path=path,
        name=name,
        tag="Elsewhere",
        summary="Say where this is done instead.",
        status=None,
        path_parameters=tuple(
            Parameter(each, {"type": "string", "minLength": 1}, "Not looked at.") for each in names
        ),
        refuses=(501,),
    )


OPERATIONS: tuple[Operation, ...] = (
    *_COMPOSITIONS,
    *CALLBACKS,
    *HOOKS,
    *SETTINGS,
    *_RECORDINGS,
    *_ROOMS,
    *RULES,
    *ARRIVALS,
    *_MEDIA,
    *_INSTANCE,
    *(_refused(each.method, each.path, each.name) for each in ELSEWHERE),
)
"""All operations."""
