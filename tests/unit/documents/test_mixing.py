"""The mixing of templates: what is read, digested, written again, and refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.mixing import AS_RECORDED, Gain, Mixing
from roomreel.model.selection import OfIdentity, OfRole

GAINS = [
    {"sources": ["soundtrack", {"role": "host"}], "gain_db": -12.5},
    {"sources": [{"identity": "guest-*"}], "gain_db": 6.0},
]


def document(**more):
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "mixing",
        "audio_sources": ["*"],
        **more,
    }


def parse(**more):
    return parse_template(json.dumps(document(**more)).encode(), "template.json")


def violations(audio):
    with pytest.raises(TemplateInvalid) as caught:
        parse(audio=audio)
    return [(one.pointer, one.expected, one.found) for one in caught.value.violations]


def test_reads_every_key():
    assert parse(audio={"gains": GAINS}).mixing == Mixing(
        gains=(
            Gain(("soundtrack", OfRole("host")), Fraction(-25, 2)),
            Gain((OfIdentity("guest-*"),), Fraction(6)),
        ),
    )


def test_it_is_read_back_as_it_was():
    found = parse(audio={"gains": GAINS})
    text = canonical_template(found)
    assert '"gain_db":-12.5' in text
    assert '"gain_db":6,' in text
    again = parse_template(text.encode(), "")
    assert again == found
    assert template_sha256(again) == template_sha256(found)


@pytest.mark.parametrize("audio", [None, {}, {"gains": None}, {"gains": []}], ids=json.dumps)
def test_at_its_default_it_is_as_none(audio):
    plain, said = parse(), parse(audio=audio)
    assert said.mixing == AS_RECORDED
    assert said == plain
    assert '"audio"' not in canonical_template(said)
    assert template_sha256(said) == template_sha256(plain)


def test_what_changes_the_sound_changes_the_digest():
    said = [
        {"gains": GAINS},
        {"gains": GAINS[::-1]},
        {"gains": GAINS[:1]},
        {"gains": [GAINS[0] | {"gain_db": -12.4}]},
        {"gains": [GAINS[0] | {"sources": ["soundtrack"]}]},
    ]
    digests = {template_sha256(parse(audio=audio)) for audio in said}
    assert len(digests | {template_sha256(parse())}) == len(said) + 1


def gain(**changes):
    return {"gains": [GAINS[1] | changes]}


BROKEN = [
    ([], "/audio", "an object", "an empty array"),
    ({"gain": 1}, "/audio/gain", "a known key", '"gain"'),
    ({"gains": {}}, "/audio/gains", "an array", "an empty object"),
    ({"gains": GAINS * 51}, "/audio/gains", "0 to 100 elements", "an array of 102"),
    ({"gains": [None]}, "/audio/gains/0", "an object", "null"),
    ({"gains": [{"gain_db": 1}]}, "/audio/gains/0/sources", 'a key "sources"', "nothing"),
    ({"gains": [{"sources": ["*"]}]}, "/audio/gains/0/gain_db", 'a key "gain_db"', "nothing"),
    (gain(sources="*"), "/audio/gains/0/sources", "an array", '"*"'),
    (gain(sources=["*a*"]), "/audio/gains/0/sources/0", "a sid", '"*a*"'),
    (gain(gain_db=None), "/audio/gains/0/gain_db", "a number, -60 to 20", "null"),
    (gain(gain_db="6"), "/audio/gains/0/gain_db", "a number, -60 to 20", '"6"'),
    (gain(gain_db=True), "/audio/gains/0/gain_db", "a number, -60 to 20", "true"),
    (gain(gain_db=-60.1), "/audio/gains/0/gain_db", "a number, -60 to 20", "-60.1"),
    (gain(gain_db=20.1), "/audio/gains/0/gain_db", "a number, -60 to 20", "20.1"),
    (gain(gain_db=0.25), "/audio/gains/0/gain_db", "tenths, such as -6.5", "0.25"),
    (gain(gain_db=1e-300), "/audio/gains/0/gain_db", "tenths, such as -6.5", "1e-300"),
    (gain(mute=True), "/audio/gains/0/mute", "a known key", '"mute"'),
]


@pytest.mark.parametrize(("audio", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule(audio, pointer, expected, found):
    [(where, wanted, there)] = violations(audio)
    assert (where, expected in wanted, found in there) == (pointer, True, True), (wanted, there)


def test_all_broken_rules_are_told_at_once():
    audio = {"gains": [{"sources": ["**"], "gain_db": 0.01}, {"sources": ["*"], "gain_db": 99}, 5]}
    assert sorted(pointer for pointer, _, _ in violations(audio)) == [
        "/audio/gains/0/gain_db",
        "/audio/gains/0/sources/0",
        "/audio/gains/1/gain_db",
        "/audio/gains/2",
    ]
