import json
from datetime import UTC, datetime

import pytest

from roomreel.cli import console
from roomreel.errors import DocumentInvalid, SourceLimitExceeded, Violation


def test_a_failure_says_what_and_what_to_do(capsys):
    console.report(SourceLimitExceeded("2 bytes, the limit is 1", "select fewer"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "roomreel: source-limit-exceeded: 2 bytes, the limit is 1",
        "  select fewer",
    ]


def test_every_violation_is_on_a_line_of_its_own(capsys):
    broken = [
        Violation("/room/sid", "a sid", "7", file="a.json", line=3),
        Violation("/rom", "a known key", '"rom"', 'did you mean "room"?', "a.json", 9),
    ]
    console.report(DocumentInvalid("the first; and 1 more", "mend it", broken))
    assert capsys.readouterr().err.splitlines() == [
        "roomreel: document-invalid: 2 rules are broken",
        "  a.json:3: /room/sid: expected a sid, found 7",
        '  a.json:9: /rom: expected a known key, found "rom"; did you mean "room"?',
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[bold red]x[/]", "[bold red]x[/]"),
        ("[/nothing open]", "[/nothing open]"),
        (":smile:", ":smile:"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\rb", "a\\rb"),
        ("עברית 😀", "עברית 😀"),
        ("long " * 100, "long " * 100),
    ],
)
def test_words_of_strangers_are_printed_literally(capsys, text, shown):
    console.say(text)
    console.report(SourceLimitExceeded(text, text))
    console.out_literal(text)
    console.out_styled("ok", "green", text)
    out, err = capsys.readouterr()
    assert err.splitlines() == [shown, f"roomreel: source-limit-exceeded: {shown}", f"  {shown}"]
    assert out.splitlines() == [shown, f"ok{shown}"]


def test_json_is_ascii_and_has_dates_in_utc(capsys):
    console.out_json({"when": datetime(2026, 11, 20, 9, tzinfo=UTC), "name": "\u202e😀"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"when": "2026-11-20T09:00:00Z", "name": "\u202e😀"}
