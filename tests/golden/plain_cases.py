"""Rooms and templates at random, of members that templates had before anything was drawn in cells.

The same for the same number for ever: of `random` only what it promises to keep is used.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import accumulate
from random import Random

from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.room import MediaType, Participant, Recording, RecordingStatus, Room, RoomStatus

PATTERNS = (*("*",) * 6, "cam*", "*-1", "cam-1", "mic-2", "PA1", "MT1", "ghost")
SIZES = ("64x48", "96x54", "65x49", "48x80", "20x20")


class Chance:
    """Choices by the one stream of numbers that Python keeps for a seed."""

    def __init__(self, seed):
        self._random = Random(seed)

    def number(self, low, high):
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, *options):
        return options[self.number(0, len(options) - 1)]

    def some(self, most, *options):
        return [self.pick(*options) for _ in range(self.number(1, most))]


def recorded(number, chance):
    kind = chance.pick(MediaType.VIDEO, MediaType.VIDEO, MediaType.AUDIO)
    is_audio = kind is MediaType.AUDIO
    track = chance.number(1, 4)
    recording = Recording(
        sid=f"RT{number:03}",
        source_sid=f"MT{track + 90 * is_audio}",
        participant_sid=f"PA{track}",
        track_name=f"{'mic' if is_audio else 'cam'}-{track}",
        type=kind,
        status=RecordingStatus.COMPLETED,
        offset_ms=chance.pick(0, 0, -1500, 40, 1007),
    )
    base = chance.pick(Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 7))
    steps = [chance.pick(0, 1, 1, 2, 3, 9) for _ in range(chance.number(0, 6))]
    pts = [round(at / base) for at in accumulate(steps, initial=chance.number(-3, 9))]
    lasts = chance.pick(Fraction(0), Fraction(1), Fraction(33, 1000))
    packets = PacketIndex(
        type=kind,
        codec="opus" if is_audio else "vp8",
        time_base=base,
        pts=array("q", pts),
        durations=array("q", [round(lasts / base)] * len(pts)),
        keys=array("b", [is_audio or chance.pick(True, True, False) for _ in pts]),
        payload_bytes=len(pts),
        delay=chance.pick(Fraction(0), Fraction(13, 2000)),
    )
    stored = Stored(f"/{recording.sid}", chance.number(0, 3), "1")
    return recording, MediaFile(stored, packets)


def region(chance, width, height):
    members = {
        "video_sources": chance.some(2, *PATTERNS),
        "x_pos": chance.pick(0, 0, 3, width - 16),
        "y_pos": chance.pick(0, 0, 4, height - 16),
        "z_pos": chance.number(-2, 2),
        "reuse": chance.pick("none", "show_oldest", "show_newest"),
        "min_recording_ms": chance.pick(0, 0, 1500),
    }
    if chance.pick(True, False):
        members["video_sources_excluded"] = chance.some(1, *PATTERNS[6:])
    if chance.pick(True, False):
        members["width"] = chance.number(16, width - members["x_pos"])
    if chance.pick(True, False):
        members["height"] = chance.number(16, height - members["y_pos"])
    if chance.pick(True, False):
        members["max_columns"] = chance.number(1, 3)
    if chance.pick(True, False):
        members["max_rows"] = chance.number(1, 3)
    if chance.pick(True, False, False):
        members["cells_excluded"] = chance.some(2, 0, 1, 2, 3)
    return members


def plain_case(number):
    """A template as a document, a room, and its media by sid."""
    chance = Chance(number)
    size = chance.pick(*SIZES)
    width, height = map(int, size.split("x"))
    count = chance.pick(0, 1, 1, 2, 2, 3)
    template = {
        "schema": "roomreel.template/1",
        "friendly_name": f"plain {number}",
        "resolution": size,
        "format": chance.pick("mp4", "webm"),
        "frame_rate": chance.pick(3, 7, "24000/1001"),
        "trim": chance.pick(True, False),
        "passthrough": chance.pick(True, False, False),
        "video_layout": {f"region-{n}": region(chance, width, height) for n in range(count)},
    }
    if count == 0 or chance.pick(True, False):
        template["audio_sources"] = chance.some(2, *PATTERNS)
        template["audio_sources_excluded"] = chance.pick([], ["mic-1"])
    made = [recorded(n, chance) for n in range(chance.number(3, 8))]
    people = tuple(Participant(f"PA{n}", name) for n, name in enumerate("abcd", 1))
    recordings = tuple(recording for recording, _ in made)
    room = Room("RM1", "room", RoomStatus.COMPLETED, people, recordings)
    return template, room, {recording.sid: medium for recording, medium in made}
