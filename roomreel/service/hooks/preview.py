"""Previews of a hook: what the planner of renders makes of a room, before anything is rendered.

No media is read: each recording counts as one packet that lasts as long as it is known to. So
pauses inside of recordings are not seen.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from types import MappingProxyType

from roomreel.documents.svg.canvas import longest_scenes, moment
from roomreel.documents.svg.plan import names_of
from roomreel.errors import ArgumentsInvalid, AssetMissing, Conflict, NotFound
from roomreel.model.look import Asset, Avatar
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.plan import Plan, Scene, WarningCode
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.template import Template
from roomreel.model.time import to_ms
from roomreel.plan import make_plan, people_with_avatars
from roomreel.service.database.paging import LARGEST_PAGE
from roomreel.service.lists.listing import RecordingFilter, fetch_room, list_recordings
from roomreel.service.rooms.manifests import find_manifest
from roomreel.service.service import Service
from roomreel.text import shortened

MOST_CAMERAS = 50

# A scene has as many cells as regions show recordings, and as many scenes begin as recordings do.
MOST_RECORDINGS = 500
MOST_CELLS = 2_000
MOST_CELLS_OF_SCENES = 250_000
# Each source is compared with each recording, and one that none has with the names of all.
MOST_COMPARED = 20_000

LONGEST_MS = 24 * 3_600_000
UNKNOWN_MS = 60_000
"""How long a recording counts of which nothing says how long it lasts."""

NO_ASSETS: Mapping[str, Asset | AssetMissing] = MappingProxyType({})
_HOLD = Fraction(LONGEST_MS, 1000)
_MADE_UP_MS = 600_000
_AT_ONCE = threading.BoundedSemaphore(2)
_PATIENCE_S = 10.0
_WARNINGS_SHOWN = 20
_NOT_LISTENED = (
    "no sound is listened to for a preview: where it follows who talks, whoever came first is shown"
)
_LONGEST_WARNING = 400
_LONGEST_NAME = 60
_NAMES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Sketch:
    """A room, and how long its recordings last.

    Attributes:
        lengths: in ms, by sid, of recordings that can be shown or heard.
    """

    room: Room
    lengths: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a composition in which nothing moves.

    Attributes:
        start_ms: of output time, as `end_ms`.
        svg: an element for a page; all in it is escaped.
    """

    start_ms: int
    end_ms: int
    svg: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A composition as it would be.

    Attributes:
        room: its name.
        moments: the longest ones that differ.
        scene_count: how many there are in all.
        heard: names of the recordings that are heard.
        warnings: in words; the first ones.
    """

    room: str
    moments: tuple[Moment, ...]
    scene_count: int
    length_ms: int
    heard: tuple[str, ...]
    warnings: tuple[str, ...]


def make_up_room(cameras: int, *, screen: bool, phone: bool) -> Sketch:
    """Return a room of ten minutes in which people come one after the other, and the last leaves.

    Args:
        cameras: people with a camera and a microphone: 0 to `MOST_CAMERAS`.
        screen: whether the first of them shares a screen for three minutes.
        phone: whether somebody is there by voice alone.
    """
    people = [f"person {number}" for number in range(1, cameras + 1)]
    tracks: list[tuple[str, str, MediaType, int, int]] = []
    for place, who in enumerate(people):
        start = _MADE_UP_MS // 2 * place // cameras
        end = _MADE_UP_MS * 9 // 10 if 0 < place == cameras - 1 else _MADE_UP_MS
        tracks.append((who, "camera", MediaType.VIDEO, start, end))
        tracks.append((who, "microphone", MediaType.AUDIO, start, end))
    if screen:
        who = people[0] if people else "presenter"
        tracks.append((who, "screen", MediaType.VIDEO, _MADE_UP_MS // 2, _MADE_UP_MS * 8 // 10))
    if phone:
        tracks.append(("caller", "phone", MediaType.AUDIO, _MADE_UP_MS // 10, _MADE_UP_MS))
    identities = [*dict.fromkeys(who for who, *_ in tracks)]
    sids = {who: _sid("PA", place) for place, who in enumerate(identities)}
    recordings = tuple(
        Recording(
            sid=_sid("RT", place),
            source_sid=_sid("MT", place),
            participant_sid=sids[who],
            track_name=name,
            type=kind,
            status=RecordingStatus.COMPLETED,
            offset_ms=start,
        )
        for place, (who, name, kind, start, _) in enumerate(tracks)
    )
    room = Room(
        sid=_sid("RM", 0),
        unique_name="made-up room",
        status=RoomStatus.COMPLETED,
        participants=tuple(Participant(sid, who) for who, sid in sids.items()),
        recordings=recordings,
    )
    lengths = {
        one.sid: end - start for one, (_, _, _, start, end) in zip(recordings, tracks, strict=True)
    }
    return Sketch(room, lengths)


def sketch_room(service: Service, name: str) -> Sketch:
    """Return a room of the catalog, by its sid or unique name, as its manifest tells of it.

    Raises:
        NotFound: it is not known, or its manifest is gone.
        ArgumentsInvalid: it has more recordings than are drawn.
        DocumentInvalid, StorageFailed: its manifest cannot be read.
        ServiceDatabaseFailed: the database does not answer.
    """
    row = fetch_room(service.database, name)
    # Only of one that is known: whoever types a name would have all manifests looked at.
    manifest = (
        None if row is None else find_manifest(service.database, service.settings, row["sid"])
    )
    if manifest is None:
        gone = "the manifest of it is gone" if row else "give its name or its sid"
        raise NotFound(f"there is no room {shortened(name)}: {gone}")
    room = manifest.room
    _refuse_many(room)
    of_room = RecordingFilter(grouping_sids=(room.sid,))
    rows = list_recordings(service.database, of_room, LARGEST_PAGE, None).rows
    known = {one["sid"]: one for one in rows}
    lengths: dict[str, int] = {}
    recordings: list[Recording] = []
    for one in room.recordings:
        found = known.get(one.sid, {})
        claimed = one.claimed_duration_s and one.claimed_duration_s * 1000
        lengths[one.sid] = max(found.get("duration_ms") or claimed or UNKNOWN_MS, 1)
        start = found.get("start_ms")
        recordings.append(one if start is None else replace(one, offset_ms=start))
    return Sketch(replace(room, recordings=tuple(recordings)), lengths)


def draw_preview(
    template: Template, sketch: Sketch, assets: Mapping[str, Asset | AssetMissing] = NO_ASSETS
) -> Preview:
    """Return what a template makes of a room.

    Args:
        template: of which the preview is.
        sketch: of the room.
        assets: what the template draws, or why it cannot be drawn, by path.

    Raises:
        CompositionRefused: nothing can be made of it.
        ArgumentsInvalid: it would take too long to plan.
        Conflict: others draw so many that this one had to wait too long.
    """
    _refuse_costly(template, sketch.room)
    with _one_of_few():
        return _preview(plan_sketch(template, sketch, assets), sketch.room)


def plan_sketch(
    template: Template, sketch: Sketch, assets: Mapping[str, Asset | AssetMissing] = NO_ASSETS
) -> Plan:
    """Return the plan of a room of which no media is read.

    Raises:
        CompositionRefused: nothing can be made of it.
    """
    room = _without_claims(sketch.room)
    media = {one.sid: _medium(one, sketch.lengths[one.sid]) for one in room.recordings}
    # A copy of a stream is decided by its packets.
    template = replace(template, passthrough=False)
    # As recordings are, what the manifest names counts as there.
    avatars = {one.sid: Avatar(one.sid, "") for one in people_with_avatars(room, template)}
    return make_plan(room, template, media, _HOLD, sends=True, assets=assets, avatars=avatars)


def _preview(plan: Plan, room: Room) -> Preview:
    names = {sid: shortened(name, _LONGEST_NAME) for sid, name in names_of(room).items()}
    heard = dict.fromkeys(names[clip.recording_sid] for clip in plan.audio)
    warnings = [
        f"{names[one.recording_sid]}: {one.message}" if one.recording_sid else one.message
        for one in plan.warnings
        if one.code is not WarningCode.SPEAKER_UNKNOWN
    ]
    if len(warnings) < len(plan.warnings):
        warnings.append(_NOT_LISTENED)
    return Preview(
        room=room.unique_name,
        moments=tuple(_moment(plan, scene, names) for _, scene in longest_scenes(plan)),
        scene_count=len(plan.scenes),
        length_ms=to_ms(plan.duration),
        heard=tuple(heard),
        warnings=tuple(shortened(one, _LONGEST_WARNING) for one in warnings[:_WARNINGS_SHOWN]),
    )


def _moment(plan: Plan, scene: Scene, names: Mapping[str, str]) -> Moment:
    shown = [
        f"{shortened(one.region, _LONGEST_NAME)} {one.cell + 1}: {names[one.recording_sid]}"
        for one in scene.placements[:_NAMES_SHOWN]
    ]
    return Moment(
        to_ms(scene.start_frame / plan.frame_rate),
        to_ms(scene.end_frame / plan.frame_rate),
        moment(plan, scene, names, "; ".join(shown) or "no picture"),
    )


def _medium(recording: Recording, length_ms: int) -> MediaFile:
    packets = PacketIndex(
        type=recording.type,
        codec="",
        time_base=Fraction(1, 1000),
        pts=array("q", [0]),
        durations=array("q", [min(length_ms, LONGEST_MS)]),
        keys=array("b", [1]),
    )
    return MediaFile(Stored(recording.sid, 1, ""), packets)


def _without_claims(room: Room) -> Room:
    """Return a room of which nothing is said that only media can be compared with."""
    plain = (
        replace(one, codec=None, claimed_duration_s=None, claimed_size_bytes=None, sha256=None)
        for one in room.recordings
    )
    return replace(room, recordings=tuple(plain))


def _refuse_many(room: Room) -> None:
    if len(room.recordings) > MOST_RECORDINGS:
        raise ArgumentsInvalid(
            f"the room has {len(room.recordings)} recordings, and previews are of at most"
            f" {MOST_RECORDINGS}; roomreel plan takes any"
        )


def _refuse_costly(template: Template, room: Room) -> None:
    _refuse_many(room)
    there, regions = len(room.recordings), len(template.all_regions)
    of_regions = ((one.sources, one.voices) for one in template.all_regions)
    selections: list[Selection] = [template.audio, *chain.from_iterable(of_regions)]
    icons = filter(None, (one.tile.mic_icon for one in template.all_regions))
    selections += (Selection(icon.sources) for icon in icons)
    selections.append(template.speaker.sources)
    sources = sum(len(one.included) + len(one.excluded) for one in selections)
    cells = regions * there
    if (
        cells > MOST_CELLS
        or cells * there > MOST_CELLS_OF_SCENES
        or sources * there > MOST_COMPARED
    ):
        raise ArgumentsInvalid(
            f"{regions} regions with {sources} sources are too much to draw here on a room of"
            f" {there} recordings: choose a smaller room"
        )


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_S):
        raise Conflict("previews of others are being drawn", "try again")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"
