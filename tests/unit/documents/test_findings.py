import pytest

from roomreel.documents.findings import pointer, value_text
from roomreel.text import printable


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("plain", '"plain"'),
        ('quo"te', '"quo\\"te"'),
        ("漢字 😀", '"漢字 😀"'),
        ("\x1b[2J\u202egnp\u2066.exe\n", '"\\u001b[2J\\u202egnp\\u2066.exe\\n"'),
        ("x" * 10_000, f'"{"x" * 60}"… (10000 characters)'),
        ({}, "an empty object"),
        ({"a": 1}, "an object"),
        ([1, 2], "an array of 2"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
    ],
)
def test_values_are_short_and_safe(value, words):
    assert value_text(value) == words


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a", 0, "b"), "/a/0/b"),
        (("a/b", "~", ""), "/a~1b/~0/"),
        (("\x1b[0m",), "/\\u001b[0m"),
    ],
)
def test_pointers_follow_rfc_6901(path, text):
    assert pointer(path) == text


def test_nothing_unseen_is_left_in_printable_text():
    assert printable("".join(map(chr, range(0x3000)))).isprintable()
