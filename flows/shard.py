"""A shard of a night: some rooms, composed by a run of their own on whatever worker is free."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow

from roomreel.encryption import check_keys
from roomreel.errors import NotFound
from roomreel.flows.composing import clear_machine, composed, ended, ingested, planned, templates_of
from roomreel.flows.kin import kin
from roomreel.flows.parameters import Config, Force, Manifests, TemplateName
from roomreel.flows.settings import load
from roomreel.night.choice import Choice
from roomreel.night.planning import Planner
from roomreel.night.report import NightReport, failed_line
from roomreel.storage import discover
from roomreel.tasks.plan import open_catalog


@flow(name="compose-shard")
def compose_shard(
    manifests: Manifests,
    template: TemplateName = None,
    force: Force = False,
    config: Config = None,
) -> NightReport:
    """Compose some rooms, as they and the catalog are now.

    Retry makes what failed once more, and nothing else.

    Returns:
        What became of them.

    Raises:
        NightFailed: something failed; everything else is done, and `report` tells of both.
        RoomreelError: there is nothing to speak of (settings, folders).
    """

    def shard() -> NightReport:
        settings = load(config)
        check_keys(settings)
        open_catalog(settings).recover()
        clear_machine(settings)
        choice = Choice(
            since=datetime.min.replace(tzinfo=UTC), template=template, force=force, runs=kin()
        )
        # A form takes any text: only what the settings let in is read.
        known = set(discover(settings.manifests))
        missing = NotFound("it is no manifest of the settings", "was it moved or removed?")
        rooms, unread = ingested([url for url in manifests if url in known])
        templates = templates_of(choice, settings).templates
        lines = [failed_line(missing, url) for url in manifests if url not in known]
        planner = Planner(templates, choice, settings, datetime.now(UTC))
        report = composed(planned(rooms, planner), settings, choice)
        # What is wrong with templates the night tells, once.
        return replace(report, lines=(*lines, *unread, *report.lines))

    return ended(shard)
