"""`roomreel demo`: a night of the sample rooms, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from roomreel.cli import console, rows
from roomreel.errors import NotFound, RenderError
from roomreel.model.place import is_s3, place_of

if TYPE_CHECKING:
    from roomreel.catalog.catalog import Catalog
    from roomreel.catalog.tables import Row
    from roomreel.night.report import NightReport
    from roomreel.settings import Settings

CONFIG = Path("configs/demo.toml")
# The sample rooms end the day before they are made; a demo of old ones still shows them.
SINCE = datetime(1970, 1, 1, tzinfo=UTC)
QUERY = """select template, count(*) as made, round(sum(duration_ms) / 1000, 1) as seconds,
  round(sum(size_bytes) / 1e6, 1) as megabytes, round(avg(realtime_factor), 2) as realtime_factor
from compositions where status = 'completed' group by template order by template"""


def demo() -> None:
    """Compose the sample rooms as a nightly flow, then show what was made and what failed."""
    from roomreel.cli.catalog import opened
    from roomreel.cli.nightly import Night, run

    settings = checked(CONFIG)
    console.say("Composing the sample rooms as one night of a Prefect flow ...", "bold")
    report, _ = run(Night(since=SINCE), CONFIG)
    catalog = opened(settings)
    made = show_outcomes(catalog)
    show_waiting(report)
    if not made:
        raise typer.Exit(RenderError.exit_code)
    show_query(catalog)
    show_next(made[0])


def checked(config: Path) -> Settings:
    """The settings of the demo.

    Raises:
        NotFound: this is no checkout of the project, or the sample rooms are not made.
    """
    from roomreel.settings import load
    from roomreel.storage import discover

    if not config.is_file():
        raise NotFound(f"there is no file {config}", "run the demo in a checkout of roomreel")
    settings = load(config)
    is_there = is_s3(settings.manifests) or Path(settings.manifests).is_dir()
    if not is_there or not discover(settings.manifests):
        raise NotFound(f"there are no rooms in {settings.manifests}", "make demo makes them")
    return settings


def show_outcomes(catalog: Catalog) -> Sequence[Row]:
    """Print what the catalogs say of the night, and return the rows of what was made."""
    from roomreel.catalog.tables import Table

    found = catalog.rows(Table.COMPOSITIONS)
    made = [row for row in found if row["status"] == "completed"]
    console.out("\nMade:")
    for row in made:
        media = place_of(row["media_url"])
        length = f"{row['duration_ms'] / 1000:.1f} s, {row['size_bytes'] / 1e6:.1f} MB"
        console.out_literal(f"  {row['room_name']} by {row['template']}: {length}")
        console.out_literal(f"    {media}")
        console.out_literal(f"    {media.with_suffix('.poster.jpg')}")
        codes = sorted({warning["code"] for warning in row["warnings"]})
        if codes:
            console.out_literal(f"    in spite of {', '.join(codes)}")
    console.out("\nFailed, each alone:")
    for row in found:
        if row["status"] == "failed":
            console.out_literal(f"  {row['room_name']} by {row['template']}: {row['failure_code']}")
            console.out_literal(f"    {row['failure_message']}")
    return made


def show_waiting(report: NightReport) -> None:
    """Print which rooms are left for another night, and the night in a sentence."""
    from roomreel.night.report import State

    waiting = report.of(State.WAITING)
    if waiting:
        console.out("\nLeft for another night:")
    for line in waiting:
        console.out_literal(f"  {line}")
    console.out("")
    console.out_literal(f"The night: {report.headline}")


def show_query(catalog: Catalog) -> None:
    """Print a query over the catalogs, and its result."""
    console.out(f'\nA query: roomreel sql --config {CONFIG} "{QUERY}"')
    result = catalog.sql(QUERY)
    rows.print_rows(result.to_pylist(), result.column_names, rows.Form.TABLE)


def show_next(row: Row) -> None:
    """Print what to try after this."""
    console.out("Next:")
    console.out(f"  roomreel show --config {CONFIG} {row['sid']}")
    console.out("  roomreel manifest FOLDER      a manifest for recordings of your own")
    console.out("  roomreel compose FOLDER/room.json --template grid --out call.mp4")
