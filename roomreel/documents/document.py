"""One way for every document: read it, check it whole, report every broken rule at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from roomreel.documents.findings import MOST_FINDINGS, Finding, Path, pointer
from roomreel.documents.schema import findings_of_schema
from roomreel.documents.text import Text, read
from roomreel.errors import DocumentInvalid, Violation
from roomreel.text import printable

Rules = Callable[[dict[str, Any]], Iterable[Finding]]


# The product's own documents, whatever their kind and version.
_OURS = re.compile(r"(roomreel\.[a-z]+)/[0-9]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    Attributes:
        schema: file name in roomreel/schemas.
        rules: what the schema cannot say. They get the document with None in place of whatever
            is known to be broken, and without the keys that are null.
        error: raised with all violations.
        nullable: keys for which null is a value of its own: rules get them.
    """

    schema: str
    rules: Rules
    error: type[DocumentInvalid]
    nullable: frozenset[str] = frozenset()


def is_of_another_kind(data: bytes, schema: str) -> bool:
    """Return whether a document claims to be of one of our kinds, but not of `schema`.

    Another version of that kind is not: that has to be reported.
    """
    value = read(data).value
    said = value.get("schema") if isinstance(value, dict) else None
    ours = _OURS.fullmatch(said) if isinstance(said, str) else None
    return ours is not None and ours[1] != schema.partition("/")[0]


def check_document(data: bytes, file: str, kind: Kind) -> dict[str, Any]:
    """Return the document as a JSON object that keeps every rule of its kind.

    Raises:
        DocumentInvalid: of the kind's type, with every violation in the order of the document.
    """
    text = read(data)
    findings = list(islice(_findings(text, kind), MOST_FINDINGS))
    if findings:
        raise _error(text, findings, file, kind)
    document: dict[str, Any] = text.value
    return document


def _findings(text: Text, kind: Kind) -> Iterator[Finding]:
    yield from text.findings
    if not text.readable:
        return
    reported = {finding.path for finding in text.findings}
    for finding in findings_of_schema(text.value, kind.schema):
        if finding.path not in reported:
            yield finding
        reported.add(finding.path)
    rest = _without(text.value, reported, kind.nullable)
    if isinstance(rest, dict):
        yield from (finding for finding in kind.rules(rest) if finding.path not in reported)


def _without(value: Any, paths: set[Path], nullable: frozenset[str], here: Path = ()) -> Any:
    """Return a copy with None in place of what is broken, and without members that are null."""
    if here in paths:
        return None
    if isinstance(value, dict):
        return {
            key: _without(item, paths, nullable, (*here, key))
            for key, item in value.items()
            if item is not None or key in nullable
        }
    if isinstance(value, list):
        each = enumerate(value)
        return [_without(item, paths, nullable, (*here, index)) for index, item in each]
    return value


def _error(text: Text, findings: list[Finding], file: str, kind: Kind) -> DocumentInvalid:
    shown_file = printable(file)
    violations = sorted(
        (
            Violation(
                pointer(finding.path),
                finding.expected,
                finding.found,
                finding.hint,
                shown_file,
                text.line_of(finding),
            )
            for finding in findings
        ),
        key=lambda violation: violation.line or 0,
    )
    more = len(violations) - 1
    at_least = "at least " if len(violations) == MOST_FINDINGS else ""
    message = str(violations[0]) + (f"; and {at_least}{more} more" if more else "")
    return kind.error(message, "roomreel validate lists them all" if more else "", violations)
