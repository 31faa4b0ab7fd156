import hashlib
import json
import re
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from roomreel.documents.template import (
    canonical_template,
    hook_text,
    parse_template,
    template_sha256,
)
from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Fit
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.model.template import Format, LastRow, Region, Reuse, Template, UnitKind
from roomreel.model.window import Window


def parse(document):
    return parse_template(json.dumps(document).encode(), "template.json")


def minimal(**more):
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "minimal",
        "audio_sources": ["*"],
        **more,
    }


def test_reads_every_key(template):
    assert parse(template) == Template(
        friendly_name="everything",
        regions=(
            Region(
                name="top",
                sources=Selection(("screen",), ("*-private", OfIdentity("bot-*"))),
                x=600,
                y=20,
                z=5,
                width=40,
                height=30,
                max_columns=3,
                max_rows=2,
                cells_excluded=(1, 4),
                reuse=Reuse.NONE,
                min_recording_ms=1500,
            ),
            Region(
                name="back",
                sources=Selection(("*",)),
                gap=8,
                padding=16,
                last_row=LastRow.CENTER,
                unit=UnitKind.PARTICIPANT,
                voices=Selection(("*",), (OfRole("bot"),)),
                framing=Framing(Fit.COVER, Anchor.BOTTOM_LEFT, mirror=True),
            ),
        ),
        audio=Selection(("*",), ("music*", OfRole("bot"))),
        resolution=Size(640, 480),
        format=Format.MP4,
        trim=False,
        enabled=False,
        frame_rate=Fraction(30000, 1001),
        passthrough=True,
        rooms=("lesson-*",),
        status_callback="https://example.com/done",
        status_callback_method="GET",
    )


def test_the_defaults_are_the_documented_ones():
    assert parse(minimal()) == Template(friendly_name="minimal", audio=Selection(("*",)))


def test_null_is_unset(template):
    unset = {key: None for key in template if key not in {"schema", "friendly_name"}}
    assert parse({**template, **unset, "audio_sources": ["*"]}) == parse(
        minimal(friendly_name="everything")
    )
    region = dict.fromkeys(template["video_layout"]["top"]) | {"video_sources": ["*"]}
    assert parse(minimal(video_layout={"a": region})).regions == (Region("a", Selection(("*",))),)


def test_canonical_json_has_every_key_and_reads_back_equal(template):
    text = canonical_template(parse(template))
    assert parse_template(text.encode(), "") == parse(template)
    assert set(json.loads(text)) == set(template)
    assert list(json.loads(text)) == sorted(template)
    assert ", " not in text


def test_a_hook_is_read_back_as_it_was(template):
    hook = parse({**template, **HOOK})
    assert hook.sid == HOOK["sid"]
    assert hook.date_created == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert hook.date_updated == datetime(2026, 11, 20, 9, 0, 0, 250_000, tzinfo=UTC)
    assert parse_template(hook_text(hook).encode(), "") == hook
    assert canonical_template(hook) == canonical_template(parse(template))


def test_a_name_gives_a_hook_its_sid_in_any_case():
    named = [parse(minimal(friendly_name=name)) for name in ("Straße", "STRASSE", "other")]
    sids = [template.hook_sid for template in named]
    assert sids[0] == sids[1] != sids[2]
    assert all(re.fullmatch("HK[0-9a-f]{32}", sid) for sid in sids)
    written = parse_template(hook_text(named[0]).encode(), "")
    assert written.sid == written.hook_sid == sids[0]


HOOK = {
    "sid": "HK" + "a" * 32,
    "date_created": "2026-11-20T09:00:00Z",
    "date_updated": "2026-11-20T10:00:00.25+01:00",
}
SAME_PIXELS = {
    "enabled": True,
    "rooms": None,
    "friendly_name": "other",
    "status_callback": None,
    "status_callback_method": "POST",
    "sid": "HK" + "0" * 32,
    "date_created": "2026-11-20T09:00:00Z",
    "date_updated": "2026-11-20T10:00:00.25+01:00",
}
OTHER_PIXELS = {
    "audio_sources": ["a"],
    "audio_sources_excluded": [],
    "resolution": "1280x720",
    "format": "webm",
    "frame_rate": 30,
    "trim": True,
    "passthrough": False,
}


@pytest.mark.parametrize("key", SAME_PIXELS)
def test_the_digest_is_blind_to(template, key):
    assert template_sha256(parse(template)) == template_sha256(
        parse({**template, key: SAME_PIXELS[key]})
    )


@pytest.mark.parametrize("key", OTHER_PIXELS)
def test_the_digest_sees(template, key):
    assert template_sha256(parse(template)) != template_sha256(
        parse({**template, key: OTHER_PIXELS[key]})
    )


def test_the_digest_sees_which_region_is_on_top(template):
    swapped = dict(reversed(template["video_layout"].items()))
    assert template_sha256(parse(template)) != template_sha256(
        parse({**template, "video_layout": swapped})
    )


def test_the_digest_does_not_see_how_it_is_written(template):
    spelled_out = json.loads(canonical_template(parse(template)))
    assert template_sha256(parse(spelled_out)) == template_sha256(parse(template))


# The digest stands in catalogs: a change of this text makes every composition again.
DIGESTED = (
    '{"audio_sources":["*"],"audio_sources_excluded":[],"format":"webm","frame_rate":"30/1",'
    '"passthrough":false,"resolution":"640x480","schema":"roomreel.template/1","trim":true,'
    '"video_layout":{"é":{"cells_excluded":[],"height":null,"max_columns":null,"max_rows":null,'
    '"reuse":"show_oldest","video_sources":["*"],"video_sources_excluded":[],"width":null,'
    '"x_pos":0,"y_pos":0,"z_pos":0}}}'
)


def test_the_digest_is_of_this_text():
    template = parse(minimal(video_layout={"é": {"video_sources": ["*"]}}))
    assert template_sha256(template) == hashlib.sha256(DIGESTED.encode()).hexdigest()


# The default of each, and other values.
YOUNGER = {
    "min_recording_ms": (0, 1, 2),
    "gap": (0, 1, 200),
    "padding": (0, 1, 200),
    "last_row": ("start", "center"),
    "unit": ("recording", "participant"),
    "fit": tuple(Fit),
    "fit_anchor": ("center", *sorted(set(Anchor) - {"center"})),
    "mirror": (False, True),
    "corner_radius": (0, 1, 200),
}


@pytest.mark.parametrize("window", [None, {}, {"start_ms": 0}, {"start_ms": None, "end_ms": None}])
def test_a_window_of_all_is_as_none(window):
    plain, said = parse(minimal()), parse(minimal(window=window))
    assert said == plain
    assert "window" not in canonical_template(said)
    assert template_sha256(said) == template_sha256(plain)


def test_a_window_is_written_whole_and_digested():
    windows = [{"start_ms": 5}, {"end_ms": 5}, {"start_ms": 5, "end_ms": 6}]
    read = [parse(minimal(window=window)) for window in windows]
    assert [one.window for one in read] == [Window(5), Window(0, 5), Window(5, 6)]
    assert '"window":{"end_ms":5,"start_ms":0}' in canonical_template(read[1])
    assert [parse_template(canonical_template(one).encode(), "") for one in read] == read
    assert len({template_sha256(one) for one in [parse(minimal()), *read]}) == 4


def test_a_track_name_that_looks_like_a_selector_is_none():
    def of(source):
        return parse(minimal(audio_sources=[source]))

    texts = [of('{"role":"host"}'), of({"role": "host"}), of({"identity": "host"})]
    assert texts[0].audio.included == ('{"role":"host"}',)
    assert len({template_sha256(one) for one in texts}) == len(texts)


def with_region(**members):
    return parse(minimal(video_layout={"é": {"video_sources": ["*"], **members}}))


@pytest.mark.parametrize("member", YOUNGER)
def test_a_younger_member_of_a_region_is_digested_where_it_is_set(member):
    default, *others = YOUNGER[member]
    plain = with_region()
    for unset in (default, None):
        same = with_region(**{member: unset})
        assert template_sha256(same) == template_sha256(plain)
        assert canonical_template(same) == canonical_template(plain)
    set_to = [with_region(**{member: value}) for value in others]
    assert len({template_sha256(template) for template in (plain, *set_to)}) == 1 + len(others)
    for template in set_to:
        assert parse_template(canonical_template(template).encode(), "") == template


def test_voices_are_digested_where_they_are_set():
    people = {"unit": "participant"}
    plain = with_region(**people)
    unset = with_region(**people, voice_sources=[], voice_sources_excluded=None)
    assert canonical_template(unset) == canonical_template(plain)
    named = [with_region(**people, voice_sources=[name]) for name in "ab"]
    named.append(with_region(**people, voice_sources=["a"], voice_sources_excluded=["b"]))
    assert len({template_sha256(template) for template in (plain, *named)}) == 4
    for template in named:
        assert parse_template(canonical_template(template).encode(), "") == template
