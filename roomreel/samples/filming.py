"""One recording of a sample room, from the script to the file."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from pathlib import Path

from roomreel.samples.matroska import CodedPacket
from roomreel.samples.pictures import Face, Scene, Slides
from roomreel.samples.recorder import ENCODERS, Pixels, Take, encode_audio, encode_video
from roomreel.samples.script import Person, Room, Segment, Shot
from roomreel.samples.voices import is_loud, phrases, sound

HANGOVER_S = Fraction(1, 5)
"""How long sound packets go on after the last word."""

COMFORT = 20
"""During silence, DTX sends one packet in n: one each 400 ms, as browsers do."""

KEPT_OF_TRUNCATED = 0.6

SPARSE_BYTES = 21_000_000_000
"""Two files of this size are over the limit of 40 GB; as holes they take no disk."""

TAKE_FAULTS: dict[str, Callable[[Take], Take]] = {
    "late-key": lambda take: replace(take, pieces=take.pieces[1:]),
}

FILE_FAULTS: dict[str, Callable[[Path], None]] = {
    "empty": lambda path: os.truncate(path, 0),
    "missing": lambda path: path.unlink(),
    "truncated": lambda path: os.truncate(path, int(path.stat().st_size * KEPT_OF_TRUNCATED)),
    "sparse": lambda path: os.truncate(path, SPARSE_BYTES),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The claims of a service about a recording: the whole file, before anything went wrong."""

    duration_s: int
    size_bytes: int
    sha256: str


def film(room: Room, shot: Shot, path: Path) -> Facts:
    """Write the file of a shot, whole or not at all; with its fault, if it has one.

    Raises:
        OSError: the file cannot be written, or is larger than the file system allows.
    """
    person = next(person for person in room.people if person.identity == shot.person)
    take = _heard(room, shot, person) if shot.is_audio else _seen(room, shot, person)
    if shot.fault in TAKE_FAULTS:
        take = TAKE_FAULTS[shot.fault](take)
    part = path.with_name(f"{path.name}.part")
    take.shifted(-_exact(shot.epoch_s)).write(part)
    data = part.read_bytes()
    length = shot.parts[-1].end - shot.parts[0].start
    facts = Facts(max(round(length), 1), len(data), hashlib.sha256(data).hexdigest())
    if shot.fault in FILE_FAULTS:
        FILE_FAULTS[shot.fault](part)
    if part.exists():
        part.replace(path)
    return facts


def _seen(room: Room, shot: Shot, person: Person) -> Take:
    takes = (_seen_part(room, shot, person, part) for part in shot.parts)
    return reduce(Take.then, takes)


def _seen_part(room: Room, shot: Shot, person: Person, part: Segment) -> Take:
    spoken = phrases(person.identity, room.length_s)
    is_screen = shot.track.endswith("screen")
    scene: Scene = (
        Slides("TIMES TABLES", person.colour, part.size)
        if is_screen
        else Face(person.identity, person.colour, part.size)
    )

    def pictures() -> Iterator[tuple[Fraction, Pixels]]:
        chance = random.Random(f"{room.name} {person.identity} {shot.track} {part.start}")
        for at in _instants(chance, part, shot.fps):
            yield at, scene.picture(float(at), loud=is_loud(spoken, float(at)))

    return encode_video(pictures(), shot.codec, rate=shot.fps, gop=shot.gop_s * shot.fps)


def _instants(chance: random.Random, part: Segment, fps: int) -> Iterator[Fraction]:
    """Yield the times of pictures: about `fps` a second, with jitter, drops and short stalls."""
    at_ms = round(part.start * 1000)
    while at_ms < part.end * 1000:
        yield Fraction(at_ms, 1000)
        dropped = 8 if chance.random() < 0.004 else int(chance.random() < 0.04)
        at_ms += round(1000 / fps * (1 + dropped) + chance.uniform(-3, 3))


def _heard(room: Room, shot: Shot, person: Person) -> Take:
    start, end = shot.parts[0].start, shot.parts[-1].end
    spoken = phrases(person.identity, room.length_s)
    samples = sound(spoken, person.hz, start, end, ENCODERS[shot.codec].rate)
    take = encode_audio(samples, shot.codec, start=_exact(start))
    if shot.codec == "opus":
        take = _without_silence(take, spoken)
    spans = [(_exact(part.start), _exact(part.end)) for part in shot.parts]
    delay = take.header.delay
    return take.where(lambda piece: any(a <= piece.at + delay < b for a, b in spans))


def _without_silence(take: Take, spoken: tuple[tuple[float, float], ...]) -> Take:
    """Apply discontinuous transmission: during silence, packets are not sent."""

    def is_needed(number: int, piece: CodedPacket) -> bool:
        return number % COMFORT == 0 or any(
            start - HANGOVER_S <= piece.at < end + HANGOVER_S for start, end in spoken
        )

    kept = (piece for number, piece in enumerate(take.pieces) if is_needed(number, piece))
    return replace(take, pieces=tuple(kept))


def _exact(seconds: float) -> Fraction:
    """0.1 as one tenth, not as the float next to it."""
    return Fraction(str(seconds))
