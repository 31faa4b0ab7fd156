"""Documents checked against their schemas and rules: every violation of every file at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import PathLike

from roomreel.api.documents import read_document
from roomreel.documents import (
    buckets,
    import_record,
    manifest,
    rules,
    stored_settings,
    template,
)
from roomreel.documents.findings import value_text
from roomreel.documents.text import read
from roomreel.errors import DocumentInvalid, NotFound, RoomreelError, StorageFailed, Violation
from roomreel.model.plan import PlanWarning
from roomreel.model.room import Manifest
from roomreel.model.template import Template
from roomreel.plan.callback import unsent_callback
from roomreel.service.callbacks.checking import CALLBACK_POINTER, receiver_violations
from roomreel.settings import Settings, load
from roomreel.text import did_you_mean, printable

_PARSERS: dict[str, Callable[[bytes, str], object]] = {
    manifest.SCHEMA: manifest.parse_manifest,
    template.SCHEMA: template.parse_template,
    rules.SCHEMA: rules.parse_rules,
    stored_settings.STORAGE: stored_settings.parse_storage_settings,
    stored_settings.CREDENTIAL: stored_settings.parse_credential,
    buckets.BUCKETS: buckets.parse_s3_account,
    import_record.IMPORT: import_record.parse_import_record,
}
"""Every kind of document that is read; a test compares it with the schemas."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The check of one file; it is valid where there are no violations.

    Attributes:
        file: path or URL.
        schema: name and version of its kind, such as "roomreel.room/1"; "" if it has no known one.
        violations: every broken rule.
        warnings: what a valid file asks for and does not get, a code and words each.
    """

    file: str
    schema: str
    violations: tuple[Violation, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()

    @property
    def valid(self) -> bool:
        """True if no rule is broken."""
        return not self.violations


def validate(*files: str | PathLike[str]) -> list[Verdict]:
    """Check documents by what their `schema` key says they are.

    Args:
        files: paths or URLs.

    Returns:
        A verdict each, in the same order; a file that cannot be read has a violation that says so.

    Example:
        >>> import roomreel
        >>> [verdict] = roomreel.validate(layouts / "grid.json")
        >>> verdict.valid, verdict.schema
        (True, 'roomreel.template/1')
    """
    return [_check(str(file)) for file in files]


def _check(file: str) -> Verdict:
    schema = ""
    try:
        data = read_document(file)
        schema = _schema_of(data, file)
        document = _PARSERS[schema](data, file)
    except DocumentInvalid as error:
        return Verdict(file, schema, error.violations)
    except (NotFound, StorageFailed) as error:
        missing = Violation("", "a file that can be read", error.message, file=file)
        return Verdict(file, schema, (missing,))
    settings = _settings()
    broken = tuple(replace(one, file=file) for one in _receivers(document, settings))
    if isinstance(document, Template) and not settings.has_service:
        return Verdict(file, schema, broken, tuple(unsent_callback(document)))
    return Verdict(file, schema, broken)


def _receivers(document: object, settings: Settings) -> Iterator[Violation]:
    """Yield what is wrong with where events are to be sent, by the settings of this place."""
    match document:
        case Manifest():
            yield from receiver_violations(
                document.room.status_callback, CALLBACK_POINTER, settings
            )
        case Template():
            yield from receiver_violations(document.status_callback, "/status_callback", settings)


def _settings() -> Settings:
    try:
        return load()
    except RoomreelError:
        # A document is checked whatever is wrong with settings.
        return Settings()


def _schema_of(data: bytes, file: str) -> str:
    text = read(data)
    known = list(_PARSERS)
    if not isinstance(text.value, dict):
        # It breaks the first rule of every kind, in the same words.
        return known[0]
    schema = text.value.get("schema")
    if schema in known:
        return str(schema)
    violation = Violation(
        "/schema",
        " or ".join(f'"{name}"' for name in known),
        value_text(schema) if "schema" in text.value else "nothing",
        did_you_mean(schema, known) if isinstance(schema, str) else "",
        printable(file),
        text.line(("schema",)),
    )
    raise DocumentInvalid(str(violation), violations=[violation])
