"""Hooks of the console in headless Chromium: edited by keys alone, drawn while one types."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from roomreel.service.hooks.hooks import find_hook
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import HOST, Api, empty_api, sid_of
from browsing import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SID = sid_of("HK", 1)
HERE = f"/console/hooks/{SID}"
LAYOUT = {"wide": {"video_sources": ["screen"]}, "small": {"video_sources": ["camera"], "z_pos": 1}}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with empty_api(tmp_path_factory.mktemp("hooks"), port) as api:
        api.room(1)
        api.look()
        with serving(api.app, Listening(HOST, port)):
            yield api


@pytest.fixture(autouse=True)
def hook(api: Api) -> None:
    api.hook(1, friendly_name="grid", video_layout={"grid": {"video_sources": ["*"]}})


def test_keys_alone_change_a_hook_and_see_it_drawn(api: Api, tab: Page) -> None:
    tab.goto(f"{api.service.url}/console/hooks")
    tab_to(tab, "grid")
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**{HERE}")
    tab_to(tab, "Edit")
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**{HERE}/edit")
    preview = tab.locator("#preview")
    expect(preview.locator("svg")).to_have_count(4)
    tab.evaluate("window.stays = true")
    tab_to(tab, "friendly_name")
    tab.keyboard.type("speaker")  # what was there is selected
    tab_to(tab, "video_layout")
    tab.keyboard.press("Control+A")
    tab.keyboard.type('{"wide": ')
    expect(preview).to_contain_text("Layout: line 1, /wide")
    assert Axe().run(tab).violations_count == 0
    tab.keyboard.type('{"video_sources": ["screen"]}, "small": {"video_sources": ["camera"]}}')
    expect(preview.locator("svg").first).to_contain_text("small")
    tab_to(tab, "cameras")
    tab.keyboard.type("1")
    expect(preview.locator("svg text", has_text="person 2")).to_have_count(0)
    assert Axe().run(tab).violations_count == 0
    assert tab.evaluate("window.stays")
    assert find_hook(api.service, SID).ready.name == "grid"
    tab.keyboard.press("Enter")  # of a field it saves
    tab.wait_for_url(f"**{HERE}")
    expect(tab.locator("h1")).to_have_text("speaker")
    saved = find_hook(api.service, SID).ready.template
    assert [region.name for region in saved.regions] == ["wide", "small"]


def test_it_is_drawn_and_saved_without_scripts(api: Api, browser: Browser, state: Any) -> None:
    context = browser.new_context(storage_state=state, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{api.service.url}{HERE}/edit")
    tab.get_by_label("Layout, as JSON").fill(json.dumps(LAYOUT))
    tab.get_by_label("A room that there was").fill("call 1")
    tab.get_by_role("button", name="Draw").click()
    expect(tab.locator("#preview")).to_contain_text("call 1")
    expect(tab.locator("#preview")).to_contain_text("it has the tracks audio of 1, video of 1")
    tab.get_by_label("A room that there was").fill("")
    tab.get_by_role("button", name="Draw").click()
    expect(tab.locator("#preview svg").first).to_contain_text("small")
    assert json.loads(tab.get_by_label("Layout, as JSON").input_value()) == LAYOUT
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url(f"**{HERE}")
    assert len(find_hook(api.service, SID).ready.template.regions) == 2
    context.close()


@pytest.mark.parametrize("ends", ["session", "service"])
def test_what_was_typed_stays_whatever_becomes_of_the_preview(
    api: Api, browser: Browser, state: Any, ends: str
) -> None:
    context = browser.new_context(storage_state=state)
    tab = context.new_page()
    tab.goto(f"{api.service.url}{HERE}/edit")
    if ends == "session":
        context.clear_cookies()
    else:
        tab.route("**/preview", lambda route: route.fulfill(status=503, body="away"))
    tab.get_by_label("Rooms").fill("lesson-*")
    expect(tab.get_by_text("Nothing that you typed is lost")).to_be_visible()
    expect(tab.get_by_label("Rooms")).to_have_value("lesson-*")
    assert tab.url.endswith("/edit")
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 375), ("dark", 1440)])
def test_who_comes_second_sees_both(
    api: Api, browser: Browser, state: Any, scheme: Any, width: int
) -> None:
    context: BrowserContext = browser.new_context(
        storage_state=state, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    first, second = context.new_page(), context.new_page()
    for tab in (first, second):
        tab.goto(f"{api.service.url}{HERE}/edit")
    first.get_by_label("Resolution").fill("320x240")
    first.get_by_role("button", name="Save").click()
    first.wait_for_url(f"**{HERE}")
    second.get_by_label("Name", exact=True).fill("x" * 101)
    second.get_by_role("button", name="Save").click()
    expect(second.locator("#friendly_name-problem")).to_be_visible()
    assert Axe().run(second).violations_count == 0
    second.get_by_label("Name", exact=True).fill("mine")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_text("Somebody else has changed this hook")).to_be_visible()
    expect(second.locator("tr", has_text="Resolution")).to_have_text(
        re.compile(r"\s*Resolution\s*320x240\s*640x480\s*")
    )
    assert Axe().run(second).violations_count == 0
    assert second.evaluate("document.documentElement.scrollWidth") <= width
    second.get_by_role("button", name="Save").click()
    second.wait_for_url(f"**{HERE}")
    assert find_hook(api.service, SID).ready.name == "mine"
    context.close()
