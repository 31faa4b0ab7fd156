"""Templates that break a rule: where, and in what words."""

import pytest

TOP, BACK = "/video_layout/top", "/video_layout/back"
NARROW = {"video_sources": ["*"], "width": 100}


def minimal(**more):
    return {
        "schema": "roomreel.template/1",
        "friendly_name": "minimal",
        "audio_sources": ["*"],
        **more,
    }


# pointer changed, value, pointer of the violation, a part of what is expected and found
BROKEN = [
    ("/friendly_name", ..., "/friendly_name", "a key", "nothing"),
    ("/friendly_name", "x" * 101, "/friendly_name", "1 to 100 characters", "(101 characters)"),
    ("/resolution", "640x481x2", "/resolution", "WIDTHxHEIGHT", "640x481x2"),
    ("/resolution", "0640x480", "/resolution", "WIDTHxHEIGHT", "0640x480"),
    ("/resolution", "3841x480", "/resolution", "16 to 3840", "3841x480"),
    ("/resolution", "640x15", "/resolution", "16 to 3840", "640x15"),
    ("/resolution", "3840x3840", "/resolution", "8294400 pixels", "3840x3840"),
    ("/format", "avi", "/format", '"mp4" or "webm"', '"avi"'),
    ("/frame_rate", 0, "/frame_rate", "1 to 60", "0"),
    ("/frame_rate", 61, "/frame_rate", "1 to 60", "61"),
    ("/frame_rate", 29.97, "/frame_rate", "an integer or", "29.97"),
    ("/frame_rate", "121/2", "/frame_rate", "1 to 60", '"121/2"'),
    ("/frame_rate", "1/2", "/frame_rate", "1 to 60", '"1/2"'),
    ("/frame_rate", "30/0", "/frame_rate", "1 to 60", '"30/0"'),
    ("/trim", "yes", "/trim", "true or false", '"yes"'),
    ("/window", [], "/window", "an object", "an empty array"),
    ("/window", {"end_ms": 0}, "/window/end_ms", "ms after start_ms, which is 0", "0"),
    ("/window", {"start_ms": 9, "end_ms": 8}, "/window/end_ms", "after start_ms, which is 9", "8"),
    ("/window", {"start_ms": -1}, "/window/start_ms", "0 to 86400000", "-1"),
    ("/window", {"end_ms": 86_400_001}, "/window/end_ms", "0 to 86400000", "86400001"),
    ("/window", {"start": 1}, "/window/start", "a known key", '"start"'),
    ("/status_callback", "ftp://x", "/status_callback", "http or https", "ftp"),
    ("/status_callback", "http://" + "x" * 1017, "/status_callback", "less than 1024", "(1024"),
    ("/sid", "HK" + "A" * 32, "/sid", "HK and 32 hex digits", "HKAAAA"),
    ("/sid", "CJ" + "a" * 32, "/sid", "HK and 32 hex digits", "CJaaaa"),
    ("/date_created", "2026-11-20", "/date_created", "a date such as", "2026-11-20"),
    ("/date_updated", "1969-12-31T23:59:59Z", "/date_updated", "from 1970 on", "1969"),
    ("/status_callback_method", "PUT", "/status_callback_method", '"GET" or "POST"', "PUT"),
    ("/audio_sources", "*", "/audio_sources", "an array", '"*"'),
    ("/audio_sources/0", "**", "/audio_sources/0", "* at its start or its end", '"**"'),
    ("/audio_sources/0", "*a*", "/audio_sources/0", "* at its start or its end", '"*a*"'),
    ("/audio_sources/0", "a*b", "/audio_sources/0", "* at its start or its end", '"a*b"'),
    ("/audio_sources/0", "", "/audio_sources/0", "a track name", '""'),
    ("/audio_sources/0", {}, "/audio_sources/0", '{"identity": glob} or', "an empty object"),
    ("/audio_sources/0", {"role": None}, "/audio_sources/0", '{"role": name}', "an object"),
    (
        "/audio_sources/0",
        {"role": "host", "identity": "*"},
        "/audio_sources/0",
        '{"identity": glob} or {"role": name}',
        "an object",
    ),
    ("/audio_sources/0", {"role": ""}, "/audio_sources/0/role", "1 to 10000", '""'),
    ("/audio_sources/0", {"identity": 5}, "/audio_sources/0/identity", "a string", "5"),
    ("/audio_sources/0", 5, "/audio_sources/0", "a sid, a track name", "5"),
    (f"{TOP}/video_sources", ..., f"{TOP}/video_sources", "a key", "nothing"),
    (f"{TOP}/video_sources", None, f"{TOP}/video_sources", "an array", "null"),
    (f"{TOP}/heigth", 3, f"{TOP}/heigth", "a known key", '"heigth"'),
    (f"{TOP}/attributes", {}, f"{TOP}/attributes", "a known key", '"attributes"'),
    (f"{TOP}/width", 41, f"{TOP}/width", "16 to 40", "41"),
    (f"{TOP}/width", 15, f"{TOP}/width", "16 up", "15"),
    (f"{TOP}/width", "40", f"{TOP}/width", "an integer", '"40"'),
    (f"{TOP}/height", 461, f"{TOP}/height", "16 to 460", "461"),
    (f"{TOP}/x_pos", -1, f"{TOP}/x_pos", "0 up", "-1"),
    (f"{TOP}/x_pos", 625, f"{TOP}/x_pos", "0 to 600", "625"),
    (f"{TOP}/x_pos", 601, f"{TOP}/width", "16 to 39", "40"),
    (f"{TOP}/y_pos", 470, f"{TOP}/y_pos", "0 to 450", "470"),
    ("/video_layout/back/x_pos", 625, "/video_layout/back/x_pos", "0 to 624", "625"),
    (f"{TOP}/z_pos", 100, f"{TOP}/z_pos", "-99 to 99", "100"),
    (f"{TOP}/max_rows", 0, f"{TOP}/max_rows", "1 to 1000", "0"),
    (f"{TOP}/min_recording_ms", -1, f"{TOP}/min_recording_ms", "0 to 86400000", "-1"),
    (f"{TOP}/gap", 201, f"{TOP}/gap", "0 to 200", "201"),
    (f"{TOP}/padding", 1001, f"{TOP}/padding", "0 to 1000", "1001"),
    (f"{TOP}/corner_radius", 201, f"{TOP}/corner_radius", "0 to 200", "201"),
    (f"{TOP}/corner_radius", -1, f"{TOP}/corner_radius", "0 to 200", "-1"),
    (f"{TOP}/fit", "fill", f"{TOP}/fit", '"contain" or "cover" or "stretch"', '"fill"'),
    (f"{TOP}/fit_anchor", "middle", f"{TOP}/fit_anchor", '"top-left"', '"middle"'),
    (f"{TOP}/mirror", 1, f"{TOP}/mirror", "true or false", "1"),
    (f"{TOP}/unit", "track", f"{TOP}/unit", '"recording" or "participant"', '"track"'),
    (f"{TOP}/voice_sources", ["*"], f"{TOP}/voice_sources", 'unit "participant"', "array of 1"),
    (
        f"{TOP}/voice_sources_excluded",
        ["a"],
        f"{TOP}/voice_sources_excluded",
        "no key, or",
        "of 1",
    ),
    (f"{BACK}/unit", "person", f"{BACK}/unit", '"participant"', '"person"'),
    (f"{BACK}/voice_sources", ["*a*"], f"{BACK}/voice_sources/0", "a sid", '"*a*"'),
    (f"{TOP}/last_row", "end", f"{TOP}/last_row", '"start" or "center"', '"end"'),
    (BACK, NARROW | {"padding": 43}, f"{BACK}/padding", "0 to 42, which leaves 16 pixels", "43"),
    (BACK, NARROW | {"max_columns": 6, "gap": 2}, f"{BACK}/max_columns", "1 to 5, so that", "6"),
    (f"{BACK}/max_rows", 20, f"{BACK}/max_rows", "1 to 19, so that cells have 16 pixels", "20"),
    (f"{BACK}/padding", 233, f"{BACK}/padding", "0 to 232", "233"),
    (f"{TOP}/max_columns", 1001, f"{TOP}/max_columns", "1 to 1000", "1001"),
    (f"{TOP}/cells_excluded/0", 1000000, f"{TOP}/cells_excluded/0", "0 to 999999", "1000000"),
    (f"{TOP}/cells_excluded/0", "4\n", f"{TOP}/cells_excluded/0", "0 to 999999", '"4\\n"'),
    (f"{TOP}/cells_excluded/0", "\u0664", f"{TOP}/cells_excluded/0", "0 to 999999", "\u0664"),
    (f"{TOP}/reuse", "some", f"{TOP}/reuse", '"show_oldest"', '"some"'),
    ("/video_layout/", {"video_sources": ["*"]}, "/video_layout/", "a region name", '""'),
    ("/video_layout/back", 3, "/video_layout/back", "an object", "3"),
]


@pytest.mark.parametrize(("at", "value", "pointer", "expected", "found"), BROKEN)
def test_a_broken_rule(template_after, at, value, pointer, expected, found):
    (violation,) = template_after(at, value)
    assert violation.pointer == pointer
    assert expected in violation.expected
    assert found in violation.found


FITTING = [
    (f"{TOP}/voice_sources", []),
    (f"{BACK}/voice_sources", None),
    (f"{BACK}/video_sources", []),
    (f"{TOP}/x_pos", 0),
    (BACK, {"video_sources": ["*"], "x_pos": 624}),
    (BACK, {"video_sources": ["*"], "y_pos": 464}),
    (BACK, NARROW | {"padding": 42}),
    (BACK, NARROW | {"max_columns": 5, "gap": 2}),
    (BACK, NARROW | {"max_columns": 1000}),
    (f"{BACK}/max_rows", 19),
    (f"{BACK}/max_columns", 25),
    (f"{BACK}/padding", 232),
    (f"{BACK}/corner_radius", 200),
    ("/resolution", "3840x2160"),
    ("/resolution", "961x541"),
    ("/frame_rate", 60),
    ("/frame_rate", "60/60"),
    (f"{TOP}/cells_excluded", ["999999", 0]),
    (f"{TOP}/video_sources", ["*", "a*", "*a", "it's 100%: 漢字 😀"]),
    (f"{TOP}/video_sources", []),
    (
        f"{TOP}/video_sources_excluded",
        [{"identity": "a*[b-z]?"}, {"role": "{x}", "identity": None}],
    ),
    ("/$schema", "../roomreel/schemas/template-1.schema.json"),
]


@pytest.mark.parametrize(("at", "value"), FITTING)
def test_at_the_edge_of_what_is_allowed(template_after, at, value):
    assert template_after(at, value) == ()


def test_a_string_for_a_list_is_told_how_to_be_one(template_after):
    (violation,) = template_after("/audio_sources", "teacher")
    assert violation.hint == 'write ["teacher"]'


LISTS = [
    "/rooms",
    "/audio_sources",
    "/audio_sources_excluded",
    "/video_layout/top/cells_excluded",
    "/video_layout/top/video_sources",
    "/video_layout/top/video_sources_excluded",
]


@pytest.mark.parametrize("at", LISTS)
def test_a_list_that_is_too_long_is_one_mistake_whatever_is_in_it(template_after, at):
    (violation,) = template_after(at, [1.5] * 10_001)
    assert (violation.pointer, violation.found) == (at, "an array of 10001")
    assert violation.expected == "an array, 0 to 10000 elements"


def test_a_layout_of_too_many_regions_is_refused(template_after):
    regions = {str(number): {"video_sources": ["*"]} for number in range(1001)}
    (violation,) = template_after("/video_layout", regions)
    assert violation.expected == "an object, 0 to 1000 members"


@pytest.mark.parametrize(
    "more", [{}, {"video_layout": {}}, {"audio_sources": []}, {"video_layout": None}]
)
def test_something_must_be_selected(template_violations, more):
    document = minimal(**more)
    if "audio_sources" not in more:
        del document["audio_sources"]
    (violation,) = template_violations(document)
    assert (violation.pointer, violation.found) == ("", "neither")


def test_a_broken_layout_is_not_also_called_missing(template_violations):
    (violation,) = template_violations(minimal(audio_sources=[], video_layout="grid"))
    assert violation.pointer == "/video_layout"


def test_without_a_resolution_nothing_is_said_to_stick_out(template, change, template_violations):
    change(template, "/resolution", "big")
    change(template, f"{TOP}/x_pos", 3000)
    (violation,) = template_violations(template)
    assert violation.pointer == "/resolution"
