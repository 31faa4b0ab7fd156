"""Gains of every plan: what they change, and that it is nothing else."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.plan import plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.mixing import AS_RECORDED, Gain, Level, Mixing
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.model.template import Template
from roomreel.model.window import Window
from roomreel.plan.select import matches

sys.path.insert(0, str(Path(__file__).parent))
from test_plan_properties import PATTERNS, plan_or_skip, rooms, templates

tenths = st.integers(-600, 200).map(lambda n: Fraction(n, 10))
patterns = st.sampled_from([*PATTERNS, OfIdentity("[ab]"), OfIdentity("?"), OfRole("host")])
gains = st.builds(Gain, st.lists(patterns, max_size=3).map(tuple), tenths)
targets = st.builds(
    LoudnessTarget,
    st.integers(-310, -50).map(lambda n: Fraction(n, 10)),
    st.integers(-90, 0).map(lambda n: Fraction(n, 10)),
)
levels = st.builds(
    Level,
    st.integers(-400, -100).map(lambda n: Fraction(n, 10)),
    st.integers(0, 200).map(lambda n: Fraction(n, 10)),
)
mixings = st.builds(
    Mixing, st.lists(gains, max_size=4).map(tuple), st.none() | targets, st.none() | levels
)


@given(rooms, templates, mixings)
def test_each_recording_has_the_first_gain_that_names_it_and_nothing_else_changes(
    case, template, mixing
):
    room, _ = case
    plain = plan_or_skip(case, template)
    plan = plan_or_skip(case, replace(template, mixing=mixing))
    for clip in plan.audio:
        recording = room.recording(clip.recording_sid)
        expected = Fraction(0)
        for gain in reversed(mixing.gains):
            if any(matches(pattern, recording, room.people) for pattern in gain.sources):
                expected = gain.gain_db
        assert clip.gain_db == expected
    warnings = {one for one in plan.warnings if not one.message.startswith("audio, gain")}
    without = (replace(clip, gain_db=Fraction(0)) for clip in plan.audio)
    assert plan.loudness == (mixing.loudness if plan.audio else None)
    assert replace(plan, audio=tuple(without), warnings=plain.warnings, loudness=None) == plain
    assert warnings == {*plain.warnings}


@given(rooms, templates, mixings, st.integers(0, 5_000))
def test_an_excerpt_has_the_gains_of_the_whole(case, template, mixing, start_ms):
    mixed = replace(template, mixing=mixing)
    whole = plan_or_skip(case, mixed)
    part = plan_or_skip(case, replace(mixed, window=Window(start_ms)))
    gains = {clip.recording_sid: clip.gain_db for clip in whole.audio}
    assert {clip.recording_sid: clip.gain_db for clip in part.audio}.items() <= gains.items()
    assert part.loudness == (mixing.loudness if part.audio else None)


@given(rooms, templates, mixings)
def test_the_plan_document_says_gains_and_loudness_where_there_are_any(case, template, mixing):
    plan = plan_or_skip(case, replace(template, mixing=mixing))
    text = plan_json(plan)
    said = [clip.get("gain_db") for clip in json.loads(text)["audio"]]
    assert said == [float(clip.gain_db) or None for clip in plan.audio]
    read = parse_plan(text.encode())
    assert [clip.gain_db for clip in read.audio] == [clip.gain_db for clip in plan.audio]
    assert read.loudness == plan.loudness
    assert ("loudness" in json.loads(text)) == (plan.loudness is not None)


@given(mixings)
def test_canonical_json_is_read_as_the_same_mixing(mixing):
    template = Template("t", audio=Selection(("*",)))
    mixed = replace(template, mixing=mixing)
    text = canonical_template(mixed)
    assert parse_template(text.encode(), "").mixing == mixing
    assert ('"audio":' in text) == (mixing != AS_RECORDED)
    same = template_sha256(mixed) == template_sha256(template)
    assert same == (mixing == AS_RECORDED)
