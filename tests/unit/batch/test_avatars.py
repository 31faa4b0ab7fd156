"""Avatars are inputs of what may show them, and of nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
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
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import OfIdentity, Selection
from roomreel.model.template import Region, Template, UnitKind
from roomreel.model.tiles import Placeholder, PlaceholderKind, TileLook
from roomreel.settings import Settings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
END = datetime(2026, 11, 20, tzinfo=UTC)

SEEN = Recording(
    *("RT1", "MT1", "PA1", "camera"), type=MediaType.VIDEO, status=RecordingStatus.COMPLETED
)
HEARD = replace(SEEN, sid="RT2", source_sid="MT2", participant_sid="PA2", type=MediaType.AUDIO)
PEOPLE = (Participant("PA1", "ann"), Participant("PA2", "bob"), Participant("PA3", "cleo"))
ROOM = Room(
    *("RM1", "call", RoomStatus.COMPLETED),
    participants=PEOPLE,
    recordings=(SEEN, HEARD),
    end_time=END,
)


def ready(name: str, kind: PlaceholderKind, sources: Selection, **region: object) -> ReadyTemplate:
    look = TileLook(Placeholder(kind))
    template = Template(name, (Region("main", sources, tile=look, **region),))
    return ReadyTemplate(template, canonical_template(template), template_sha256(template), name)


ALL = Selection(("*",))
IMAGES = ready("images", PlaceholderKind.IMAGE, ALL)
OF_BOB = ready("of-bob", PlaceholderKind.IMAGE, Selection((OfIdentity("bob"),)))
VOICES = ready("voices", PlaceholderKind.IMAGE, ALL, unit=UnitKind.PARTICIPANT, voices=ALL)
INITIALS = ready("initials", PlaceholderKind.INITIALS, ALL)
TEMPLATES = (IMAGES, OF_BOB, VOICES, INITIALS)


def room(**avatars: str) -> Room:
    people = (replace(one, avatar=avatars.get(one.identity)) for one in PEOPLE)
    return replace(ROOM, participants=tuple(people))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "rooms"


@pytest.fixture
def settings(tmp_path: Path, home: Path) -> Settings:
    home.mkdir()
    return Settings(store=tmp_path / "store", media_roots=[str(home)])


@pytest.fixture
def draw(home: Path) -> Callable[..., None]:
    """What puts an avatar of a shade beside the manifest."""

    def put(name: str, shade: int = 0) -> None:
        pixels = np.full((4, 6, 3), shade, np.uint8)
        (home / name).write_bytes(pyvips.Image.new_from_array(pixels).pngsave_buffer())
        # Of what is written within a tick of the clock that is how it is known to be another one.
        os.utime(home / name, ns=(shade, shade))

    return put


@pytest.fixture
def night(home: Path, settings: Settings) -> Callable[..., RoomPlan]:
    def plan(of: Room, *, force: bool = False, **before: Previous) -> RoomPlan:
        compositions = {
            composition_sid(of.sid, END, one.name, one.sha256): before[one.name]
            for one in TEMPLATES
        }
        done = {of.sid: [one.sha256 for one in TEMPLATES]}
        wanted = RunFilter(datetime.min.replace(tzinfo=UTC), force=force)
        planner = Planner(TEMPLATES, wanted, settings, NOW)
        manifest = Manifest(of, str(home / "room.json"), "0")
        return planner.plan(manifest, CatalogState(compositions, done))

    return plan


@pytest.fixture
def inputs(night: Callable[..., RoomPlan]) -> Callable[[Room], dict[str, str]]:
    """The digests that a night records, by template."""

    def of(room: Room) -> dict[str, str]:
        anything = Previous(CompositionStatus.COMPLETED, "")
        plan = night(room, force=True, **{one.name: anything for one in TEMPLATES})
        return {one.template.friendly_name: one.inputs_sha256 for one in plan.refused}

    return of


def test_of_a_room_without_avatars_the_inputs_are_its_recordings(
    inputs: Callable[..., dict[str, str]],
) -> None:
    digest = inputs_sha256(Manifest(ROOM, "", "0"), {})
    assert inputs(ROOM) == {one.name: digest for one in TEMPLATES}


def test_an_avatar_is_an_input_of_what_may_show_it_alone(
    inputs: Callable[..., dict[str, str]], draw: Callable[..., None]
) -> None:
    draw("a.png")
    before = inputs(ROOM)

    def others(**avatars: str) -> set[str]:
        return {name for name, one in inputs(room(**avatars)).items() if one != before[name]}

    assert others(ann="a.png") == {"images", "voices"}
    # Whoever is heard alone has a cell where voices have one.
    assert others(bob="a.png") == {"voices"}
    assert others(cleo="a.png") == set()
    assert others(ann="none.png") == {"images", "voices"}


def test_one_that_is_replaced_or_comes_makes_what_may_show_it_stale(
    night: Callable[..., RoomPlan],
    inputs: Callable[..., dict[str, str]],
    draw: Callable[..., None],
) -> None:
    of = room(bob="b.png")
    made = {
        name: Previous(CompositionStatus.COMPLETED, digest) for name, digest in inputs(of).items()
    }
    assert (night(of, **made).up_to_date, night(of, **made).lines) == (len(TEMPLATES), ())
    draw("b.png", shade=1)
    (line,) = night(of, **made).lines
    assert (line.state, line.template) == (State.STALE, "voices")
    made = {
        name: Previous(CompositionStatus.COMPLETED, digest) for name, digest in inputs(of).items()
    }
    assert night(of, **made).lines == ()
    draw("b.png", shade=2)
    assert [one.template for one in night(of, **made).lines] == ["voices"]
