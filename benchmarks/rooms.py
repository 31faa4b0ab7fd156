"""The rooms of the benchmark: which tracks they have, and their folders on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import footage
from places import OUT
from tracks import read_track

STARTS_S = (0.0, 0.13, 0.29, 0.41, 0.57, 0.66, 0.83)
"""People do not come at once; nor do their tracks."""

REFLOW_PEOPLE = 8
"""In the room that re-flows; the calm one has as much to be seen."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A recording: seconds [cut, cut + length) of a repeated master, `start_s` into the room."""

    person: int
    master: Path
    start_s: Fraction
    length_s: Fraction
    cut_s: Fraction = Fraction(0)

    @property
    def kind(self) -> str:
        """audio or video."""
        return "audio" if self.master.suffix == ".mka" else "video"


@dataclass(frozen=True, slots=True)
class Room:
    """A room on disk: its manifest, the media beside it."""

    manifest: Path
    seconds: int


Script = Callable[[int], list[Shot]]
"""The recordings of a room of so many seconds."""


def meeting(people: int) -> Script:
    """One screen and cameras, as many microphones, all to the end."""

    def script(seconds: int) -> list[Shot]:
        cameras = (footage.camera(_master(person)) for person in range(1, people))
        seen = [footage.screen(), *cameras]
        return [
            _whole(person, master, seconds)
            for person in range(people)
            for master in (seen[person], footage.microphone(_master(person)))
        ]

    return script


def reflow(events: int) -> Script:
    """Cameras that go off and on again; all together they are off for two rooms' length."""

    def script(seconds: int) -> list[Shot]:
        away = _absences(events // 2, seconds)
        shots = [_whole(n, footage.microphone(_master(n)), seconds) for n in range(REFLOW_PEOPLE)]
        for person in range(REFLOW_PEOPLE):
            edges = [Fraction(0), *(at for span in away[person] for at in span), Fraction(seconds)]
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                if start < end:
                    master = footage.keyed_camera(_master(person))
                    shots.append(Shot(person, master, start, end - start, start))
        return shots

    return script


def changing(seconds: int) -> list[Shot]:
    """Four people; the pictures of two change their size every 5 s."""
    calm = meeting(4)(seconds)
    loud = [_whole(p, footage.changing_camera(p), seconds) for p in (2, 3)]
    return [s for s in calm if s.kind == "audio" or s.person not in (2, 3)] + loud


def voices(seconds: int) -> list[Shot]:
    """Nine microphones."""
    return [_whole(person, footage.microphone(_master(person)), seconds) for person in range(9)]


def lecture(seconds: int) -> list[Shot]:
    """One screen, from the start to the end, and who talks to it."""
    return [
        Shot(0, footage.screen(), Fraction(0), Fraction(seconds)),
        Shot(0, footage.microphone(0), Fraction(0), Fraction(seconds)),
    ]


def talk(seconds: int) -> list[Shot]:
    """One camera, from the start to the end, and who talks into it."""
    return [
        Shot(0, footage.keyed_camera(_master(1)), Fraction(0), Fraction(seconds)),
        Shot(0, footage.microphone(0), Fraction(0), Fraction(seconds)),
    ]


def build(name: str, script: Script, seconds: int) -> Room:
    """Write the media and the manifest of a room, if they are not there."""
    folder = OUT / "rooms" / f"{name}-{seconds}s"
    manifest = folder / "room.json"
    if not manifest.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shots = script(seconds)
        files = [_media(shot) for shot in shots]
        manifest.write_text(json.dumps(_document(name, shots, files), indent=1), encoding="utf-8")
    return Room(manifest, seconds)


def _master(person: int) -> int:
    """Masters are used again, but for the one that flashes and beeps."""
    if person < footage.CAMERAS:
        return person
    return footage.FLASHING + 1 + person % (footage.CAMERAS - footage.FLASHING - 1)


def _whole(person: int, master: Path, seconds: int) -> Shot:
    start = Fraction(str(STARTS_S[person % len(STARTS_S)]))
    return Shot(person, master, start, seconds - start)


def _absences(count: int, seconds: int) -> list[list[tuple[Fraction, Fraction]]]:
    """By person, when the camera is off: `count` spans in all, equal ones, spread evenly."""
    step = Fraction(str(footage.KEYED_S))
    length = Fraction(2 * seconds, count)
    by_person: list[list[tuple[Fraction, Fraction]]] = [[] for _ in range(REFLOW_PEOPLE)]
    for number in range(count):
        own = count // REFLOW_PEOPLE + (number % REFLOW_PEOPLE < count % REFLOW_PEOPLE)
        nth = number // REFLOW_PEOPLE
        room = Fraction(seconds) - length
        # Persons one after the other, so that no two go at once.
        at = (nth + Fraction(number % REFLOW_PEOPLE + 1, REFLOW_PEOPLE + 1)) * room / own
        start = round(at / step) * step
        by_person[number % REFLOW_PEOPLE].append((start, start + length))
    return by_person


def _media(shot: Shot) -> Path:
    """The file of a shot; equal ones share it."""
    path = OUT / "tracks" / f"{shot.master.stem}-{float(shot.cut_s)}-{float(shot.length_s)}"
    path = path.with_name(path.name + shot.master.suffix)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        period = Fraction(footage.LENGTH_S)
        end = shot.cut_s + shot.length_s
        track = read_track(shot.master).repeated(int(-(-end // period)), period)
        track.between(shot.cut_s, end).write(path)
    return path


def _document(name: str, shots: Sequence[Shot], files: Sequence[Path]) -> dict[str, Any]:
    people = sorted({shot.person for shot in shots})
    return {
        "schema": "roomreel.room/1",
        "room": {
            "sid": _sid("RM", name),
            "unique_name": name,
            "status": "completed",
            "end_time": "2026-11-20T09:31:12Z",
        },
        "participants": [
            {"sid": _sid("PA", name, person), "identity": f"person{person}"} for person in people
        ],
        "recordings": [
            {
                "sid": _sid("RT", name, index),
                "source_sid": _sid("MT", name, index),
                "participant_sid": _sid("PA", name, shot.person),
                "track_name": _track_name(shot),
                "type": shot.kind,
                "status": "completed",
                "offset": round(shot.start_s * 1000),
                "media": str(Path("../../tracks") / file.name),
            }
            for index, (shot, file) in enumerate(zip(shots, files, strict=True))
        ],
    }


def _track_name(shot: Shot) -> str:
    return {"screen": "screen"}.get(
        shot.master.stem, "camera" if shot.kind == "video" else "microphone"
    )


def _sid(prefix: str, *words: object) -> str:
    return prefix + hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()[:32]
