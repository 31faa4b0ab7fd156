"""`roomreel report --html FILE`: one page of plots of the nightly runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Since, Until
from roomreel.model.time import refuse_reversed


def report(
    html: Annotated[
        Path, typer.Option("--html", metavar="FILE", help="The page to write; it needs no other.")
    ],
    since: Since = None,
    until: Until = None,
    config: Config = None,
) -> None:
    """Write a page of plots: what was made, what failed, what was slow, which tracks are bad."""
    from datetime import UTC, datetime

    from roomreel.cli.catalog import open_catalogs
    from roomreel.cli.configuration import load
    from roomreel.cli.files import write_text
    from roomreel.compose.outputs import Made
    from roomreel.report.figures import figures
    from roomreel.report.page import page

    refuse_reversed(since, until)
    with figures(open_catalogs(load(config)).reader, since, until) as found:
        text = page(found, datetime.now(UTC))
    write_text(html, text, Made.REPORT)
    console.out_literal(str(html))
