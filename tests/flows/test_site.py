"""What is deployed: entrypoints, names and files that agree, and units that systemd takes."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import prefect
import pytest
import yaml

from roomreel.errors import (
    DeliveryInvalid,
    ImportRefused,
    OrchestratorFailed,
    RoomreelError,
    VerificationFailed,
)

ROOT = Path(__file__).parents[2]
SITE = ROOT / "flows" / "site"
PREFECT = Path(prefect.__file__).parent
ANALYZE = shutil.which("systemd-analyze")
UNITS = sorted((ROOT / "configs" / "systemd").glob("*.service"))


def deployments() -> list[dict[str, Any]]:
    return list(yaml.safe_load((SITE / "prefect.yaml").read_text())["deployments"])


@pytest.mark.parametrize("deployment", deployments(), ids=lambda each: str(each["name"]))
def test_a_deployment_is_of_a_flow_of_its_name(deployment: dict[str, Any]) -> None:
    module, name = deployment["entrypoint"].rsplit(".", 1)
    flow = getattr(import_module(module), name)
    assert flow.name == deployment["name"]
    pools = {"compose-requests": "roomreel-requests"}
    assert deployment["work_pool"]["name"] == pools.get(name.replace("_", "-"), "roomreel")


def test_every_flow_is_deployed() -> None:
    modules = {each["entrypoint"].split(".")[2] for each in deployments()}
    flows = {file.stem for file in (ROOT / "flows").glob("*.py") if "@flow(" in file.read_text()}
    assert modules == flows


def test_nights_never_overlap() -> None:
    limits = {each["name"]: each.get("concurrency_limit") for each in deployments()}
    assert limits["nightly"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_what_is_quoted_of_a_state_is_what_the_state_says() -> None:
    """In descriptions of deployments, where it is met, and in the table of the page."""
    descriptions = " ".join(each["description"] for each in deployments())
    quoted = re.findall(r'"([A-Z][^"]*)"', descriptions)
    assert {*quoted} == {
        "Deployment concurrency limit reached.",
        "Process exited due to a SIGKILL signal",
    }
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split("## What you see")[1]
    for cell in re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE):
        quoted += re.findall(r'"([A-Z][^"]*)"', cell)
    assert len(quoted) > 5
    folders = (ROOT / "flows", PREFECT / "server" / "orchestration", PREFECT / "runner")
    texts = [SITE / "automations.yaml", PREFECT / "_internal" / "infrastructure_exit_codes.py"]
    texts += [file for folder in folders for file in folder.rglob("*.py")]
    said = " ".join(word for text in texts for word in text.read_text("utf-8").split())
    pieces = [piece.strip(" :") for text in quoted for piece in re.split(r"…|-9\. ", text)]
    assert [piece for piece in pieces if piece not in said] == []


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        # 02:30 does not exist on the 28th, and comes twice on the 25th.
        (datetime(2027, 3, 27, tzinfo=UTC), ["27 02:30 +0100", "28 03:30 +0200", "29 02:30 +0200"]),
        (
            datetime(2026, 10, 24, tzinfo=UTC),
            ["24 02:30 +0200", "25 02:30 +0200", "26 02:30 +0100"],
        ),
    ],
)
def test_summer_time_costs_no_night_and_makes_none_twice(day: datetime, runs: list[str]) -> None:
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron="30 2 * * *", timezone="Europe/Berlin")
    found = asyncio.run(schedule.get_dates(3, start=day))
    berlin = ZoneInfo("Europe/Berlin")
    assert [f"{when.astimezone(berlin):%d %H:%M %z}" for when in found] == runs


def test_the_server_takes_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import Settings

    from roomreel.flows.site.processes import site_environment

    for name, value in site_environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.flows.heartbeat_frequency == 30
    vacuum = settings.server.services.db_vacuum
    assert vacuum.enabled_vacuum_types == {"events", "flow_runs", "orphans"}
    assert vacuum.retention_period.days == 14
    assert settings.server.events.retention_period.days == 2
    assert vacuum.event_retention_overrides["prefect.flow-run.heartbeat"].days == 1


def test_whatever_begins_a_retry_ends_the_wait_for_a_sign_of_life() -> None:
    from prefect.events.schemas.automations import AutomationCore

    document = yaml.safe_load((SITE / "automations.yaml").read_text())
    crashed = AutomationCore.model_validate(document["automations"][0])
    assert {f"prefect.flow-run.{name}" for name in ("AwaitingRetry", "Scheduled", "Pending")} <= (
        crashed.trigger.expect
    )
    assert crashed.trigger.within.total_seconds() < 300


def test_operators_are_told_of_every_failure_code() -> None:
    # Imports are made by hand, and end with these.
    imports = {DeliveryInvalid, ImportRefused}
    of_imports = {one.code for kind in imports for one in (kind, *_kinds_of(kind))}
    of_nights = {error.code for error in _kinds_of(RoomreelError)} - of_imports
    assert {OrchestratorFailed.code, VerificationFailed.code} <= of_nights
    own = {"internal-error", "night-failed"}
    for page, codes in (("operations.md", of_nights), ("importing.md", of_imports)):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert [code for code in sorted(codes - own) if f"`{code}" not in text] == []


def _kinds_of(error: type[RoomreelError]) -> Iterator[type[RoomreelError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _kinds_of(kind)


@pytest.mark.skipif(not ANALYZE and not os.environ.get("CI"), reason="no systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "prefect"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    # Where it will be installed there is nothing yet, and systemd looks.
    text = re.sub(r"/opt/roomreel/bin/\w+", str(program), unit.read_text())
    (tmp_path / unit.name).write_text(text)
    ran = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", tmp_path / unit.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
