"""A batch as Prefect artifacts: a table of compositions, and the batch in a few sentences."""

from __future__ import annotations

import re

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from roomreel.batch.report import MOST_LISTED, BatchReport, Line
from roomreel.text import printable, shortened

# All of ASCII's punctuation, which Markdown takes as it stands behind a backslash. Less would leave
# URLs to be made links.
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def publish(report: BatchReport) -> None:
    """Leave the table and the summary of a batch with the flow run."""
    create_table_artifact(
        [_row(line) for line in report.lines], key="night", description=markdown(report)
    )
    create_markdown_artifact(markdown(report), key="night-summary")


def markdown(report: BatchReport) -> str:
    """Return the report in Markdown; what strangers named shows as written, and does nothing."""
    listed = [f"* {literal(str(line))}" for line in report.failures[:MOST_LISTED]]
    more = len(report.failures) - len(listed)
    if more:
        listed.append(f"* and {more} more")
    listed += [f"* {literal(shard)}" for shard in report.shards]
    failures = ["", "Failed:", "", *listed] if listed else []
    return "\n".join([f"**{literal(report.headline)}**", *failures, *_known(report)])


def _known(report: BatchReport) -> list[str]:
    listed = [f"* {literal(str(line))}" for line in report.known[:MOST_LISTED]]
    return ["", "Known failures:", "", *listed] if listed else []


def _row(line: Line) -> dict[str, str]:
    """Return the cells of a line. Pages read each as Markdown, so what users wrote is literal."""
    return {
        "state": line.state.value,
        "room": literal(shortened(line.room)),
        "template": literal(shortened(line.template)),
        "code": line.code,
        "message": literal(line.message),
        "composition": line.composition,
        "since": line.since,
        "media": line.media,
        "poster": line.poster,
    }


def literal(text: str) -> str:
    """Return text that shows in Markdown as it was written, unseen characters as escapes."""
    return _MARKDOWN.sub(r"\\\1", printable(text))
