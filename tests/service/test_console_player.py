"""The player of the console in headless Chromium: a first frame, chapters, who is where, live."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from roomreel.model.table import Table
from roomreel.service.database.tables import REQUESTS
from roomreel.service.lists.compositions import find_composition
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import HOST, NOON, Api, composition, usual_api
from browsing import wait_until
from planned import CAMERA, SID, VOICE, publish_planned

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = f"/console/compositions/{SID}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, clip: bytes) -> Iterator[Api]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with usual_api(tmp_path_factory.mktemp("player"), port) as api:
        publish_planned(api, clip, updated_at=NOON + timedelta(minutes=5))
        api.look()
        with serving(api.app, Listening(HOST, port)):
            yield api


@pytest.fixture
def player(api: Api, tab: Page) -> Page:
    """The page, with the first frame there."""
    tab.goto(api.service.url + HERE)
    wait_until(tab, "document.getElementById('player').readyState >= 2")
    return tab


def test_it_plays_from_the_service_by_ranges(api: Api, tab: Page) -> None:
    answers: list[tuple[str, int]] = []
    tab.on("response", lambda one: answers.append((one.url, one.status)))
    tab.goto(api.service.url + HERE)
    wait_until(tab, "document.getElementById('player').readyState >= 2")
    assert tab.evaluate("document.getElementById('player').videoWidth") == 640
    assert (f"{api.service.url}{HERE}/media", 206) in answers
    assert all(url.startswith(api.service.url) for url, _ in answers)
    tab.evaluate("document.getElementById('player').muted = true")
    tab.evaluate("document.getElementById('player').play()")
    wait_until(tab, "document.getElementById('player').currentTime > 0.3")
    assert tab.locator("#head").get_attribute("x") != "0"


def test_a_chapter_seeks_by_the_mouse_and_by_keys(player: Page) -> None:
    chapters = player.locator("#chapters a")
    expect(chapters).to_have_count(4)
    chapters.nth(1).click()
    wait_until(player, "document.getElementById('player').currentTime === 2")
    expect(chapters.nth(1)).to_have_attribute("aria-current", "true")
    expect(player.get_by_label("Who is shown at")).to_have_value("0:02")
    chapters.nth(3).focus()
    player.keyboard.press("Enter")
    wait_until(player, "document.getElementById('player').currentTime === 8")
    expect(chapters.nth(1)).not_to_have_attribute("aria-current", "true")
    assert player.url.endswith(HERE)


def test_the_browser_knows_the_chapters(player: Page) -> None:
    wait_until(player, "document.getElementById('player').textTracks[0]?.cues?.length === 4")
    kind = player.evaluate("document.getElementById('player').textTracks[0].kind")
    assert kind == "chapters"


def test_a_warning_seeks_and_so_does_the_time_line(player: Page) -> None:
    player.get_by_role("link", name="first shown at 0:02").click()
    wait_until(player, "document.getElementById('player').currentTime === 2")
    line = player.locator("#timeline").bounding_box()
    assert line
    player.mouse.click(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    wait_until(player, "Math.abs(document.getElementById('player').currentTime - 5) < 0.1")


def test_a_click_in_the_picture_names_the_recording(player: Page) -> None:
    player.locator("#chapters a").nth(1).click()
    wait_until(player, "document.getElementById('player').currentTime === 2")
    picture = player.locator("#player").bounding_box()
    assert picture
    left = picture["x"] + picture["width"] / 4, picture["y"] + picture["height"] / 2
    player.mouse.click(*left)
    shown = player.locator("#shown")
    expect(shown.get_by_role("link")).to_have_text("video · video of 0")
    expect(shown.get_by_role("link")).to_have_attribute("href", f"/console/recordings/{CAMERA}")
    assert player.evaluate("document.getElementById('player').paused")
    player.mouse.click(picture["x"] + picture["width"] * 3 / 4, left[1])
    expect(shown).to_contain_text("nobody is shown there")


def test_keys_alone_tell_who_is_seen_and_heard(player: Page) -> None:
    player.get_by_label("Who is shown at").fill("0:03")
    player.keyboard.press("Enter")
    shown = player.locator("#shown")
    expect(shown).to_contain_text("left, cell 1")
    expect(shown.get_by_role("link").last).to_have_attribute("href", f"/console/recordings/{VOICE}")
    assert player.url.endswith(HERE)


def test_without_a_script_it_still_plays_and_asks(api: Api, browser, state) -> None:
    context = browser.new_context(storage_state=state, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(api.service.url + HERE)
    expect(tab.locator("#player")).to_be_visible()
    tab.get_by_label("Who is shown at").fill("3")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator("#shown")).to_contain_text("left, cell 1")
    context.close()


def test_composing_again_follows_itself_to_the_end(api: Api, tab: Page) -> None:
    tab.goto(api.service.url + HERE)
    tab.get_by_label("By the template").select_option("grid")
    tab.get_by_role("button", name="Compose again").click()
    expect(tab.locator("#state")).to_contain_text("waits for its turn")
    sid = tab.url.rpartition("/")[2]
    mine = REQUESTS.update().where(REQUESTS.c.sid == sid)
    with api.service.database.write() as connection:
        connection.execute(mine.values(status="processing", percentage_done=40))
    expect(tab.locator("#state")).to_contain_text("40 % so far")
    row = find_composition(api.service, sid)
    failed = composition(9, status="failed", failure_message="nobody was there")
    failed |= {"failure_code": "empty-track-list", "attempts": 1}
    failed |= {name: row[name] for name in ("sid", "room_sid", "room_name", "date_created")}
    day = row["date_created"].date()
    api.record(Table.COMPOSITIONS, failed, day=day)
    api.look()
    expect(tab.get_by_text("It failed: nobody was there")).to_be_visible()
    expect(tab.locator("#state")).to_have_count(0)
