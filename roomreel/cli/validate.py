"""`roomreel validate FILE...`: every broken rule of every document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Json
from roomreel.errors import DocumentInvalid

if TYPE_CHECKING:
    from roomreel.api.checking import Verdict


def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Documents.")],
    as_json: Json = False,
) -> None:
    """Check manifests, templates and rules, and print every broken rule of every file."""
    from roomreel.api.checking import validate as check

    verdicts = check(*files)
    print_verdicts(verdicts, as_json=as_json)
    if not all(verdict.valid for verdict in verdicts):
        raise typer.Exit(DocumentInvalid.exit_code)


def print_verdicts(verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    """Print the broken rules, a line each and one for a file that breaks none."""
    if as_json:
        console.out_json([{**asdict(one), "valid": one.valid} for one in verdicts])
        return
    for verdict in verdicts:
        if verdict.valid:
            console.out_literal(f"{verdict.file}: valid {verdict.schema}")
        for violation in verdict.violations:
            console.out_literal(str(violation))
        for warning in verdict.warnings:
            console.out_literal(f"{verdict.file}: {warning.code.value}: {warning.message}")
