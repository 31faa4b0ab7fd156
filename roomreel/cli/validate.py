"""`roomreel validate FILE...`: every broken rule of every document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Json
from roomreel.errors import DocumentInvalid, NotFound, StorageFailed, Violation

if TYPE_CHECKING:
    from roomreel.model.plan import PlanWarning
    from roomreel.model.room import Manifest
    from roomreel.model.template import Template


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with one file; nothing where `violations` is empty.

    Attributes:
        warnings: what a valid file asks for and does not get, a code and words each.
    """

    file: str
    schema: str
    violations: tuple[Violation, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()


def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Manifests, templates.")],
    as_json: Json = False,
) -> None:
    """Check manifests and templates, and print every broken rule of every file."""
    verdicts = [judge(file) for file in files]
    print_verdicts(verdicts, as_json=as_json)
    if any(verdict.violations for verdict in verdicts):
        raise typer.Exit(DocumentInvalid.exit_code)


def judge(file: str) -> Verdict:
    """Check one file by what its `schema` key says it is."""
    from roomreel.cli.inputs import read_document
    from roomreel.documents import manifest, template
    from roomreel.model.template import Template
    from roomreel.plan.callback import unsent_callback

    parsers: dict[str, Callable[[bytes, str], Manifest | Template]] = {
        manifest.SCHEMA: manifest.parse_manifest,
        template.SCHEMA: template.parse_template,
    }
    schema = ""
    try:
        data = read_document(file)
        schema = _schema_of(data, file, list(parsers))
        document = parsers[schema](data, file)
    except DocumentInvalid as error:
        return Verdict(file, schema, error.violations)
    except (NotFound, StorageFailed) as error:
        missing = Violation("", "a file that can be read", error.message, file=file)
        return Verdict(file, schema, (missing,))
    warnings = unsent_callback(document) if isinstance(document, Template) else ()
    return Verdict(file, schema, warnings=tuple(warnings))


def print_verdicts(verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    """Print the broken rules, a line each and one for a file that breaks none."""
    if as_json:
        console.out_json([{**asdict(one), "valid": not one.violations} for one in verdicts])
        return
    for verdict in verdicts:
        if not verdict.violations:
            console.out_literal(f"{verdict.file}: valid {verdict.schema}")
        for violation in verdict.violations:
            console.out_literal(str(violation))
        for warning in verdict.warnings:
            console.out_literal(f"{verdict.file}: {warning.code.value}: {warning.message}")


def _schema_of(data: bytes, file: str, known: list[str]) -> str:
    from roomreel.documents.findings import shown
    from roomreel.documents.text import read
    from roomreel.text import did_you_mean, printable

    text = read(data)
    if not isinstance(text.value, dict):
        # It breaks the first rule of either kind, in the same words.
        return known[0]
    schema = text.value.get("schema")
    if schema in known:
        return str(schema)
    violation = Violation(
        "/schema",
        " or ".join(f'"{name}"' for name in known),
        shown(schema) if "schema" in text.value else "nothing",
        did_you_mean(schema, known) if isinstance(schema, str) else "",
        printable(file),
        text.line(("schema",)),
    )
    raise DocumentInvalid(str(violation), violations=[violation])
