"""One room, or one composition, once more: what "Custom run" is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow

from roomreel.batch.planning import Planner
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.encryption import check_keys
from roomreel.errors import NotFound
from roomreel.flows.composing import (
    clear_machine,
    composed,
    ended,
    ingested,
    planned,
    templates_of,
    unknown_room,
)
from roomreel.flows.orchestration.failures import show
from roomreel.flows.orchestration.parameters import Config, Force, TemplateName, What
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_names import of_the_room
from roomreel.flows.orchestration.settings import load
from roomreel.model.room import Manifest
from roomreel.settings import Settings
from roomreel.storage import discover
from roomreel.tasks.record import record_documents

MOST_NAMED = 10


@flow(name="compose-room", flow_run_name=of_the_room)
def compose_room(
    what: What,
    template: TemplateName = None,
    force: Force = True,
    config: Config = None,
) -> BatchReport:
    """Compose one room by its templates, or one composition, whatever was made of it before.

    Returns:
        What became of it.

    Raises:
        BatchFailed: it failed; `report` tells why.
        RoomreelError: it does not exist, or the settings cannot be used.
    """

    def room() -> BatchReport:
        settings = load(config)
        check_keys(settings)
        catalog = open_catalog(settings)
        catalog.recover()
        clear_machine(settings)
        anything = RunFilter(
            since=datetime.min.replace(tzinfo=UTC),
            template=template,
            force=force,
            runs=related_runs(),
        )
        choice = _chosen(what, anything, catalog)
        return _composed(_manifest(choice.room or what, settings, catalog), choice, settings)

    return ended(room)


def _chosen(what: str, choice: RunFilter, catalog: Catalog) -> RunFilter:
    if not what.startswith("CJ"):
        return replace(choice, room=what)
    row = catalog.lookup(what)
    if row is None:
        raise NotFound(f"the catalog has no composition {what}", "roomreel list shows all")
    return replace(choice, room=row["room_sid"], template=row["template"], composition=what)


def _manifest(room: str, settings: Settings, catalog: Catalog) -> Manifest:
    """The manifest of a room, by sid or name; where it was last is looked at first."""
    urls = discover(settings.manifests)
    row = catalog.lookup(room) if room.startswith("RM") else None
    known = [url for url in urls if row and url == row["manifest_url"]]
    for places in (known, urls):
        manifests, unread = ingested(places)
        found = [m for m in manifests if room in {m.room.sid, m.room.unique_name}]
        if len(found) > 1:
            sids = ", ".join(manifest.room.sid for manifest in found[:MOST_NAMED])
            raise NotFound(f"{len(found)} rooms have the name {room!r}: {sids}", "name a sid")
        if found:
            return found[0]
    raise unknown_room(room, manifests, unread)


def _composed(manifest: Manifest, choice: RunFilter, settings: Settings) -> BatchReport:
    validated = templates_of(choice, settings)
    planner = Planner(validated.templates, choice, settings, datetime.now(UTC))
    report = composed(planned([manifest], planner), settings, choice)
    if choice.composition and not report.up_to_date and not report.lines:
        raise NotFound(
            f"template {choice.template!r} is not what made {choice.composition} any more",
            "name the room and the template to make another composition",
        )
    show(validated.problems)
    record_documents(validated.problems, settings)
    return replace(report, lines=(*validated.problems, *report.lines))
