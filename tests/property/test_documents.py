"""Hostile documents: whatever the bytes, a parser answers with a model or with violations."""

import copy
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.documents.template import canonical_template, parse_template
from roomreel.documents.text import LARGEST_INTEGER, read
from roomreel.errors import DocumentInvalid, StorageFailed
from roomreel.storage import resolve_media_path


def sid(prefix, number=1):
    return f"{prefix}{number:032x}"


ROOM = {
    "schema": "roomreel.room/1",
    "room": {
        "sid": sid("RM"),
        "unique_name": "standup",
        "status": "completed",
        "date_created": "2026-11-20T09:00:00Z",
        "end_time": "2026-11-20T09:31:12Z",
        "clock_zero": "2026-11-20T09:00:00.5Z",
        "recording_rules": [{"type": "include", "kind": "video", "track": "camera"}],
    },
    "participants": [
        {
            "sid": sid("PA"),
            "identity": "alice",
            "kind": "webrtc",
            "display_name": "Alice",
            "roles": ["host"],
            "avatar": "alice.png",
        }
    ],
    "recordings": [
        {
            "sid": sid("RT"),
            "source_sid": sid("MT"),
            "participant_sid": sid("PA"),
            "track_name": "camera",
            "type": "video",
            "status": "completed",
            "codec": "VP8",
            "offset": 0,
            "size": 10,
            "media": "a.mkv",
        }
    ],
    "events": [
        {"at_ms": 5000, "type": "mark", "text": "Questions", "participant_sid": sid("PA")},
        {"at_ms": -5, "type": "layout", "value": "qa"},
    ],
}
TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "grid",
    "enabled": True,
    "rooms": ["*"],
    "video_layout": {
        "a": {
            "x_pos": 10,
            "width": 100,
            "max_rows": 2,
            "cells_excluded": [1],
            "reuse": "none",
            "background_color": "#102030",
            "bars": "none",
            "corner_radius": 12,
            "label": {"text": "{name}", "x": 1, "max_width": 99, "style": {"size": 20}},
            "video_sources": ["*"],
        }
    },
    "audio_sources": ["*"],
    "resolution": "640x480",
    "format": "mp4",
    "frame_rate": 30,
    "chapters": ["marks"],
    "background": {"color": "#102030", "image": "a.png", "fit": "contain"},
    "overlays": [
        {
            "type": "text",
            "text": "{room}",
            "anchor": "top",
            "x": 1,
            "between": [{"start_ms": 1, "end_ms": 2}],
            "style": {"size": 20, "outline": {"width": 1}, "box": {"padding": 1}, "lines": 2},
        },
        {"type": "clock", "clock": "wall", "format": "MM:SS", "utc_offset_minutes": 60},
        {"type": "image", "image": "a/b.png", "width": 10, "height": 20},
    ],
}
BOTH = pytest.mark.parametrize(
    ("parse", "document"), [(parse_manifest, ROOM), (parse_template, TEMPLATE)]
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["*", "completed", "640x480", "none", sid("RT"), "2026-11-20T09:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from(["sid", "all", "width"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value, path=()):
    """Every path in a JSON value, its root left out."""
    if path:
        yield path
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield from places(value[key], (*path, key))


def changed(document, path, value):
    document = copy.deepcopy(document)
    node = document
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return document


def violations(parse, data):
    try:
        parse(data, "file.json")
    except DocumentInvalid as error:
        for violation in error.violations:
            assert str(violation).isprintable()
        return error.violations
    return ()


def encoded(document):
    return json.dumps(document).encode("utf-8", "surrogatepass")


@BOTH
def test_the_documents_to_begin_with_are_valid(parse, document):
    assert violations(parse, encoded(document)) == ()


@BOTH
@given(data=st.binary(max_size=200))
def test_any_bytes(parse, document, data):
    assert violations(parse, data)


@BOTH
@given(value=json_values)
def test_any_json(parse, document, value):
    assert violations(parse, encoded(value))


@BOTH
@given(data=st.data())
def test_any_value_anywhere(parse, document, data):
    path = data.draw(st.sampled_from(list(places(document))))
    violations(parse, encoded(changed(document, path, data.draw(json_values))))


@BOTH
@given(data=st.data())
def test_any_bytes_changed(parse, document, data):
    text = bytearray(encoded(document))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    violations(parse, bytes(text))


@given(data=st.data())
def test_a_manifest_that_is_written_reads_back_as_the_same_room(data):
    paths = [path for path in places(ROOM) if path != ("schema",)]
    document = copy.deepcopy(ROOM)
    for path in data.draw(st.lists(st.sampled_from(paths), max_size=4)):
        with suppress(KeyError, IndexError, TypeError):
            document = changed(document, path, data.draw(st.none() | json_values))
    try:
        room = parse_manifest(encoded(document), "").room
    except DocumentInvalid:
        return
    assert parse_manifest(manifest_text(room).encode(), "").room == room


class Members(list):
    """An object as its pairs of key and value, in which a key may stand twice."""


def as_members(value):
    if isinstance(value, dict):
        return Members([key, as_members(item)] for key, item in value.items())
    return [as_members(item) for item in value] if isinstance(value, list) else value


def objects(value):
    if isinstance(value, Members):
        yield value
        value = [item for _, item in value]
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


class Word(str):
    """Goes into the text as it is."""

    __slots__ = ()


def lines(value):
    """The text of a value, a token a line."""
    if isinstance(value, Members):
        yield "{"
        for number, (key, item) in enumerate(value):
            yield f"{',' if number else ''}{json.dumps(key)}:"
            yield from lines(item)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            yield from [","] * (number > 0)
            yield from lines(item)
        yield "]"
    else:
        yield value if isinstance(value, Word) else json.dumps(value)


# Each is wrong wherever it stands, and is no mistake of grammar.
ODD_WORDS = [Word(word) for word in ("NaN", "-Infinity", "1e999", '"\\u0000"', '"\\ud800"')]


@st.composite
def repeating(draw, document):
    """A document with keys twice or more often, the values anything, odd words among them."""
    document = as_members(document)
    for _ in range(draw(st.integers(1, 4))):
        members = draw(st.sampled_from(list(objects(document))))
        key = draw(st.sampled_from([key for key, _ in members] or ["a"]))
        subtrees = st.sampled_from(list(objects(document))).map(copy.deepcopy)
        value = draw(json_values.map(as_members) | st.sampled_from(ODD_WORDS) | subtrees)
        wrapped = draw(st.sampled_from([value, [value], Members([["a", value]])]))
        members.insert(draw(st.integers(0, len(members))), [key, wrapped])
    return list(lines(document))


@BOTH
@given(data=st.data())
def test_repeated_keys_at_any_level(parse, document, data):
    text = data.draw(repeating(document))
    found = {violation.line for violation in violations(parse, "\n".join(text).encode())}
    odd = {number for number, line in enumerate(text, 1) if line in ODD_WORDS}
    assert odd <= found


# No schema here takes a number with a fraction, or an object with this key.
WRONG = st.sampled_from([{"no such key": 1}, {"": None}, [[["deep"]]], 1.5, "\0", float("nan")])


@BOTH
@given(data=st.data())
def test_a_wrong_value_is_pointed_at(parse, document, data):
    path = data.draw(st.sampled_from(list(places(document))))
    found = violations(parse, encoded(changed(document, path, data.draw(WRONG))))
    at = "".join(f"/{part}" for part in path)
    assert any(f"{violation.pointer}/".startswith(f"{at}/") for violation in found)


@given(value=json_values)
def test_the_reader_agrees_with_the_standard_library(value):
    text = json.dumps(value)
    result = read(text.encode())
    assert result.readable
    if not result.findings:
        assert result.value == json.loads(text)
        assert all(result.line(path) == 1 for path in places(value))


@given(text=st.text(alphabet='[]{}",:0123456789eE+-. \\ntrufalsN\n', max_size=30))
def test_the_reader_takes_no_text_that_the_standard_library_refuses(text):
    try:
        expected = json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        assert read(text.encode()).findings
        return
    result = read(text.encode())
    assert result.readable
    if isinstance(expected, int) and abs(expected) <= LARGEST_INTEGER:
        assert result.value == expected


names = st.text(alphabet="abc*-_é😀", min_size=1, max_size=6)
ints = st.integers


@given(
    regions=st.dictionaries(
        names,
        st.fixed_dictionaries(
            {"video_sources": st.lists(st.sampled_from(["*", "a*", "*b", "camera", sid("RT")]))},
            optional={
                "x_pos": ints(0, 700),
                "y_pos": ints(0, 500),
                "width": ints(0, 700),
                "height": ints(0, 500),
                "cells_excluded": st.lists(ints(0, 9) | ints(0, 9).map(str)),
                "reuse": st.sampled_from(["none", "show_oldest", "show_newest", None]),
            },
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_region_fits_or_is_refused(regions):
    data = encoded({**TEMPLATE, "video_layout": regions})
    if violations(parse_template, data):
        return
    template = parse_template(data, "")
    for region in template.regions:
        rect = region.rect(template.resolution)
        assert rect.x >= 0
        assert rect.y >= 0
        assert min(rect.width, rect.height) >= 16
        assert rect.right <= 640
        assert rect.bottom <= 480
    assert parse_template(canonical_template(template).encode(), "") == template


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    base = tmp_path_factory.mktemp("confine").resolve()
    room = base / "root" / "room"
    room.mkdir(parents=True)
    (base / "outside").mkdir()
    (room / "in").symlink_to(base / "root")
    (room / "out").symlink_to(base / "outside")
    (room / "up").symlink_to("../..")
    return base


parts = st.sampled_from(
    ["..", ".", "", "room", "in", "out", "up", "root", "outside", "/", "file:", "%2e%2e", "a.mkv"]
) | st.text(max_size=3)


@given(media=st.lists(parts, max_size=7).map("/".join), absolute=st.booleans())
def test_media_never_leave_the_roots(tree, media, absolute):
    assume(len(media) < 200)
    root = tree / "root"
    media = f"{root}/{media}" if absolute else media
    try:
        path = resolve_media_path(str(root / "room" / "manifest.json"), media, [str(root)])
    except StorageFailed:
        return
    assert Path(path).resolve().is_relative_to(root)
    assert path == Path(path).resolve()
