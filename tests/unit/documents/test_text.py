import json

import pytest

from roomreel.documents import text as reader
from roomreel.documents.text import LARGEST_INTEGER, NESTING_LIMIT, SIZE_LIMIT_BYTES, read

GOOD = [
    "{}",
    "[]",
    ' \t\r\n[1, -2, 0, 3.5, 1e2, -0.5E-1, true, false, null, "", {"a": {"b": []}}]\n',
    r'"quote \" slash \/ back \\ tab \t \u00e9 \ud83d\ude00"',
    '"\u202e right to left, 漢字, 😀"',
    f"[{LARGEST_INTEGER}, -{LARGEST_INTEGER}]",
    "[" * NESTING_LIMIT + "]" * NESTING_LIMIT,
]

# text, path of the only finding, its line, a part of what was expected and of what was found
BAD = [
    ("", (), 1, "a JSON value", "an empty file"),
    (" \n", (), 2, "a JSON value", "an empty file"),
    ("[1,", (1,), 1, "a JSON value", "the end of the text"),
    ("\n\n  nul", (), 3, "a JSON value", "nul"),
    ("[1,\n2", (), 2, "a comma or ]", "the end"),
    ("[1,\n]", (1,), 2, "a JSON value", "]"),
    ('{"a": 1,\n}', (), 2, "a key in double quotes", "}"),
    ("{'a': 1}", (), 1, "a key in double quotes", "'"),
    ('{"a" 1}', ("a",), 1, "a colon", "1"),
    ('{"a": 1 "b": 2}', (), 1, "a comma or }", '"'),
    ("{} {}", (), 1, "the end of the document", "{"),
    ('["a\nb"]', (0,), 1, "a string that ends", '"a'),
    ('["abc', (0,), 1, "a string that ends", '"abc'),
    (r'["\x"]', (0,), 1, "valid escapes", r"\x"),
    ("[01]", (0,), 1, "a JSON value", "01"),
    ("[+1]", (0,), 1, "a JSON value", "+1"),
    ("[.5]", (0,), 1, "a JSON value", ".5"),
    ("[1.]", (0,), 1, "a JSON value", "1."),
    ("[\u0661]", (0,), 1, "a JSON value", "\u0661"),
    ("// no comments\n{}", (), 1, "a JSON value", "/"),
    ('{"a":\nNaN}', ("a",), 2, "a number that JSON has", "NaN"),
    ("[-Infinity]", (0,), 1, "a number that JSON has", "-Infinity"),
    (f"[{LARGEST_INTEGER + 1}]", (0,), 1, "a number up to", str(LARGEST_INTEGER + 1)),
    ("[1e999]", (0,), 1, "a number up to", "1e999"),
    ("[" + "9" * 100_000 + "]", (0,), 1, "a number up to", "(100000 characters)"),
    ('{"a": 1,\n "a": 2}', ("a",), 2, "only once", "a second one"),
    (r'["x\u0000"]', (0,), 1, "without NUL", r'"x\u0000"'),
    (r'["\ud800"]', (0,), 1, "half surrogate", r'"\ud800"'),
    ("[" * (NESTING_LIMIT + 1), (0,) * NESTING_LIMIT, 1, "levels of nesting", "one more"),
    ('{"a":' * 500_000, ("a",) * NESTING_LIMIT, 1, "levels of nesting", "one more"),
]


@pytest.mark.parametrize("text", GOOD)
def test_reads_what_the_standard_library_reads(text):
    result = read(text.encode())
    assert result.findings == []
    assert result.value == json.loads(text)


@pytest.mark.parametrize(("text", "path", "line", "expected", "found"), BAD)
def test_names_the_mistake_and_its_line(text, path, line, expected, found):
    result = read(text.encode())
    (finding,) = result.findings
    assert (finding.path, result.line_of(finding)) == (path, line)
    assert expected in finding.expected
    assert found in finding.found


def test_goes_on_after_what_is_not_grammar():
    result = read(b'{"a": NaN, "b": 1e999, "c": "\\u0000", "d": [Infinity]}')
    assert [finding.path for finding in result.findings] == [("a",), ("b",), ("c",), ("d", 0)]


def test_tells_the_line_of_what_is_wrong_inside_the_second_value_of_a_key():
    result = read(b'{"a": 1, "a":\n {"b":\n NaN}}')
    lines = {finding.path: result.line_of(finding) for finding in result.findings}
    assert lines == {("a", "b"): 3, ("a",): 2}


def test_knows_the_line_of_every_value():
    text = b'{\n "a": [\n  1,\n\n  {"b":\n   2}],\n "c":\n {}\n}'
    lines = {(): 1, ("a",): 2, ("a", 0): 3, ("a", 1): 5, ("a", 1, "b"): 6, ("c",): 8}
    result = read(text)
    assert {path: result.line(path) for path in lines} == lines


def test_a_missing_key_has_the_line_of_its_object():
    assert read(b'[\n{"a": 1}]').line((0, "b")) == 2


def test_whole_numbers_are_integers_however_they_are_written():
    value = read(b"[31.0, 1e3, 0.5, -0.0]").value
    assert [type(number) for number in value] == [int, int, float, int]


def test_ignores_a_byte_order_mark():
    assert read(b"\xef\xbb\xbf[1]").value == [1]


@pytest.mark.parametrize("data", [b"[1,\n\xff]", b"\xff\xfe{\x00}\x00", b'\n"\xed\xa0\x80"'])
def test_refuses_what_is_not_utf_8(data):
    result = read(data)
    (finding,) = result.findings
    assert "UTF-8" in finding.expected
    bad = next(n for n in range(len(data)) if f"offset {n}" in finding.found)
    assert result.line_of(finding) == data[:bad].count(b"\n") + 1


def test_refuses_a_huge_document_without_reading_it():
    result = read(b" " * (SIZE_LIMIT_BYTES + 1))
    assert not result.readable
    assert str(SIZE_LIMIT_BYTES) in result.findings[0].expected
    assert result.line_of(result.findings[0]) is None


@pytest.mark.parametrize("value", ["1", '"a"', "[]", "{}", "NaN"])
def test_stops_where_values_are_too_many(monkeypatch, value):
    monkeypatch.setattr(reader, "VALUES_LIMIT", 9)
    full = f"[{','.join([value] * 8)}]".encode()
    assert read(full).readable
    (finding,) = read(full[:-1] + b",1]").findings
    assert (finding.path, finding.expected) == ((8,), "at most 9 values in a document")


def test_the_largest_document_is_read():
    assert read(b'"' + b"x" * (SIZE_LIMIT_BYTES - 2) + b'"').findings == []
