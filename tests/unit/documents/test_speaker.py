"""The rules of the active speaker in documents: read, refused, written again."""

from __future__ import annotations

import json

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.look import Border, Colour
from roomreel.model.selection import OfRole, Selection
from roomreel.model.speaker import USUAL_SPEAKER, Evidence, SpeakerRules
from roomreel.model.talk import Sensitivity
from roomreel.plan.evidence import asks_who_talks, listens, reads_events

PLAIN = {"grid": {"video_sources": ["*"]}}


def parse(**members):
    document = {"schema": "roomreel.template/1", "friendly_name": "t", "video_layout": PLAIN}
    return parse_template(json.dumps(document | members).encode(), "t.json")


def test_reads_every_key():
    said = {
        "evidence": "events",
        "sources": ["mic*", {"role": "host"}],
        "sources_excluded": ["music"],
        "sensitivity": "high",
        "min_talk_ms": 100,
        "pause_ms": 0,
        "hold_ms": 60_000,
        "lead_ms": 2000,
    }
    read = parse(speaker=said)
    sources = Selection(("mic*", OfRole("host")), ("music",))
    expected = SpeakerRules(Evidence.EVENTS, sources, Sensitivity.HIGH, 100, 0, 60_000, 2000)
    assert read.speaker == expected
    assert parse_template(canonical_template(read).encode(), "") == read
    assert template_sha256(read) != template_sha256(parse())


@pytest.mark.parametrize(
    "unset",
    [
        None,
        {},
        {"evidence": "sound", "sources": ["*"], "sources_excluded": [], "sensitivity": None},
        {"min_talk_ms": 800, "pause_ms": 1000, "hold_ms": 2000, "lead_ms": 200},
    ],
)
def test_a_member_at_its_default_changes_no_digest(unset):
    read = parse(speaker=unset)
    assert read.speaker == USUAL_SPEAKER
    assert template_sha256(read) == template_sha256(parse())
    assert canonical_template(read) == canonical_template(parse())


@pytest.mark.parametrize(
    ("said", "pointer", "expected", "found"),
    [
        ({"evidence": "eyes"}, "evidence", '"sound" or "events"', '"eyes"'),
        ({"sources": [""]}, "sources/0", "a sid", '""'),
        ({"sensitivity": 3}, "sensitivity", '"low" or "normal"', "3"),
        ({"min_talk_ms": 99}, "min_talk_ms", "100 to 10000", "99"),
        ({"pause_ms": 10_001}, "pause_ms", "0 to 10000", "10001"),
        ({"hold_ms": 60_001}, "hold_ms", "0 to 60000", "60001"),
        ({"lead_ms": 2001}, "lead_ms", "0 to 2000", "2001"),
        ({"lead_ms": 1.5}, "lead_ms", "integer", "1.5"),
        ({"lag_ms": 1}, "lag_ms", "a known key", '"lag_ms"'),
    ],
)
def test_a_broken_rule(said, pointer, expected, found):
    with pytest.raises(TemplateInvalid) as caught:
        parse(speaker=said)
    (violation,) = caught.value.violations
    assert violation.pointer == f"/speaker/{pointer}"
    assert expected in violation.expected
    assert found in violation.found


ASKING = {
    "order": {"video_layout": {"a": {"video_sources": ["*"], "order": "speaker"}}},
    "border": {
        "video_layout": {"a": {"video_sources": ["*"], "talking_border": {"color": "#22c55e"}}}
    },
    "talking": {"layout_rules": [{"layout": "default", "when": {"not": {"talking": ["*"]}}}]},
    "silence": {"layout_rules": [{"layout": "default", "when": {"silent_ms": 5}}]},
    "text": {"overlays": [{"type": "text", "text": "now: {speaker}"}]},
}


@pytest.mark.parametrize("members", ASKING.values(), ids=ASKING)
def test_what_asks_who_talks_has_the_room_listened_to_or_its_events_read(members):
    read = parse(**members)
    assert (asks_who_talks(read), listens(read), reads_events(read)) == (True, True, False)
    told = parse(**members, speaker={"evidence": "events"})
    assert (asks_who_talks(told), listens(told), reads_events(told)) == (True, False, True)


@pytest.mark.parametrize(
    "members", [{}, {"overlays": [{"type": "text", "text": "{{speaker}} {room}"}]}]
)
def test_what_does_not_ask_has_neither(members):
    read = parse(**members, speaker={"evidence": "events", "sensitivity": "low"})
    assert (asks_who_talks(read), listens(read), reads_events(read)) == (False, False, False)


def test_a_border_around_who_talks_has_a_usual_width():
    read = parse(**ASKING["border"])
    assert read.regions[0].tile.talking_border == Border(4, Colour.parse("#22c55e"))
    assert parse_template(canonical_template(read).encode(), "") == read
