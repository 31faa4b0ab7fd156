"""`roomreel demo`: sample rooms, a nightly run that composes them, and its outcome."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config
from roomreel.errors import RenderError, SettingsInvalid, StorageFailed

if TYPE_CHECKING:
    from roomreel.batch.report import BatchReport
    from roomreel.catalog.catalog import Catalog
    from roomreel.model.table import Row
    from roomreel.settings import Settings

FOLDER = Path("roomreel-demo")
# The sample rooms end the day before they are made; a demo of old ones still shows them.
SINCE = datetime(1970, 1, 1, tzinfo=UTC)
QUERY = """select template, count(*) as made, round(sum(duration_ms) / 1000, 1) as seconds,
  round(sum(size_bytes) / 1e6, 1) as megabytes, round(avg(realtime_factor), 2) as realtime_factor
from compositions where status = 'completed' group by template order by template"""
INTRODUCTION = """\
Making five sample rooms and composing them by two templates: one to two minutes on two cores.
The rooms are in {rooms}, what is made of them in {store}.
One room is over the size limit on purpose, so the log will say that the flow run finished in
state Failed. The demo expects that and goes on."""


def demo(config: Config = None) -> None:
    """Make sample rooms, compose them in a nightly run, and show what was made and what failed."""
    from roomreel.cli.catalog import recover_catalogs
    from roomreel.cli.nightly import BatchOptions, run

    config = config or prepare_folder(FOLDER)
    settings = introduce(config)
    make_rooms(settings, config)
    report, _ = run(BatchOptions(since=SINCE), config)
    catalog = recover_catalogs(settings)
    made = show_outcomes(catalog)
    show_waiting(report)
    if not made:
        raise typer.Exit(RenderError.exit_code)
    name = os.path.relpath(config)
    show_query(catalog, name)
    show_next(made[0], name)


def prepare_folder(folder: Path) -> Path:
    """Create the folder of the demo if it is not there, and return its settings file.

    Raises:
        StorageFailed: it cannot be written.
    """
    from roomreel.samples.folder import prepare

    try:
        return prepare(folder.absolute())
    except OSError as error:
        raise StorageFailed(f"cannot write the folder of the demo: {error}") from error


def introduce(config: Path) -> Settings:
    """Print what will happen, and return the settings of the demo.

    Raises:
        SettingsInvalid: as of `roomreel.settings.load`.
    """
    from roomreel.cli.configuration import load

    settings = load(config)
    text = INTRODUCTION.format(rooms=_near(settings.manifests), store=_near(str(settings.store)))
    console.say_all(text.splitlines())
    return settings


def make_rooms(settings: Settings, config: Path) -> None:
    """Make the sample rooms where the settings look for rooms; those in S3 are there.

    Raises:
        SettingsInvalid: there are other rooms, which the demo would compose.
        StorageFailed: they cannot be written.
    """
    from roomreel.samples.rooms import make, others
    from roomreel.storage.location import is_remote, local_path

    if is_remote(settings.manifests):
        return
    folder = Path(local_path(settings.manifests))
    try:
        strange = others(folder)
        if not strange:
            make(folder, say=console.say)
    except OSError as error:
        raise StorageFailed(f"cannot write the sample rooms: {error}") from error
    if strange:
        raise SettingsInvalid(
            f"{strange[0]} is not a sample room, and the demo would compose it, too",
            f"in {config} set manifests to a folder for the demo alone",
        )


def _near(location: str) -> str:
    """Return a path below the current folder as one that starts there."""
    is_near = Path(location).is_relative_to(Path.cwd())
    return os.path.relpath(location) if is_near else location


def show_outcomes(catalog: Catalog) -> Sequence[Row]:
    """Print what the catalogs say of the run, and return the rows of what was made."""
    from roomreel.model.table import Table
    from roomreel.storage.location import location_of

    found = catalog.rows(Table.COMPOSITIONS)
    made = [row for row in found if row["status"] == "completed"]
    console.out("\nMade:")
    for row in made:
        media = location_of(row["media_url"])
        length = f"{row['duration_ms'] / 1000:.1f} s, {row['size_bytes'] / 1e6:.1f} MB"
        console.out_literal(f"  {row['room_name']} by {row['template']}: {length}")
        console.out_literal(f"    {media}")
        console.out_literal(f"    {media.with_suffix('.poster.jpg')}")
        codes = sorted({warning["code"] for warning in row["warnings"]})
        if codes:
            console.out_literal(f"    warnings: {', '.join(codes)}")
    console.out("\nFailed, each alone:")
    for row in found:
        if row["status"] == "failed":
            console.out_literal(f"  {row['room_name']} by {row['template']}: {row['failure_code']}")
            console.out_literal(f"    {row['failure_message']}")
    return made


def show_waiting(report: BatchReport) -> None:
    """Print which rooms are left for another run, and the run in a sentence."""
    from roomreel.batch.report import State

    waiting = report.of(State.WAITING)
    if waiting:
        console.out("\nLeft for a later run:")
    for line in waiting:
        console.out_literal(f"  {line}")
    console.out("")
    console.out_literal(f"The nightly run: {report.headline}")


def show_query(catalog: Catalog, config: str) -> None:
    """Print a query over the catalogs, and its result."""
    console.out(f'\nA query: roomreel sql --config {config} "{QUERY}"')
    result = catalog.sql(QUERY)
    rows.print_rows(result.to_pylist(), result.column_names, rows.Form.TABLE)


def show_next(row: Row, config: str) -> None:
    """Print what to try after this."""
    console.out("Next:")
    console.out(f"  roomreel show --config {config} {row['sid']}")
    console.out("  roomreel manifest FOLDER      a manifest for recordings of your own")
    console.out("  roomreel compose FOLDER/room.json --template grid --out call.mp4")
    console.out(f"  roomreel serve --config {config} --link   look at all of it in a browser")
