"""The mixing of templates: what is read, digested, written again, and refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import TemplateInvalid
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.mixing import AS_RECORDED, Gain, Level, Mixing
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
    audio = {
        "gains": GAINS,
        "level": {"target_lufs": -20, "max_gain_db": 9.5},
        "loudness": {"target_lufs": -16, "true_peak_dbtp": -1.0},
    }
    assert parse(audio=audio).mixing == Mixing(
        gains=(
            Gain(("soundtrack", OfRole("host")), Fraction(-25, 2)),
            Gain((OfIdentity("guest-*"),), Fraction(6)),
        ),
        loudness=LoudnessTarget(Fraction(-16), Fraction(-1)),
        level=Level(Fraction(-20), Fraction(19, 2)),
    )


def test_a_level_moves_nobody_by_more_than_12_db_unless_something_else_is_said():
    said = parse(audio={"level": {"target_lufs": -20, "max_gain_db": None}})
    assert said.mixing == Mixing(level=Level(Fraction(-20), Fraction(12)))
    written = '"level":{"max_gain_db":12,"target_lufs":-20},"loudness":null}'
    assert written in canonical_template(said)


@pytest.mark.parametrize("peak", [{}, {"true_peak_dbtp": None}, {"true_peak_dbtp": -1.5}])
def test_peaks_stay_below_minus_1_5_unless_something_else_is_said(peak):
    said = parse(audio={"loudness": {"target_lufs": -16.5, **peak}})
    assert said.mixing.loudness == LoudnessTarget(Fraction(-33, 2), Fraction(-3, 2))
    written = (
        '"audio":{"gains":[],"level":null,"loudness":{"target_lufs":-16.5,"true_peak_dbtp":-1.5}}'
    )
    assert written in canonical_template(said)


def test_it_is_read_back_as_it_was():
    audio = {"gains": GAINS, "loudness": {"target_lufs": -23}, "level": {"target_lufs": -20.5}}
    found = parse(audio=audio)
    text = canonical_template(found)
    assert '"gain_db":-12.5' in text
    assert '"gain_db":6,' in text
    again = parse_template(text.encode(), "")
    assert again == found
    assert template_sha256(again) == template_sha256(found)


@pytest.mark.parametrize(
    "audio",
    [None, {}, {"gains": None}, {"gains": []}, {"loudness": None}, {"gains": [], "level": None}],
    ids=json.dumps,
)
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
        {"loudness": {"target_lufs": -16}},
        {"loudness": {"target_lufs": -16.1}},
        {"loudness": {"target_lufs": -16, "true_peak_dbtp": -1}},
        {"gains": GAINS[:1], "loudness": {"target_lufs": -16}},
        {"level": {"target_lufs": -16}},
        {"level": {"target_lufs": -16, "max_gain_db": 11.9}},
    ]
    digests = {template_sha256(parse(audio=audio)) for audio in said}
    assert len(digests | {template_sha256(parse())}) == len(said) + 1


def gain(**changes):
    return {"gains": [GAINS[1] | changes]}


def level(**changes):
    return {"level": {"target_lufs": -20} | changes}


def loudness(**changes):
    return {"loudness": {"target_lufs": -16} | changes}


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
    ({"loudness": -16}, "/audio/loudness", "an object", "-16"),
    ({"loudness": {}}, "/audio/loudness/target_lufs", 'a key "target_lufs"', "nothing"),
    (loudness(target_lufs=None), "/audio/loudness/target_lufs", "-31 to -5", "null"),
    (loudness(target_lufs=-31.1), "/audio/loudness/target_lufs", "-31 to -5", "-31.1"),
    (loudness(target_lufs=-4.9), "/audio/loudness/target_lufs", "-31 to -5", "-4.9"),
    (loudness(target_lufs=-16.05), "/audio/loudness/target_lufs", "tenths", "-16.05"),
    (loudness(true_peak_dbtp=0.1), "/audio/loudness/true_peak_dbtp", "-9 to 0", "0.1"),
    (loudness(true_peak_dbtp=-9.1), "/audio/loudness/true_peak_dbtp", "-9 to 0", "-9.1"),
    (loudness(true_peak_dbtp=-1.25), "/audio/loudness/true_peak_dbtp", "tenths", "-1.25"),
    (loudness(range_lu=7), "/audio/loudness/range_lu", "a known key", '"range_lu"'),
    ({"level": {}}, "/audio/level/target_lufs", 'a key "target_lufs"', "nothing"),
    (level(target_lufs=-40.1), "/audio/level/target_lufs", "-40 to -10", "-40.1"),
    (level(target_lufs=-9), "/audio/level/target_lufs", "-40 to -10", "-9"),
    (level(target_lufs=-20.25), "/audio/level/target_lufs", "tenths", "-20.25"),
    (level(max_gain_db=-1), "/audio/level/max_gain_db", "0 to 20", "-1"),
    (level(max_gain_db=20.1), "/audio/level/max_gain_db", "0 to 20", "20.1"),
    (level(max_gain_db=0.01), "/audio/level/max_gain_db", "tenths", "0.01"),
    (level(attack=1), "/audio/level/attack", "a known key", '"attack"'),
    (gain(mute=True), "/audio/gains/0/mute", "a known key", '"mute"'),
]


@pytest.mark.parametrize(("audio", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule(audio, pointer, expected, found):
    [(where, wanted, there)] = violations(audio)
    assert (where, expected in wanted, found in there) == (pointer, True, True), (wanted, there)


def test_all_broken_rules_are_told_at_once():
    gains = [{"sources": ["**"], "gain_db": 0.01}, {"sources": ["*"], "gain_db": 99}, 5]
    audio = {"gains": gains, "loudness": {"target_lufs": -40, "true_peak_dbtp": -1.33}}
    assert sorted(pointer for pointer, _, _ in violations(audio)) == [
        "/audio/gains/0/gain_db",
        "/audio/gains/0/sources/0",
        "/audio/gains/1/gain_db",
        "/audio/gains/2",
        "/audio/loudness/target_lufs",
        "/audio/loudness/true_peak_dbtp",
    ]
