"""Compose one room, or one composition, once more: a batch of one."""

from __future__ import annotations

from dataclasses import replace

from roomreel.batch.leftovers import clear_machine
from roomreel.batch.planning import Planner
from roomreel.batch.record import record_documents
from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import (
    Batch,
    BatchPlan,
    compose_planned,
    plan_in_turn,
    read_rooms,
    read_wanted_templates,
    unknown_room,
)
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.encryption import check_keys
from roomreel.errors import NotFound
from roomreel.model.room import Manifest
from roomreel.storage import discover_rooms

MOST_NAMED = 10


def compose_one_room(what: str, batch: Batch) -> BatchReport:
    """Compose the room, or the composition, of a sid or a unique name.

    Raises:
        NotFound: it does not exist.
        RoomreelError: the settings cannot be used, or a folder of theirs not be read.
    """
    check_keys(batch.settings)
    catalog = open_catalog(batch.settings)
    catalog.recover()
    clear_machine(batch.orchestrator.machine)
    wanted = _narrow(what, batch.wanted, catalog)
    batch = replace(batch, wanted=wanted)
    return _compose(_find_manifest(wanted.room or what, batch, catalog), batch)


def _narrow(what: str, wanted: RunFilter, catalog: Catalog) -> RunFilter:
    if not what.startswith("CJ"):
        return replace(wanted, room=what)
    row = catalog.lookup(what)
    if row is None:
        raise NotFound(f"the catalog has no composition {what}", "roomreel list shows all")
    return replace(wanted, room=row["room_sid"], template=row["template"], composition=what)


def _find_manifest(room: str, batch: Batch, catalog: Catalog) -> Manifest:
    """Return the manifest of a room, by sid or name; where it was last is looked at first."""
    urls = discover_rooms(batch.settings.manifests, batch.settings.rooms_root)
    row = catalog.lookup(room) if room.startswith("RM") else None
    known = [url for url in urls if row and url == row["manifest_url"]]
    for places in (known, urls):
        manifests, unread = read_rooms(places, batch.orchestrator)
        found = [m for m in manifests if room in {m.room.sid, m.room.unique_name}]
        if len(found) > 1:
            sids = ", ".join(manifest.room.sid for manifest in found[:MOST_NAMED])
            raise NotFound(f"{len(found)} rooms have the name {room!r}: {sids}", "name a sid")
        if found:
            return found[0]
    raise unknown_room(room, manifests, unread)


def _compose(manifest: Manifest, batch: Batch) -> BatchReport:
    wanted, orchestrator = batch.wanted, batch.orchestrator
    templates = read_wanted_templates(batch)
    planner = Planner(templates.templates, wanted, batch.settings, batch.now)
    report = compose_planned(BatchPlan(plan_in_turn([manifest], planner, orchestrator), ()), batch)
    if wanted.composition and not report.up_to_date and not report.lines:
        raise NotFound(
            f"template {wanted.template!r} is not what made {wanted.composition} any more",
            "name the room and the template to make another composition",
        )
    orchestrator.show_failures(templates.problems)
    record_documents(templates.problems, batch.settings, orchestrator.run_id)
    return report.after(templates.problems)
