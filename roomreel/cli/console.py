"""Output of a command: data on standard output, words on standard error, all of it literal.

Names and messages come from documents of strangers. They are never read as markup, and what is in
them that a terminal would act on (escape sequences, text direction) is shown as an escape.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import takewhile
from textwrap import indent
from traceback import print_exception
from typing import Any

from rich.console import Console
from rich.text import Text

from roomreel.cli.streams import is_read
from roomreel.errors import InputInvalid, RoomreelError
from roomreel.text import printable


def out(text: str, end: str = "\n") -> None:
    """Print a line of data on standard output, as it is."""
    print(text, end=end)


def out_literal(text: str) -> None:
    """Print a line for a person on standard output, unseen characters escaped."""
    out(printable(text))


def out_styled(word: str, style: str, text: str) -> None:
    """Print a line on standard output that begins with a word in colour."""
    line = Text(word, style=style)
    line.append(printable(text), style="default not bold")
    Console(highlight=False, soft_wrap=True).print(line)


def out_json(value: Any) -> None:
    """Print a value as JSON on standard output; dates as ISO 8601, what JSON lacks as text."""
    out(json.dumps(value, indent=2, default=encoded))


def out_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as a JSON array on standard output, each as it comes."""
    before = "["
    for row in takewhile(lambda _: is_read(), rows):
        # Indented as lines: JSON has no line break in a string.
        out(f"{before}\n{indent(json.dumps(row, indent=2, default=encoded), '  ')}", end="")
        before = ","
    out("[]" if before == "[" else "\n]")


def encoded(value: Any) -> str:
    """Return a value that JSON lacks, as text: dates as ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def errors() -> Console:
    """Return the console on standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print one line of words for a person on standard error."""
    errors().print(Text(printable(text), style=style))


def report(error: RoomreelError) -> None:
    """Print what happened, where, and what to do about it."""
    violations = error.violations if isinstance(error, InputInvalid) else ()
    if len(violations) > 1:
        _headline(error.code, f"{len(violations)} rules are broken")
        say_all(f"  {violation}" for violation in violations)
        return
    _headline(error.code, error.message)
    if error.remedy:
        say(f"  {error.remedy}")


def report_internal(error: Exception, *, with_traceback: bool) -> None:
    """Print that roomreel itself is at fault."""
    if with_traceback:
        print_exception(error, file=sys.stderr)
    _headline(RoomreelError.code, f"{type(error).__name__}: {error}")
    say("  this is a bug in roomreel: please report it with the output of")
    say("  roomreel --traceback and the same arguments after it")


def say_all(lines: Iterable[str]) -> None:
    """Print many lines on standard error."""
    console = errors()
    for line in lines:
        console.print(Text(printable(line)))


def _headline(code: str, message: str) -> None:
    first, *others = message.split("\n")
    text = Text("roomreel: ")
    text.append(code, style="bold red")
    text.append(f": {printable(first)}")
    errors().print(text)
    say_all(others)
