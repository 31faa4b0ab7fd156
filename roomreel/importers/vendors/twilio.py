"""Twilio Programmable Video: recordings as its API, its callbacks and its buckets have them.

Files, pages of lists, resources and saved callbacks are joined by sid, whichever of them are there.
Timestamps of all files of a room run from its creation, so `offset` says where container time 0 is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Draft, DraftParticipant
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.twilio_documents import (
    Documents,
    Said,
    is_document,
    is_sid,
    names_of,
    read_documents,
    recordings_listed,
)
from roomreel.importers.vendors.twilio_recording import (
    TwilioRecording,
    findings_of,
    recording_of,
    room_in_path,
    tracks_of,
)
from roomreel.text import counted, listed

_NOT_LISTED = (
    "in no listing of recordings, so offset, track and participant are not known; files of one room"
    " fit together by their own times all the same; `roomreel import twilio --account ...` fetches"
    " the listing, or save /v1/Rooms/{sid}/Recordings beside the files"
)


class Twilio:
    """The reader of what Twilio Video has recorded."""

    name = "twilio"
    title = "Twilio Video recordings"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return 95 where a listing or callback names files that are there, 60 for their names."""
        there = {sid for name in files.sizes if (sid := recording_of(name))}
        texts = filter(is_document, files.sizes)
        named = {sid for name in texts for sid in recordings_listed(files, name)}
        if both := there & named:
            return Match(95, f"documents list {len(both)} of {counted(len(there), 'recording')}")
        if there:
            return Match(60, f"{counted(len(there), 'file')} named by the sid of a recording")
        if named:
            return Match(50, f"documents list {counted(len(named), 'recording')}, none is there")
        return Match(0, "no file is named by the sid of a recording, no document lists one")

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a draft for each room that has recordings, in the order of their ids."""
        return _rooms(files)


def _rooms(files: Listing) -> Iterator[Draft]:
    documents = read_documents(files)
    media = {sid: name for name in sorted(files.sizes) if (sid := recording_of(name))}
    sids = sorted({*media, *documents.recordings})
    recordings = [
        TwilioRecording(sid, media.get(sid), documents.recordings.get(sid, Said())) for sid in sids
    ]
    rooms = _by_room(recordings, documents) or {sid: [] for sid in documents.rooms}
    if not rooms:
        raise DeliveryInvalid(
            f"{files.title} has no recording of Twilio Video: no file is named RT and 32 digits,"
            " and no document lists a recording"
        )
    for key, held in sorted(rooms.items()):
        said = documents.rooms.get(key, Said())
        name = said.name("unique_name", "RoomName")
        yield _draft(files, key, name, held, documents)


def _by_room(
    recordings: Sequence[TwilioRecording], documents: Documents
) -> dict[str, list[TwilioRecording]]:
    """Return the recordings by room; those of no known room are of the only one, or one together.

    Of those the first sid stands for the room.
    """
    rooms: dict[str, list[TwilioRecording]] = {}
    known = {room for one in recordings if (room := one.room)} | set(documents.rooms)
    stray = next((one.sid for one in recordings if one.room is None), "")
    only = next(iter(known)) if len(known) == 1 else stray
    for one in recordings:
        rooms.setdefault(one.room or only, []).append(one)
    return rooms


def _draft(
    files: Listing,
    key: str,
    name: str | None,
    recordings: Sequence[TwilioRecording],
    documents: Documents,
) -> Draft:
    room = documents.rooms.get(key, Said())
    people = {one.participant for one in recordings} | {
        sid
        for sid, said in documents.participants.items()
        if said.sid("RM", "room_sid", "RoomSid") == key
    }
    about = [room, *(one.said for one in recordings)]
    about += [documents.participants[sid] for sid in people & documents.participants.keys()]
    headers = {documents.headers[one.sid] for one in recordings if one.sid in documents.headers}
    return Draft(
        id=key,
        name=name,
        participants=tuple(_participant(sid, documents) for sid in sorted(people)),
        tracks=tuple(tracks_of(recordings, documents)),
        date_created=room.get("date_created").instant,
        end_time=_end_time(room),
        sid=key if is_sid(key, "RM") else None,
        documents=tuple(sorted({*names_of(about), *headers})),
        findings=tuple(_findings(files, key, recordings, documents)),
    )


def _participant(sid: str, documents: Documents) -> DraftParticipant:
    said = documents.participants.get(sid, Said())
    identity = said.name("identity", "ParticipantIdentity")
    return DraftParticipant(sid, identity or sid, sid=sid if is_sid(sid, "PA") else None)


def _end_time(room: Said) -> datetime | None:
    ended = (node for node in room.nodes if node.get("StatusCallbackEvent").text == "room-ended")
    told = (node.get("Timestamp").instant for node in ended)
    return room.get("end_time").instant or next(filter(None, told), None)


def _findings(
    files: Listing, key: str, recordings: Sequence[TwilioRecording], documents: Documents
) -> Iterator[Finding]:
    for name, reason in documents.broken.items():
        if room_in_path(name) not in (None, key):
            continue
        text = f"{reason}; nothing of it is used: fetch it again"
        yield Finding(Code.LOG_PARTIAL, name, text)
    unlisted = [one for one in recordings if one.file is not None and not one.said.nodes]
    if unlisted:
        names = listed(PurePosixPath(one.file or "").name for one in unlisted)
        yield Finding(Code.LOG_PARTIAL, "", f"{names}: {_NOT_LISTED}")
    for one in recordings:
        yield from findings_of(files, one, documents)
