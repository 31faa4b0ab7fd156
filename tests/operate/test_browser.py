"""What an operator does in the UI when a room has failed: read, replace the file, click Retry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from calls import Calls
from playwright.sync_api import Page, expect, sync_playwright
from postgres import is_installed, postgres
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect_site import Site

from roomreel.flows.compose_room import compose_room
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly

CHROMIUM = Path("/usr/bin/chromium")
IS_READY = is_installed() and CHROMIUM.exists()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not IS_READY and not os.environ.get("CI"), reason="no Chromium, PostgreSQL"),
]
PATIENCE_MS = 120_000
MIX = "mix audio and publish"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with (
        postgres() as database,
        Site(tmp_path, database, path=(Path(__file__).parent,)) as site,
    ):
        yield site


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        # --no-sandbox: as root in a container there is none.
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        try:
            yield page
        finally:
            page.screenshot(path=tmp_path / "last.png")
            browser.close()


def mixes(site: Site, run_id: UUID) -> list[str]:
    only = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
    tasks = site.client.read_task_runs(flow_run_filter=only)
    return sorted(task.name for task in tasks if task.name.startswith("mix "))


@pytest.mark.soak
def test_a_failed_room_is_mended_with_a_click(
    site: Site, calls: Calls, page: Page, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"config": str(calls.config)}
    night, _, room = [
        site.deploy(flow, f"{flow.fn.__module__}.{flow.fn.__name__}", given)
        for flow in (nightly, compose_shard, compose_room)
    ]
    calls.template("sound", audio_sources=["*"])
    for name in ("first", "second"):
        calls.room(name)
    broken = calls.rooms / "broken.webm"
    broken.write_bytes(b"no media at all")
    calls.room("broken", broken.name)
    site.worker()
    parent = site.end_of(site.run(night))
    (shard,) = [run for run in site.client.read_flow_runs() if run.id != parent.id]
    assert mixes(site, shard.id) == [f"{MIX} first / sound", f"{MIX} second / sound"]
    pages = site.api.removesuffix("/api")

    page.goto(f"{pages}/runs/flow-run/{shard.id}")
    page.get_by_text("Failed", exact=True).first.wait_for()
    page.get_by_text("broken / sound: ").first.wait_for()
    page.screenshot(path=tmp_path / "before.png")

    calls.sound(broken.name)
    page.get_by_role("button", name="Retry").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    page.get_by_text("Completed", exact=True).first.wait_for()
    page.screenshot(path=tmp_path / "after.png")
    assert mixes(site, shard.id) == [
        f"{MIX} broken / sound",
        f"{MIX} first / sound",
        f"{MIX} second / sound",
    ]
    assert site.client.read_flow_run(shard.id).run_count == 2

    page.get_by_text("Artifacts", exact=True).last.click()
    page.get_by_text("night-summary").first.wait_for()
    page.screenshot(path=tmp_path / "artifacts.png")
    page.goto(f"{pages}/deployments/deployment/{room}/run")
    page.get_by_text("Room or composition").first.wait_for()
    page.screenshot(path=tmp_path / "form.png")
