"""Compose a test room by a template given as a dictionary, and look into what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import numpy as np
from clips import COLOURS
from numpy.typing import NDArray

from roomreel.compose.inputs import index_and_plan
from roomreel.compose.media import stat_media
from roomreel.compose.one import compose
from roomreel.compose.progress import OnProgress
from roomreel.compose.publish import files_of
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.model.composition import Job, Outcome, composition_sid
from roomreel.model.plan import Plan
from roomreel.settings import Settings

RATE = 48_000
ROUNDING = 2 * RATE // 1000

COLOUR_TOLERANCE = 24
"""Per RGB channel: 4:2:0 and a coder at crf 23 on a flat patch stay below 12, another colour of
the palette is at least 127 away in some channel."""


@dataclass(frozen=True)
class Composed:
    """A finished composition and the plan it was made from."""

    plan: Plan
    outcome: Outcome
    media: Path

    @property
    def codes(self) -> set[tuple[str, str]]:
        """Warnings as (code, recording sid)."""
        return {(str(warning.code), warning.recording_sid) for warning in self.outcome.warnings}

    def pictures(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Every frame as (number, RGB of shape (height, width, 3))."""
        with av.open(str(self.media)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                yield number, frame.to_ndarray(format="rgb24")

    def picture(self, number: int) -> NDArray[np.uint8]:
        """One frame as RGB of shape (height, width, 3)."""
        return next(pixels for n, pixels in self.pictures() if n == number)

    def sound(self) -> NDArray[np.float32]:
        """All sound as float of shape (2, samples) from time 0 on, as a player gives it out.

        Fails where its timestamps leave a hole, beyond WebM's rounding to whole milliseconds.
        """
        with av.open(str(self.media)) as container:
            frames = list(container.decode(audio=0))
        position = round(frames[0].time * RATE)
        assert abs(position) < ROUNDING
        for frame in frames:
            assert abs(round(frame.time * RATE) - position) < ROUNDING
            position += frame.samples
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def planned(
    folder: Path, manifest: Path, template: dict[str, Any], **settings: Any
) -> tuple[Job, Plan, Settings]:
    """Run a room through documents and plan."""
    config = Settings(
        store=folder / "store",
        **{"media_roots": [str(manifest.parent)], "threads": 2, **settings},
    )
    ready = parse_manifest(manifest.read_bytes(), str(manifest))
    document = {"schema": "roomreel.template/1", "friendly_name": "test", **template}
    layout = parse_template(json.dumps(document).encode(), "test.json")
    plan, media = index_and_plan(ready, layout, stat_media(ready, config), config)
    end_time = ready.room.end_time
    assert end_time is not None
    digest = template_sha256(layout)
    job = Job(
        sid=composition_sid(ready.room.sid, end_time, layout.friendly_name, digest),
        manifest=ready,
        template=layout,
        template_json=canonical_template(layout),
        template_sha256=digest,
        inputs_sha256=inputs_sha256(ready, media),
        media=media,
        date_created=datetime.now(UTC),
    )
    return job, plan, config


def composed(
    job: Job, plan: Plan, config: Settings, on_progress: OnProgress | None = None
) -> Composed:
    """Render and publish."""
    outcome = compose(job, plan, config, on_progress)
    assert outcome.files == files_of(job, config) or not plan.has_video
    assert outcome.files is not None
    assert outcome.files.plan is not None
    return Composed(plan, outcome, Path(outcome.files.media))


def run_here(
    target: Callable[[Any, Callable[[Any], None]], Any],
    argument: object,
    _budget: object,
    on_message: Callable[[Any], None] | None = None,
    *_: object,
    **__: object,
) -> Any:
    """In place of `isolate.run`: no process of its own, so that stand-ins are met."""
    return target(argument, on_message or (lambda _: None))


def compose_room(
    folder: Path,
    manifest: Path,
    template: dict[str, Any],
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> Composed:
    """Run a room through documents, plan, render and publication."""
    return composed(*planned(folder, manifest, template, **settings), on_progress)


def colour(pixels: NDArray[np.uint8]) -> str:
    """The palette's name for a patch of one colour, or the extremes of what is there instead."""
    patch = pixels.reshape(-1, 3)
    bounds = patch.min(axis=0).astype(int), patch.max(axis=0).astype(int)
    for name, rgb in COLOURS.items():
        if all(np.abs(bound - rgb).max() <= COLOUR_TOLERANCE for bound in bounds):
            return name
    return f"{bounds[0].tolist()}..{bounds[1].tolist()}"


def colours(made: Composed) -> list[str]:
    """The colour of each frame, a fifth of it left out at each side, where a coder may ring."""
    found = []
    for _, pixels in made.pictures():
        y, x = pixels.shape[0] // 5, pixels.shape[1] // 5
        found.append(colour(pixels[y:-y, x:-x]))
    return found


def runs(values: Iterable[str]) -> list[tuple[str, int]]:
    """Equal neighbours as (value, how many)."""
    return [(value, len(list(equal))) for value, equal in groupby(values)]


def level_at(sound: NDArray[np.float32], hz: float, start: float, end: float) -> float:
    """Amplitude of a tone in [start, end) seconds, left channel, full scale 1."""
    piece = sound[0, round(start * RATE) : round(end * RATE)].astype(np.float64)
    turns = np.exp(-2j * np.pi * hz * np.arange(len(piece)) / RATE)
    window = np.hanning(len(piece))
    return float(2 * abs((piece * window * turns).sum()) / window.sum())


def seconds(frames: int, rate: Fraction = Fraction(30)) -> float:
    """When a frame is shown."""
    return float(frames / rate)
