"""Names of parts: what decides one enters, and members that come later do not rename it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest

from roomreel.model.clock import Clock
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    BLACK,
    Box,
    ClockText,
    Fill,
    Image,
    Outline,
    Overlay,
    OverlayKind,
    OverlayState,
    Style,
    Text,
)
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.plan import AudioClip, Passthrough, Placement, Scene
from roomreel.model.template import Format
from roomreel.model.time import Span
from roomreel.render import part_key
from roomreel.render.part_key import FIRST, MixKey, PicturesKey, SoundKey, SourceKey, part_name

HALF = Fraction(1, 2)
SOURCES = (SourceKey("RT1", HALF, 7, "v1", 1),)
PLACEMENT = Placement("RT1", "main", 2, Rect(1, 2, 3, 4), 5, HALF, Framing())
PICTURES = PicturesKey(
    frames=range(3, 9),
    scenes=(Scene(3, 9, (PLACEMENT,)),),
    sources=SOURCES,
    encoder="libx264",
    quality="draft",
    options={"crf": "30"},
    resolution=Size(640, 480),
    format=Format.MP4,
    frame_rate=Fraction(30000, 1001),
    copied=Passthrough("RT1", HALF, HALF, "", sound=True),
    overlays=tuple(
        Overlay(
            OverlayKind.TEXT,
            Rect(2, 2, 4, 4),
            1,
            (OverlayState(3, 6, drawing),),
            region="main",
            cell=1,
            opacity=50,
        )
        for drawing in (
            Text("a", Style(box=Box(), outline=Outline())),
            Fill(BLACK),
            Image("logo.png", "00"),
            ClockText(Clock.WALL, "HH:MM", HALF, Style()),
        )
    ),
    bars={"main": None},
    radii={"main": 8},
    drawn_with="libvips",
)
SOUND = SoundKey(
    audio=(AudioClip("RT1", Span(HALF, Fraction(3)), HALF),),
    sources=SOURCES,
    duration=Fraction(3),
    format=Format.WEBM,
    copies_sound=False,
    loudness=LoudnessTarget(Fraction(-16)),
)
MIX = MixKey(SOUND.audio, SOUND.sources, SOUND.duration)
KEYS = {"pictures": PICTURES, "sound": SOUND, "mix": MIX}


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the value with one member changed, for every member at any depth."""
    if is_dataclass(value):
        for one in fields(value):
            for path, changed in changes(getattr(value, one.name)):
                yield f"{one.name}.{path}", replace(value, **{one.name: changed})
    elif isinstance(value, tuple):
        yield "none", ()
        for number, one in enumerate(value):
            for path, changed in changes(one):
                yield f"{number}.{path}", (*value[:number], changed, *value[number + 1 :])
    elif isinstance(value, bool):
        yield "other", not value
    elif isinstance(value, Enum):
        yield "other", next(one for one in type(value) if one is not value)
    elif isinstance(value, range):
        yield "other", range(value.start, value.stop + 1)
    elif isinstance(value, dict):
        yield "other", {**value, "x": "y"}
    else:
        yield "other", value + type(value)(1)


CHANGES = [
    pytest.param(key, changed, id=f"{name}.{path}")
    for name, key in KEYS.items()
    for path, changed in changes(key)
]


@pytest.mark.parametrize(("key", "changed"), CHANGES)
def test_whatever_decides_a_part_names_it(key: Any, changed: Any) -> None:
    assert part_name(changed) != part_name(key)


def test_what_is_listed_is_there() -> None:
    for kind, names in FIRST.items():
        assert set(names) <= {one.name for one in fields(kind)}


@dataclass(frozen=True, slots=True)
class GrownPlacement(Placement):
    """As a later version has it."""

    border: int = 0


@dataclass(frozen=True, slots=True)
class GrownKey(PicturesKey):
    """As a later version has it."""

    grain: int | None = None


def test_a_member_that_is_added_later_renames_no_part_that_does_not_use_it() -> None:
    inner = GrownPlacement(**{one.name: getattr(PLACEMENT, one.name) for one in fields(Placement)})
    members = {one.name: getattr(PICTURES, one.name) for one in fields(PicturesKey)}
    grown = GrownKey(**members | {"scenes": (Scene(3, 9, (inner,)),)})
    assert part_name(grown) == part_name(PICTURES)
    assert part_name(replace(grown, grain=1)) != part_name(PICTURES)
    bordered = (Scene(3, 9, (replace(inner, border=1),)),)
    assert part_name(replace(grown, scenes=bordered)) != part_name(PICTURES)


def test_another_version_of_the_engine_makes_other_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = part_name(SOUND)
    monkeypatch.setattr(part_key, "__version__", "other")
    assert part_name(SOUND) != before
