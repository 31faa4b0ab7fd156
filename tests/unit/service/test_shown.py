"""People seen and heard in a composition, by its plan, wherever that lies."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.errors import NotFound
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Table
from roomreel.service.lists.compositions import find_composition
from roomreel.service.lists.recordings import find_recording
from roomreel.service.lists.uses import find_uses
from roomreel.service.media import shown
from roomreel.service.media.shown import covers, find_shown
from roomreel.storage import stores
from roomreel.storage.memory import MemoryStore

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import Api, composition, empty_api, recording, sid_of
from planned import CAMERA, GONE, SID, VOICE, plan_document, publish_planned


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        api.room(0)
        api.record(Table.RECORDINGS, *(recording(0, kind) for kind in ("audio", "video")))
        publish_planned(api)
        api.look()
        yield api


def test_names_are_those_of_the_recordings_and_sids_where_there_are_none(api):
    found = find_shown(api.service, SID)
    assert found.name_of(CAMERA) == ("video", "video of 0")
    assert found.name_of(GONE) == (GONE, GONE)
    assert list(found.spans) == [VOICE, CAMERA, GONE]


def test_at_each_instant_it_is_what_the_scene_of_the_frame_has(api):
    found = find_shown(api.service, SID)
    chance = random.Random(2)
    for _ in range(200):
        instant = Fraction(chance.randrange(0, 11_000), 1000)
        frame = int(instant * 30)
        scenes = [one for one in found.plan.scenes if one.start_frame <= frame < one.end_frame]
        expected = scenes[0].placements if scenes else ()
        assert tuple(found.seen_at(instant)) == tuple(expected)
        assert found.heard_at(instant) == ([VOICE] if instant < 10 else [])


def test_a_cell_covers_its_pixels_and_no_other(api):
    (camera,) = find_shown(api.service, SID).seen_at(Fraction(3))
    inside = {(x, y) for x in range(310, 330) for y in range(470, 490) if covers(camera, x, y)}
    assert inside == {(x, y) for x in range(310, 320) for y in range(470, 480)}


def test_chapters_are_those_that_the_plan_lists_or_follow_from_who_is_there(api):
    assert find_shown(api.service, SID).chapters[0].title == "audio joins"
    told = [{"start_ms": 0, "title": "grid"}, {"start_ms": 2500, "title": "Questions"}]
    of_marks = plan_document(chapter_kinds=["marks"], chapters=told)
    place = Path(find_composition(api.service, SID)["media_url"])
    place.with_name(f"{SID}.plan.json").write_text(json.dumps(of_marks))
    found = find_shown(api.service, SID).chapters
    assert [(float(one.start), one.title) for one in found] == [(0, "grid"), (2.5, "Questions")]


def test_a_plan_in_a_store_of_objects_is_read_there(api, monkeypatch):
    store = MemoryStore()
    monkeypatch.setitem(stores._used, "s3", store)
    place = ObjectLocation("s3", "bucket", f"compositions/{SID}.mp4")
    store.write(place, b"12")
    store.write(place.parent / f"{SID}.plan.json", json.dumps(plan_document()).encode())
    later = publish_planned(api)["updated_at"].replace(hour=13)
    publish_planned(api, media_url=str(place), size_bytes=2, updated_at=later)
    api.look()
    assert find_shown(api.service, SID).plan.frame_count == 300


def test_one_that_is_too_large_is_not_read(api, monkeypatch):
    monkeypatch.setattr(shown, "MOST_BYTES", 100)
    with pytest.raises(NotFound, match="too large to be shown"):
        find_shown(api.service, SID)


def test_templates_that_can_be_asked_for_have_the_names_of_all_files(api):
    before = api.service.hooks.template_names()
    assert {"grid", "presenter"} <= set(before)
    api.hook(1)
    assert set(api.service.hooks.template_names()) == {*before, "hook 1"}
    # Reading hooks leaves what was read of the others.
    kept = api.service.hooks._kept.keys()
    api.service.hooks.read()
    assert api.service.hooks._kept.keys() == kept


def test_a_recording_is_used_where_the_catalogs_say_so(api):
    chance = random.Random(7)
    sids = [sid_of("RT", 0, kind) for kind in ("audio", "video")]
    expected: dict[str, list[str]] = {sid: [] for sid in sids}
    rows = []
    for number in range(40, 60):
        used = [sid for sid in sids if chance.random() < 0.5]
        uses = [
            {"recording_sid": sid, "type": "x", "start_ms": 0, "end_ms": 1, "shown_ms": number}
            for sid in used
        ]
        rows.append(composition(number, room_sid=sid_of("RM", 0), recordings=uses))
        for sid in used:
            expected[sid].insert(0, rows[-1]["sid"])
    api.record(Table.COMPOSITIONS, *rows)
    api.look()
    for sid in sids:
        found = find_uses(api.service, find_recording(api.service, sid))
        assert [use.row["sid"] for use in found] == expected[sid]
        assert {use.shown_ms for use in found} <= set(range(40, 60))
