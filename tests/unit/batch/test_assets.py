"""Images that templates draw are inputs: of one that is replaced, or missing, only its template."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import pyvips

from roomreel.batch.catalog_state import CatalogState
from roomreel.batch.due import Previous
from roomreel.batch.planning import Planner, RoomPlan
from roomreel.batch.report import State
from roomreel.batch.selection import ReadyTemplate, RunFilter
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.template import canonical_template, template_sha256
from roomreel.model.composition import CompositionStatus, composition_sid
from roomreel.model.look import Background
from roomreel.model.overlay import ImageOverlay
from roomreel.model.room import (
    Manifest,
    MediaType,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.settings import Settings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
END = datetime(2026, 11, 20, tzinfo=UTC)
LOGO = "brand/logo.png"

RECORDING = Recording(
    *("RT1", "MT1", "PA1", "camera"), type=MediaType.VIDEO, status=RecordingStatus.COMPLETED
)
ROOM = Room("RM1", "call", RoomStatus.COMPLETED, recordings=(RECORDING,), end_time=END)
MANIFEST = Manifest(ROOM, "call.json", "0")


def ready(name: str, **look: object) -> ReadyTemplate:
    template = Template(name, (Region("main", Selection(("*",))),), **look)
    return ReadyTemplate(template, canonical_template(template), template_sha256(template), name)


PLAIN = ready("plain")
DRAWN = ready("drawn", overlays=(ImageOverlay(image=LOGO),))
BACKED = ready("backed", background=Background(image=LOGO))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(assets=tmp_path / "assets", store=tmp_path / "store")


@pytest.fixture
def draw(settings: Settings) -> Callable[..., None]:
    """What puts an image of a shade where a template looks for it."""

    def put(shade: int = 0) -> None:
        file = Path(str(settings.assets)) / LOGO
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((4, 6, 3), shade, np.uint8)
        file.write_bytes(pyvips.Image.new_from_array(pixels).pngsave_buffer())
        # Of what is written within a tick of the clock that is how it is known to be another one.
        os.utime(file, ns=(shade, shade))

    return put


def night(
    settings: Settings, *templates: ReadyTemplate, force: bool = False, **before: Previous
) -> RoomPlan:
    compositions = {
        composition_sid(ROOM.sid, END, one.name, one.sha256): before[one.name]
        for one in templates
        if one.name in before
    }
    done = {ROOM.sid: [one.sha256 for one in templates if before[one.name].failure_code is None]}
    wanted = RunFilter(datetime.min.replace(tzinfo=UTC), force=force)
    planner = Planner(templates, wanted, settings, NOW)
    return planner.plan(MANIFEST, CatalogState(compositions, done))


def inputs(settings: Settings, template: ReadyTemplate) -> str:
    """The digest that a night records of a composition by a template."""
    (outcome,) = night(settings, template, force=True, **{template.name: MADE}).refused
    return outcome.inputs_sha256


MADE = Previous(CompositionStatus.COMPLETED, "")


def made(digest: str) -> Previous:
    return Previous(CompositionStatus.COMPLETED, digest)


def test_without_assets_the_inputs_are_those_of_the_room(settings: Settings) -> None:
    assert inputs(settings, PLAIN) == inputs_sha256(MANIFEST, {})


def test_an_image_that_is_replaced_makes_what_draws_it_stale(
    settings: Settings, draw: Callable[..., None]
) -> None:
    draw(shade=1)
    templates = (PLAIN, DRAWN, BACKED)
    before = {one.name: made(inputs(settings, one)) for one in templates}
    first = night(settings, *templates, **before)
    assert (first.up_to_date, first.lines, first.refused) == (3, (), ())

    draw(shade=2)
    second = night(settings, *templates, **before)
    assert second.up_to_date == 1
    assert [(line.state, line.template) for line in second.lines] == [
        (State.STALE, "drawn"),
        (State.STALE, "backed"),
    ]
    # It is made again by force only, and then counts as made of the new one.
    again = night(settings, *templates, force=True, **before)
    assert len(again.refused) == 3
    draw(shade=1)
    assert night(settings, *templates, **before).up_to_date == 3


def test_an_image_that_is_missing_fails_what_draws_it_until_it_is_there(
    settings: Settings, draw: Callable[..., None]
) -> None:
    digest = inputs(settings, DRAWN)
    failed = Previous(CompositionStatus.FAILED, digest, failure_code="asset-missing")
    (line,) = night(settings, DRAWN, drawn=failed).lines
    assert (line.state, line.code) == (State.KNOWN_FAILURE, "asset-missing")
    draw()
    assert night(settings, DRAWN, drawn=failed).lines == ()
    assert inputs(settings, DRAWN) != digest
