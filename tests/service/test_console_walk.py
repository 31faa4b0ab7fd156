"""Four people at the console, in headless Chromium: each does what they came for, to its end."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from roomreel.maintenance.retention import retain
from roomreel.model.table import Table
from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import ALL_SCOPES, Scope
from roomreel.service.database.tables import REQUESTS
from roomreel.service.deletions.work import delete_confirmed
from roomreel.service.hooks.hooks import find_hook
from roomreel.service.lists.compositions import find_composition
from roomreel.service.requests.requests import begin, report_progress
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import (
    DAY,
    HOST,
    NOON,
    Api,
    composition,
    composition_sid,
    empty_api,
    recording,
    sid_of,
)
from browsing import tab_to, wait_until
from planned import CAMERA, SID, publish_planned

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FAILED = composition_sid(1)
SENSITIVE = (composition_sid(2), composition_sid(6))
KINDS = ("audio", "video")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, clip: bytes) -> Iterator[Api]:
    """Three rooms: one was composed, one could not be, one is to be forgotten."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with empty_api(tmp_path_factory.mktemp("walk"), port) as api:
        for number in range(3):
            api.room(number)
        publish_planned(api, clip)
        why = {"failure_code": "media-unreadable", "failure_message": "the camera has no key frame"}
        failed = composition(1, status="failed", date_completed=NOON, **why)
        sensitive = [api.publish(number) | {"status": "completed"} for number in (2, 6)]
        api.record(Table.COMPOSITIONS, failed, *(row | {"date_deleted": None} for row in sensitive))
        tracks = [recording(room, kind) for room in (0, 1) for kind in KINDS]
        for kind in KINDS:
            file = api.folder / "rooms" / f"track of {kind}.mkv"
            file.write_bytes(kind.encode())
            tracks.append(recording(2, kind, media_url=str(file), size_bytes=5))
        api.record(Table.RECORDINGS, *tracks)
        api.tell(1, "composition-started", "composition-failed")
        api.look()
        with serving(api.app, Listening(HOST, port)):
            yield api


@contextmanager
def somebody(api: Api, browser: Browser, scopes: frozenset[Scope] | set[Scope]) -> Iterator[Page]:
    """Yield the tab of somebody who has come to the sign-in page, and typed a key."""
    context = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB")
    tab = context.new_page()
    key, secret = create_key(api.service.database, f"key {secrets.token_hex(8)}", scopes)
    tab.goto(f"{api.service.url}/console")
    # The first field has the focus, a moment after the page is there.
    expect(tab.locator("input:focus")).to_have_count(1)
    tab.keyboard.type(key.sid)
    tab.keyboard.press("Tab")
    tab.keyboard.type(secret)
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{api.service.url}/console/compositions")
    yield tab
    context.close()


def go_to(tab: Page, name: str) -> None:
    """Follow the navigation."""
    tab.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name=name).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)


def rows_of(tab: Page) -> list[str]:
    return tab.locator("#log tbody td.sid").all_inner_texts()


def test_the_manager_finds_the_call_of_a_day_and_plays_it(api: Api, browser: Browser) -> None:
    with somebody(api, browser, {Scope.READ, Scope.MEDIA}) as tab:
        assert len(rows_of(tab)) == 4
        expect(tab.get_by_role("button", name="Delete")).to_have_count(0)
        tab.get_by_label("From").fill(f"{DAY}")
        tab.get_by_label("To").fill(f"{DAY}")
        tab.get_by_label("Room").fill("call 0")
        tab.get_by_label("Room").press("Enter")
        expect(tab.locator("#log tbody tr")).to_have_count(1)
        tab.get_by_role("link", name=SID).click()
        player = tab.locator("#player")
        wait_until(tab, "document.getElementById('player').readyState >= 2")
        player.focus()
        tab.keyboard.press("Space")
        wait_until(tab, "document.getElementById('player').currentTime > 0.3")
        assert not player.evaluate("player => player.paused")
        tab.keyboard.press("Space")
        tab.locator("#chapters").get_by_role("link", name="video joins").click()
        wait_until(tab, "document.getElementById('player').currentTime === 2")
        tab.get_by_role("button", name="Show").click()
        tab.locator("#shown").get_by_role("link", name="video of 0").first.click()
        tab.wait_for_url(f"**/console/recordings/{CAMERA}")
        expect(tab.get_by_role("heading", level=1)).to_contain_text("Recording")
        go_to(tab, "Usage")
        expect(tab.locator("#content")).to_contain_text(f"{DAY}")


def test_the_operator_sees_why_one_failed_and_composes_it_by_keys(
    api: Api, browser: Browser, clip: bytes
) -> None:
    with somebody(api, browser, ALL_SCOPES) as tab:
        tab_to(tab, "status")
        tab.keyboard.type("failed")
        expect(tab.locator("#log tbody tr")).to_have_count(1)
        tab_to(tab, FAILED)
        tab.keyboard.press("Enter")
        failure = tab.get_by_role("region", name="Failure")
        expect(failure).to_contain_text("the camera has no key frame")
        expect(failure).to_contain_text("The media of a recording cannot be opened")
        tab_to(tab, "Compose again")
        tab.keyboard.press("Enter")
        expect(tab.locator("#state")).to_contain_text("waits for its turn")
        sid = tab.url.rpartition("/")[2]
        compose(api, tab, sid, clip)
        wait_until(tab, "document.getElementById('player')?.readyState >= 2")  # by itself
        tab_to(tab, "Callbacks")
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("heading", level=1)).to_have_text("Callbacks")
        tab_to(tab, "composition-failed")
        tab.keyboard.press("Enter")
        expect(tab.locator("#callback")).to_contain_text("waiting")
        tab_to(tab, FAILED)
        tab.keyboard.press("Enter")
        expect(failure).to_be_visible()


def compose(api: Api, tab: Page, sid: str, clip: bytes) -> None:
    """Do for a request what a run does: begin it, say how far it is, publish it, record it."""
    database, run = api.service.database, "a run"
    with database.write() as connection:
        connection.execute(REQUESTS.update().where(REQUESTS.c.sid == sid).values(run_id=run))
    assert begin(database, [sid], run, {}) == {sid}
    report_progress(database, [sid], {sid: run}, 40)
    expect(tab.locator("#state")).to_contain_text("40 % so far")
    asked = find_composition(api.service, sid)
    made = {name: asked[name] for name in ("sid", "room_sid", "room_name", "date_created")}
    day = asked["date_created"].date()
    place = Path(str(api.service.settings.compositions_root)) / f"date={day}" / f"{sid}.mp4"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(clip)
    file = {"media_url": str(place), "media_sha256": "ab" * 32, "size_bytes": len(clip)}
    row = composition(0, status="completed", format="mp4", updated_at=datetime.now(UTC))
    api.record(Table.COMPOSITIONS, row | made | file, day=day)
    api.look()


LAYOUT = """{"stage": {"video_sources": ["screen*"], "height": 360, "z_pos": 1},
 "people": {"video_sources": ["*"], "y_pos": 360, "height": 120, "max_rows": 1}}"""


def test_the_engineer_changes_a_hook_by_its_preview(api: Api, browser: Browser) -> None:
    sid = api.hook(7, friendly_name="every call")
    with somebody(api, browser, {Scope.READ, Scope.WRITE}) as tab:
        go_to(tab, "Hooks")
        tab.get_by_role("link", name="every call").click()
        tab.get_by_role("link", name="Edit").click()
        preview = tab.locator("#preview")
        expect(preview).to_contain_text("the composition is sound alone")
        layout = tab.get_by_label("Layout, as JSON")
        layout.fill(LAYOUT.replace("screen*", ""))
        expect(preview).to_contain_text("Layout: line 1, /stage/video_sources/0: expected a sid")
        layout.fill(LAYOUT)
        expect(preview.locator("svg").first).to_be_visible()
        tab.get_by_label("People with a camera").fill("4")
        tab.get_by_label("A screen is shared").check()
        expect(preview.locator("svg").first).to_contain_text("stage")
        tab.get_by_label("A room that there was").fill("call 0")
        expect(preview).to_contain_text("call 0")
        tab.get_by_label("Resolution").fill("640 by 480")
        tab.get_by_role("button", name="Save").click()
        expect(tab.get_by_role("alert")).to_contain_text("It is not saved: 1 field below is marked")
        assert tab.get_by_label("Resolution").get_attribute("aria-invalid") == "true"
        tab.get_by_label("Resolution").fill("640x480")
        tab.get_by_role("button", name="Save").click()
        tab.wait_for_url(f"**/console/hooks/{sid}")
        expect(tab.get_by_role("region", name="Layout as JSON")).to_contain_text("screen*")
        saved = find_hook(api.service, sid).ready.template
        assert {region.name for region in saved.regions} == {"stage", "people"}


def test_the_privacy_officer_deletes_a_room_whose_rows_go_30_days_later(
    api: Api, browser: Browser
) -> None:
    with somebody(api, browser, {Scope.READ, Scope.WRITE}) as tab:
        files = [*api.service.settings.compositions_root.glob(f"*/{SENSITIVE[0]}.*")]
        files += (api.folder / "rooms").glob("track of *")
        assert len(files) == 6
        for what in ("compositions", "recordings"):
            go_to(tab, "Rooms")
            tab.get_by_role("link", name="call 2").click()
            tab.get_by_role("link", name=f"Its {what}").click()
            expect(tab.locator("#log tbody tr")).to_have_count(2)
            tab.get_by_role("button", name="Delete what this filter matches").click()
            expect(tab.locator("#deletion")).to_contain_text("This cannot be undone")
            tab.get_by_role("button", name=f"Delete 2 {what}").click()
            expect(tab.locator("#deletion")).to_contain_text(f"0 of 2 {what} are deleted")
            while delete_confirmed(api.service):
                pass
            expect(tab.locator("#deletion")).to_contain_text(f"2 {what} are deleted.")
        assert [file for file in files if file.exists()] == []
        one = f"{api.service.url}/console/compositions/{SENSITIVE[0]}"
        tab.goto(one)
        expect(tab.locator("#content")).to_contain_text("stays for 30 days")
        expect(tab.locator("#player")).to_have_count(0)
        for days, count in ((29, 2), (31, 0)):
            retain(api.service.settings, datetime.now(UTC) + timedelta(days=days))
            api.look()
            for what in ("compositions", "recordings"):
                tab.goto(f"{api.service.url}/console/{what}?room={sid_of('RM', 2)}")
                expect(tab.locator("#log .status.deleted")).to_have_count(count)
                expect(tab.locator("#log tbody tr")).to_have_count(count)
        expect(tab.get_by_text("No recordings match this filter")).to_be_visible()
        answer = tab.goto(one)
        assert answer is not None
        assert answer.status == 404
        expect(tab.get_by_role("heading", level=1)).to_have_text("Not found")
