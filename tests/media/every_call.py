"""Rooms that have every call into FFmpeg and NumPy made, and have them fail one after the other."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import foreign
import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import Composed, compose_room
from numpy.typing import NDArray

from roomreel.media import probe
from roomreel.render import spread

HERE = Path(__file__).parent
INJECTION = HERE / "fault_injection"
PRODUCT = HERE.parents[1] / "roomreel"

SIZE = (64, 48)
SMALL = {"size": SIZE, "seconds": 2, "fps": 10}

QUIET_DB = -30
"""Peak of the tones of culprits: all those of a room together stay below full scale, so that no
limiter turns the neighbour down."""

Make = Callable[[Clips, Path], Path]

CULPRITS: dict[str, Make] = {
    "picture": lambda c, _: c.video("red", **SMALL),
    "turned": lambda c, _: c.video("red", codec="h264", rotation=90, **SMALL),
    "resized": lambda c, _: c.resized((SIZE, (32, 24)), each=1, fps=10),
    "transparent": lambda _, to: foreign.quarters(
        to / "transparent.mov", "-c:v", "png", levels=(99,) * 4, alphas=(255, 255, 128, 0)
    ),
    "VP8 with alpha": lambda _, to: foreign.quarters(
        to / "alpha.webm",
        *("-pix_fmt", "yuva420p", "-c:v", "libvpx", "-b:v", "1M", "-auto-alt-ref", 0),
        levels=(99,) * 4,
        alphas=(255, 255, 128, 0),
    ),
    "H.264 without a container": lambda _, to: foreign.video(to / "raw.h264", *foreign.H264),
    "AVI": lambda _, to: foreign.video(to / "old.avi", "-c:v", "mpeg4", count=20),
    "transport stream": lambda _, to: foreign.video(to / "a.ts", *foreign.H264, count=20),
    "two recordings": lambda _, to: twice(foreign.video(to / "again.webm", count=20)),
    "chained pictures": lambda _, to: twice(
        foreign.video(to / "chained.ogv", "-c:v", "libtheora", count=20)
    ),
    "long": lambda c, _: c.video("red", SIZE, seconds=22, fps=10, gop=20),
    "long with alpha": lambda _, to: long_with_alpha(to / "long.webm"),
    "opus": lambda c, _: c.tone(440, level_db=QUIET_DB),
    "stereo": lambda c, _: c.tone(440, stereo=True, level_db=QUIET_DB),
    "telephone": lambda c, _: c.tone(440, "pcmu", level_db=QUIET_DB),
    "one packet": lambda c, _: c.in_one_packet(c.tone(440, "pcmu", level_db=QUIET_DB)),
    "drifting": lambda c, _: c.looped(c.tone(440, seconds=2, level_db=QUIET_DB), 3, ppm=4000),
    "chained": lambda _, to: twice(foreign.sound(to / "chained.ogg", *foreign.steps(1))),
    "too loud": lambda _, to: foreign.sound(
        to / "loud.wav", *foreign.tones(440), "-af", "volume=30dB", "-c:a", "pcm_f32le"
    ),
    "four channels": lambda _, to: foreign.named_one_by_one(to, 3),
    "broken off": lambda c, _: c.truncated(c.tone(440, level_db=QUIET_DB), 0.7),
}
LONG = {"long", "long with alpha"}
SOUNDS = {
    *("opus", "stereo", "telephone", "one packet", "drifting", "chained", "four channels"),
    *("too loud", "broken off"),
}

PAINTED: dict[str, Any] = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "240x720",
    "frame_rate": 10,
    "format": "mp4",
}
COPIED = {**PAINTED, "resolution": f"{SIZE[0]}x{SIZE[1]}", "passthrough": True, "format": "webm"}

HANG_S = 10.0
"""After so long a process that is silent has stopped."""

NEIGHBOUR_HZ = 1000
CAMERAS = 16
MOST_RECORDINGS = 40
LOOKED_AT = range(1, 19)
CODED_LEVELS = 3
"""Of 255, on average over a cell: how a coder varies with what is beside it."""


def twice(path: Path) -> Path:
    """A file that begins again."""
    path.write_bytes(path.read_bytes() * 2)
    return path


def long_with_alpha(path: Path) -> Path:
    """Longer than what is decoded rather than sought."""
    red = f"color=red:s={SIZE[0]}x{SIZE[1]}:r=5:d=22,format=yuva420p"
    encoder = "-c:v", "libvpx", "-b:v", "100k", "-auto-alt-ref", 0, "-g", 10
    foreign.ffmpeg("-f", "lavfi", "-i", red, *encoder, path)
    return path


@dataclass(frozen=True)
class Fault:
    """What fails: a point that is reached for a culprit.

    Attributes:
        hit: from which time on.
        copied: in a room whose pictures and sound are copied.
        kind: how; "": it does not.
    """

    point: str
    culprit: str
    hit: int
    copied: bool = False
    kind: str = ""

    @property
    def is_call(self) -> bool:
        return "() " in self.point

    @property
    def template(self) -> dict[str, Any]:
        return COPIED if self.copied else PAINTED

    @property
    def is_long(self) -> bool:
        return self.culprit in LONG


class Injector:
    """Composes rooms with faults, or with a record of what is reached."""

    def __init__(self, folder: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.clips = folder, clips
        self._faultless: dict[tuple[int, tuple[str, ...]], Cells] = {}
        self._arranged = folder / "arranged"
        for place in (self._arranged, folder / "made"):
            place.mkdir(parents=True)
        monkeypatch.setenv("PYTHONPATH", str(INJECTION), prepend=os.pathsep)
        monkeypatch.setenv("PYTHONPATH", str(self._arranged), prepend=os.pathsep)

    def clip(self, culprit: str) -> Path:
        return CULPRITS[culprit](self.clips, self.folder / "made")

    def tracks(self, culprits: Iterable[str]) -> list[Track]:
        return [
            Track(f"p{number}", "track", self.clip(one), "audio" if one in SOUNDS else "video")
            for number, one in enumerate(culprits)
        ]

    def filled(self, tracks: list[Track], cameras: int = CAMERAS) -> list[Track]:
        """A room of so many cameras: culprits have equal cells in all rooms that show as many."""
        given = sum(track.type == "video" for track in tracks)
        green = self.clips.video("green", **SMALL)
        return [
            *tracks,
            *(Track("zoe", f"camera-{n}", green, "video") for n in range(cameras - given)),
            Track("zoe", "microphone", self.clips.tone(NEIGHBOUR_HZ, seconds=2), "audio"),
        ]

    def record(self, name: str, tracks: Sequence[Track], template: dict[str, Any]) -> Path:
        """Compose a room, and record what is reached."""
        record = self.folder / f"{name}.record"
        self.arrange({"record": str(record), "faults": {}})
        compose_room(self.folder, room(self.folder, tracks, name=name), template, verify="full")
        return record

    def compose(self, name: str, faults: Sequence[Fault], cameras: int = CAMERAS) -> Composed:
        """Compose a room of culprits, the first so many recordings, and their neighbours."""
        tracks = self.tracks(fault.culprit for fault in faults)
        if not faults[0].copied:
            tracks = self.filled(tracks, cameras)
        else:
            other = "opus" if faults[0].culprit not in SOUNDS else "picture"
            tracks += self.tracks([other])
        manifest = room(self.folder, tracks, name=name)
        arranged = {
            sid("RT", name, number): {"point": one.point, "hit": one.hit, "kind": one.kind}
            for number, one in enumerate(faults)
            if one.kind
        }
        self.arrange({"record": None, "faults": arranged})
        with pytest.MonkeyPatch.context() as patch:
            if "hang" in {fault.kind for fault in faults}:
                patch.setattr(spread, "SILENCE_S", HANG_S)
                patch.setattr(probe, "START_S", HANG_S)
            return compose_room(
                self.folder, manifest, faults[0].template, verify="full", processes=2
            )

    def faultless(self, faults: Sequence[Fault], cameras: int) -> Cells:
        """What a room of these culprits shows where nothing fails; composed once."""
        known_by = cameras, tuple(fault.culprit for fault in faults)
        if known_by not in self._faultless:
            name = f"faultless-{len(self._faultless)}"
            made = self.compose(name, [replace(fault, kind="") for fault in faults], cameras)
            assert "media-undecodable" not in {code for code, _ in made.codes}
            self._faultless[known_by] = Cells.of(made, name)
        return self._faultless[known_by]

    def arrange(self, document: dict[str, Any]) -> None:
        (self._arranged / "faults.json").write_text(json.dumps(document))


@dataclass(frozen=True)
class Cells:
    """What a composition shows of each recording that it shows, by its number in the manifest.

    Attributes:
        pixels: its cell in each of the frames `LOOKED_AT`.
        count: frames of the composition.
    """

    pixels: dict[int, NDArray[np.uint8]]
    count: int

    @classmethod
    def of(cls, made: Composed, name: str) -> Cells:
        by_sid = {sid("RT", name, number): number for number in range(MOST_RECORDINGS)}
        rects = {
            by_sid[placement.recording_sid]: placement.rect
            for scene in reversed(made.plan.scenes)
            for placement in scene.placements
        }
        frames = [pixels for _, pixels in made.pictures()]
        looked_at = np.stack([frames[number] for number in LOOKED_AT])
        cells = {
            number: looked_at[:, rect.y : rect.bottom, rect.x : rect.right]
            for number, rect in rects.items()
        }
        return cls(cells, len(frames))

    def are_alike(self, number: int, other: Cells, its_number: int) -> bool:
        """Whether recordings of two compositions are shown alike, as far as a coder lets them."""
        one, two = self.pixels.get(number), other.pixels.get(its_number)
        if one is None or two is None or one.shape != two.shape:
            return False
        return float(np.abs(one.astype(int) - two).mean(axis=(1, 2, 3)).max()) < CODED_LEVELS


@dataclass(frozen=True)
class Reached:
    """What a record tells.

    Attributes:
        faults: points that are reached for recordings.
        unattributed: points that are reached for nobody, without the stage.
        places: every place in the source that was passed.
    """

    faults: dict[str, Fault]
    unattributed: set[str]
    places: set[str]


def reached(record: Path, name: str, culprits: Sequence[str]) -> Reached:
    """Read a record of a room whose first recordings are these culprits."""
    labels = {sid("RT", name, number): label for number, label in enumerate(culprits)}
    hits: defaultdict[str, dict[str, int]] = defaultdict(dict)
    places = set()
    for line in record.read_text().splitlines():
        point, whose, count = json.loads(line)
        if whose is None:
            places.add(point)
            continue
        places.add(point.partition(" ")[2].removesuffix(" (next)"))
        label = labels.get(whose, "")
        hits[point][label] = max(count, hits[point].get(label, 0))
    faults = {}
    for point, by_label in hits.items():
        known = {label: count for label, count in by_label.items() if label}
        if known:
            label = max(known, key=lambda label: (known[label], label not in LONG))
            # Not so late that a room of other lengths might not come to it.
            faults[point] = Fault(point, label, min(known[label], 2))
    unattributed = {point.partition(" ")[2] for point in hits if set(hits[point]) == {""}}
    return Reached(faults, unattributed, places)


def injection() -> ModuleType:
    """The module that children import as `sitecustomize`, under another name."""
    spec = importlib.util.spec_from_file_location("injection", INJECTION / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(modules: Iterable[str]) -> Iterator[str]:
    """Every place of modules that passes through an injection, as a record calls it."""
    compiled = injection().Compiled
    for module in modules:
        path = PRODUCT.joinpath(*module.split(".")[1:]).with_suffix(".py")
        tree = compiled(module).visit(ast.parse(path.read_text()))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_injected"):
                yield ast.literal_eval(node.args[0])
