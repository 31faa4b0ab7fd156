"""The operations by which rooms come, and their recording rules."""

from __future__ import annotations

from roomreel.service.access.scopes import Scope
from roomreel.web.description import parameters as given
from roomreel.web.description.operation import Operation

RULES = (
    Operation(
        method="get",
        path="/v1/Rooms/{RoomSid}/RecordingRules",
        name="FetchRoomRecordingRule",
        tag="Rooms",
        summary="Fetch the recording rules of a room.",
        answer="RecordingRules",
        path_parameters=(given.ROOM,),
        refuses=(404,),
    ),
    Operation(
        method="post",
        path="/v1/Rooms/{RoomSid}/RecordingRules",
        name="UpdateRoomRecordingRule",
        tag="Rooms",
        summary="Have other recording rules take the place of those of a room.",
        scope=Scope.WRITE,
        answer="RecordingRules",
        path_parameters=(given.ROOM,),
        form=(given.RULES,),
        refuses=(404, 409),
    ),
)

ARRIVALS = (
    Operation(
        method="put",
        path="/v1/Rooms/{RoomSid}/Manifest",
        name="PutRoomManifest",
        tag="Rooms",
        summary="Put the manifest of a room: a roomreel.room/1 document.",
        scope=Scope.WRITE,
        answer="Room",
        path_parameters=(given.ROOM_BY_SID,),
        body="application/json",
        refuses=(404, 409),
        is_extension=True,
    ),
    Operation(
        method="put",
        path="/v1/Rooms/{RoomSid}/Recordings/{Sid}/Media",
        name="PutRoomRecordingMedia",
        tag="Rooms",
        summary="Put the media file of a recording of a room.",
        scope=Scope.WRITE,
        answer="RoomRecording",
        path_parameters=(given.ROOM_BY_SID, given.RECORDING),
        headers=(given.SHA256,),
        body="application/octet-stream",
        refuses=(404, 409, 507),
        is_extension=True,
    ),
    Operation(
        method="put",
        path="/v1/Rooms/{RoomSid}/Participants/{Sid}/Avatar",
        name="PutRoomParticipantAvatar",
        tag="Rooms",
        summary="Put the avatar of a participant of a room.",
        scope=Scope.WRITE,
        answer="Participant",
        path_parameters=(given.ROOM_BY_SID, given.PARTICIPANT_BY_SID),
        headers=(given.SHA256,),
        body="application/octet-stream",
        refuses=(404, 409, 507),
        is_extension=True,
    ),
)
