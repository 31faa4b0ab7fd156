"""Published plans are read back as they were written, and what is none is refused in words."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.documents.plan import compact_plan_json, plan_document
from roomreel.documents.published_plan import parse_plan, seen_and_heard
from roomreel.documents.svg.plan import picture
from roomreel.errors import DocumentInvalid

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "cases").glob("*/plan.json"))


@pytest.fixture(scope="module", params=GOLDEN, ids=lambda file: file.parent.name)
def golden(request) -> bytes:
    return request.param.read_bytes()


def test_what_was_written_is_read(golden):
    assert plan_document(parse_plan(golden)) == json.loads(golden)


def test_it_can_be_drawn(golden):
    drawn = picture(parse_plan(golden, "Weekly call"), {})
    assert "Weekly call" in drawn


def test_a_recording_is_seen_and_heard_when_a_scene_or_a_clip_has_it(golden):
    plan = parse_plan(golden)
    spans = seen_and_heard(plan)
    assert [one[0].start for one in spans.values()] == sorted(
        one[0].start for one in spans.values()
    )
    for frame in random.Random(1).sample(range(plan.frame_count), min(plan.frame_count, 60)):
        instant = frame / plan.frame_rate
        scene = next(one for one in plan.scenes if one.start_frame <= frame < one.end_frame)
        there = {one.recording_sid for one in scene.placements}
        there |= {clip.recording_sid for clip in plan.audio if instant in clip.span}
        assert {sid for sid, some in spans.items() if any(instant in one for one in some)} == there


def test_of_a_later_version_more_members_are_passed_over():
    document = json.loads(GOLDEN[0].read_bytes())
    document["new"] = document["scenes"][0]["new"] = {"a": 1}
    assert parse_plan(json.dumps(document).encode()) == parse_plan(GOLDEN[0].read_bytes())


DAMAGE = (b"", b"{", b"[]", b"null", b"\xff", b'{"schema": "roomreel.room/1"}', b"[" * 100_000)


@pytest.mark.parametrize("data", DAMAGE, ids=lambda data: repr(data[:20]))
def test_what_is_none_is_refused(data):
    with pytest.raises(DocumentInvalid, match=r"no roomreel\.plan/1"):
        parse_plan(data)


VALUES = (None, -1, 10**30, 1.5, "", "x", "1e999999999", "1/0", "0/1", "nan", [], {}, True, "0x0")


def places(value, path=()):
    """Paths of all members of a document, and of the first few items of its lists."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from places(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:2]):
            yield from places(item, (*path, index))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_member_of_another_kind_is_refused_or_can_be_drawn(value):
    text = next(file for file in GOLDEN if file.parent.name == "chess").read_bytes()
    refused = 0
    for path in places(json.loads(text)):
        document = json.loads(text)
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
        try:
            plan = parse_plan(json.dumps(document).encode())
        except DocumentInvalid:
            refused += 1
        else:
            picture(plan, {})
            seen_and_heard(plan)
    assert refused


def test_a_plan_without_an_end_still_has_a_length():
    document = json.loads(GOLDEN[0].read_bytes()) | {"duration_ms": 0, "frame_count": 1}
    plan = parse_plan(json.dumps(document).encode())
    assert plan.length == 1 / Fraction(plan.frame_rate)
    assert compact_plan_json(plan)
