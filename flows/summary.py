"""A night as Prefect artifacts: a table of compositions, and the night in a few sentences."""

from __future__ import annotations

import html
import re

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from roomreel.documents.findings import shortened
from roomreel.night.report import MOST_LISTED, Line, NightReport

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")


def publish(report: NightReport) -> None:
    """Leave the night's table and summary with the flow run."""
    create_table_artifact(
        [_row(line) for line in report.lines], key="night", description=markdown(report)
    )
    create_markdown_artifact(markdown(report), key="night-summary")


def markdown(report: NightReport) -> str:
    """The night in Markdown; what strangers named shows as they wrote it, and does nothing."""
    listed = [f"* {literal(str(line))}" for line in report.failures[:MOST_LISTED]]
    more = len(report.failures) - len(listed)
    if more:
        listed.append(f"* and {more} more")
    listed += [f"* {literal(shard)}" for shard in report.shards]
    failures = ["", "Failed:", "", *listed] if listed else []
    return "\n".join([f"**{literal(report.headline)}**", *failures])


def _row(line: Line) -> dict[str, str]:
    return {
        "state": line.state.value,
        "room": shortened(line.room),
        "template": shortened(line.template),
        "code": line.code,
        "message": line.message,
        "composition": line.composition,
        "media": line.media,
        "poster": line.poster,
    }


def literal(text: str) -> str:
    """Text that shows in Markdown as it was written."""
    return _MARKDOWN.sub(r"\\\1", html.escape(text, quote=False))
