"""Strict JSON: bytes to a value that knows at which line each of its parts stood.

The standard library's parser takes NaN and duplicate keys, dies of deep nesting and forgets where
things were. This one reads the same grammar (RFC 8259) with limits, and goes on after what is not
a matter of grammar, so that one reading finds every such mistake.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, NoReturn

from roomreel.documents.findings import MOST_FINDINGS, Finding, Path, value_text
from roomreel.text import shortened

# A room of 500 recordings is about 0.2 MB.
SIZE_LIMIT_BYTES = 8 * 1024 * 1024
# Documents nest 5 deep; free-form attributes may go further. Far below Python's recursion limit.
NESTING_LIMIT = 64
# Time and memory go with the values, of which 8 MB can hold four million. A manifest of that size
# has 250 000.
VALUES_LIMIT = 500_000
# Each number must survive as a 64-bit column and in every other JSON reader (RFC 8259, section 6).
LARGEST_INTEGER = 2**53 - 1

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"')
_WORD = re.compile(r"[-+.0-9A-Za-z_]++")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
# Python's own writer makes these three, so they are met; nothing can be computed with them.
_NOT_JSON = {"NaN", "Infinity", "-Infinity"}
_LITERALS = {"true": True, "false": False, "null": None, **dict.fromkeys(_NOT_JSON)}
# No file name, catalog or UTF-8 encoder takes these.
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


@dataclass(slots=True)
class Text:
    """A document as read.

    Attributes:
        value: the JSON value; None where the text is not JSON.
        findings: what is wrong with the text itself; where it is not JSON, only why not.
        readable: False where it is not JSON.
    """

    characters: str = ""
    value: Any = None
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True
    # By id of a list or dict of `value`: where in the text each of its children begins. An array,
    # because a hostile text has millions.
    children: dict[int, Any] = field(default_factory=dict)
    _line_ends: array[int] | None = None

    def line(self, path: Path) -> int | None:
        """Return the 1-based line of the value at `path`, or of what holds it where it is missing.

        None where the text is not JSON.
        """
        return self._line_at(self._offset(path)) if self.readable else None

    def line_of(self, finding: Finding) -> int | None:
        """Return the 1-based line of what a finding is about; None where reading never began."""
        if finding.offset is not None:
            return self._line_at(finding.offset)
        return self.line(finding.path)

    def _line_at(self, offset: int) -> int:
        if self._line_ends is None:
            ends = (match.start() for match in re.finditer("\n", self.characters))
            self._line_ends = array("Q", ends)
        return bisect_left(self._line_ends, offset) + 1

    def _offset(self, path: Path) -> int:
        offset, value = 0, self.value
        for part in path:
            if not _has(value, part):
                break
            offset = self.children[id(value)][part]
            value = value[part]
        return offset


def _has(value: Any, part: str | int) -> bool:
    """Return whether a value has a child; what a path names may not be there at all."""
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


class _NotJsonError(Exception):
    """The text breaks the grammar or a limit; arguments: what was expected, and what was found."""


def read(data: bytes) -> Text:
    """Read a JSON document; whatever is wrong with it is in the result's `findings`."""
    if len(data) > SIZE_LIMIT_BYTES:
        finding = Finding((), f"at most {SIZE_LIMIT_BYTES} bytes", f"{len(data)} bytes")
        return Text(findings=[finding], readable=False)
    try:
        # Editors on some systems begin a file with a byte order mark; RFC 8259 lets us ignore it.
        characters = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        before = data[: error.start].decode("utf-8", "replace")
        finding = Finding((), "text in UTF-8", found, offset=len(before))
        return Text(before, findings=[finding], readable=False)
    return _Reader(Text(characters)).read()


class _Reader:
    """Recursive descent over one text; the nesting limit bounds the recursion."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.characters = text.characters
        self.position = 0
        self.values_left = VALUES_LIMIT
        self.path: list[str | int] = []

    def read(self) -> Text:
        try:
            self.text.value = self._value()
            if self._next():
                self._refuse("the end of the document")
        except _NotJsonError as error:
            self.text.readable = False
            expected, found = error.args
            stopped = Finding(tuple(self.path), expected, found, offset=self.position)
            self.text.findings = [stopped]
        return self.text

    def _next(self) -> str:
        """Return the next character that is not space, or "" at the end."""
        match = _SPACE.match(self.characters, self.position)
        self.position = match.end() if match else self.position
        return self.characters[self.position : self.position + 1]

    def _refuse(self, expected: str) -> NoReturn:
        word = _WORD.match(self.characters, self.position)
        there = word[0] if word else self.characters[self.position : self.position + 1]
        nothing = "the end of the text" if self.characters.strip() else "an empty file"
        raise _NotJsonError(expected, shortened(there) if there else nothing)

    def _report(self, offset: int, expected: str, found: str) -> None:
        if len(self.text.findings) < MOST_FINDINGS:
            finding = Finding(tuple(self.path), expected, found, offset=offset)
            self.text.findings.append(finding)

    def _value(self) -> Any:
        self.values_left -= 1
        if self.values_left < 0:
            raise _NotJsonError(f"at most {VALUES_LIMIT} values in a document", "one more")
        match self._next():
            case "{":
                return self._members()
            case "[":
                return self._elements()
            case '"':
                return self._string()
            case _:
                return self._word()

    def _open(self) -> None:
        if len(self.path) >= NESTING_LIMIT:
            raise _NotJsonError(f"at most {NESTING_LIMIT} levels of nesting", "one more")
        self.position += 1

    def _members(self) -> dict[str, Any]:
        self._open()
        members: dict[str, Any] = {}
        offsets: dict[str, int] = {}
        self.text.children[id(members)] = offsets
        if self._next() == "}":
            self.position += 1
            return members
        while True:
            if self._next() != '"':
                self._refuse("a key in double quotes")
            key = self._string()
            self.path.append(key)
            if self._next() != ":":
                self._refuse("a colon after the key")
            self.position += 1
            self._next()
            offset = self.position
            value = self._value()
            if key in members:
                self._report(offset, "a key only once in an object", "a second one")
            else:
                members[key] = value
                offsets[key] = offset
            self.path.pop()
            if self._ends("}"):
                return members

    def _elements(self) -> list[Any]:
        self._open()
        elements: list[Any] = []
        offsets = self.text.children[id(elements)] = array("Q")
        if self._next() == "]":
            self.position += 1
            return elements
        while True:
            self.path.append(len(elements))
            self._next()
            offsets.append(self.position)
            elements.append(self._value())
            self.path.pop()
            if self._ends("]"):
                return elements

    def _ends(self, bracket: str) -> bool:
        """Step over a comma (False) or the closing bracket (True)."""
        following = self._next()
        if following not in {",", bracket}:
            self._refuse(f"a comma or {bracket}")
        self.position += 1
        return following == bracket

    def _string(self) -> str:
        match = _STRING.match(self.characters, self.position)
        if not match:
            rest = self.characters[self.position :].split("\n", 1)[0]
            raise _NotJsonError(
                "a string that ends on its line, control characters escaped", shortened(rest)
            )
        try:
            string = str(json.loads(match[0]))
        except json.JSONDecodeError as error:
            raise _NotJsonError("valid escapes in a string", shortened(match[0])) from error
        self.position = match.end()
        if _UNSTORABLE.search(string):
            expected = "text without NUL and half surrogate pairs"
            self._report(match.start(), expected, value_text(string))
        return string

    def _word(self) -> Any:
        match = _WORD.match(self.characters, self.position)
        word = match[0] if match else ""
        number = _NUMBER.fullmatch(word)
        if not number and word not in _LITERALS:
            self._refuse("a JSON value")
        self.position += len(word)
        start = self.position - len(word)
        if not number:
            if word in _NOT_JSON:
                self._report(start, "a number that JSON has", word)
            return _LITERALS[word]
        return self._number(start, word, whole=not number[1] and not number[2])

    def _number(self, start: int, word: str, *, whole: bool) -> int | float | None:
        """Return the number; one without a fraction is an integer in any notation (JSON Schema)."""
        # int() takes time quadratic in the digits, and refuses 4300 of them.
        value = int(word) if whole and len(word) <= 20 else float(word)
        if abs(value) > LARGEST_INTEGER:
            self._report(start, f"a number up to {LARGEST_INTEGER}", shortened(word))
            return None
        return int(value) if value == int(value) else value
