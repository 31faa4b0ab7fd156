"""What is measured: rooms and templates, and which ways compete on each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from places import OUT
from rooms import Script, build, changing, lecture, meeting, reflow, talk, voices

MP4 = {"resolution": "1280x720", "format": "mp4"}
WEBM = {"resolution": "640x480", "format": "webm"}
GRID = {"video_layout": {"grid": {"video_sources": ["*"]}}, "audio_sources": ["*"]}
PRESENTER = {
    "video_layout": {
        "main": {"video_sources": ["screen"]},
        "row": {
            "z_pos": 1,
            "x_pos": 10,
            "y_pos": 530,
            "width": 1260,
            "height": 160,
            "max_rows": 1,
            "video_sources": ["camera"],
        },
    },
    "audio_sources": ["*"],
}

PEERS = ("limit", "overlay-defaults", "overlay", "xstack", "gstreamer", "moviepy")
"""Ways beside roomreel on a room in which nothing changes."""

ONCE = frozenset({"moviepy"})
"""Ways so slow that one round tells enough."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A room composed by templates.

    Attributes:
        seconds: of the room; None takes what the run is told.
        ways: that compete on it.
        rounds: None takes what the run is told.
    """

    name: str
    script: Script
    templates: tuple[Mapping[str, Any], ...]
    ways: tuple[str, ...]
    seconds: int | None = None
    rounds: int | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A workload on disk."""

    workload: Workload
    manifest: Path
    templates: tuple[Path, ...]
    seconds: int
    suffix: str = field(default="mp4")

    @property
    def name(self) -> str:
        """With its length, since results of other lengths are other results."""
        return f"{self.workload.name}/{self.seconds}s"


def _meetings() -> dict[str, Workload]:
    shapes = (("720p", MP4), ("480p", WEBM))
    return {
        (name := f"{people}-tracks-{shape}"): Workload(
            name, meeting(people), ({**GRID, **output},), ("roomreel", *PEERS), room=f"room{people}"
        )
        for shape, output in shapes
        for people in (4, 9, 16, 25)
    }


WORKLOADS: dict[str, Workload] = _meetings() | {
    one.name: one
    for one in (
        Workload("reflow-8", reflow(8), ({**GRID, **MP4},), ("roomreel", "limit")),
        Workload("reflow-200", reflow(200), ({**GRID, **MP4},), ("roomreel", "limit")),
        Workload(
            "size-changes",
            changing,
            ({**GRID, **MP4},),
            ("roomreel", "limit", "overlay", "xstack", "gstreamer"),
        ),
        Workload(
            "audio-only",
            voices,
            ({"audio_sources": ["*"], "format": "mp4"},),
            ("roomreel", "limit", "overlay"),
        ),
        Workload(
            "passthrough",
            lecture,
            ({**GRID, **MP4, "passthrough": True},),
            ("roomreel", "overlay"),
            seconds=600,
            rounds=1,
        ),
        Workload(
            "passthrough-webm",
            talk,
            ({**GRID, **WEBM, "passthrough": True},),
            ("roomreel", "overlay"),
            seconds=600,
            rounds=1,
        ),
        Workload(
            "three-templates",
            meeting(9),
            ({**GRID, **MP4}, {**PRESENTER, **MP4}, {**GRID, **WEBM}),
            ("together", "one-by-one"),
            room="room9",
        ),
        Workload(
            "two-processes",
            meeting(9),
            ({**GRID, **MP4},),
            ("one-process", "two-processes"),
            room="room9",
            seconds=120,
        ),
        Workload("two-minutes", meeting(9), ({**GRID, **MP4},), ("roomreel",), seconds=120),
        Workload("one-hour", meeting(9), ({**GRID, **MP4},), ("roomreel",), seconds=3600, rounds=1),
    )
}


def prepare(workload: Workload, seconds: int) -> Case:
    """Make the room and the templates of a workload, if they are not there."""
    seconds = workload.seconds or seconds
    room = build(workload.room or workload.name, workload.script, seconds)
    folder = OUT / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    templates = []
    for number, template in enumerate(workload.templates):
        name = f"{workload.name}-{number}"
        path = folder / f"{name}.json"
        document = {"schema": "roomreel.template/1", "friendly_name": name, **template}
        path.write_text(json.dumps(document), encoding="utf-8")
        templates.append(path)
    return Case(
        workload, room.manifest, tuple(templates), seconds, str(workload.templates[0]["format"])
    )
