"""The console in headless Chromium: axe, both themes, a phone and a desk, by keys alone."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from roomreel.model.table import Table
from roomreel.service.access.sign_in_links import make_link
from roomreel.service.deletions.work import delete_confirmed
from roomreel.web.console.pages import PAGES as CONSOLE_PAGES
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import HOST, NOON, Api, composition, composition_sid, sid_of, usual_api
from browsing import focused, tab_to
from planned import publish_planned

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ("Weekly call", "<b>x</b><script>alert(1)</script>", "x" * 10_000, "محادثة الفريق", "")

# Path, what is to be seen there, and the status of the answer.
PAGES = (
    ("/console/compositions", "h1:text('Compositions')", 200),
    ("/console/recordings", "h1:text('Recordings')", 200),
    ("/console/callbacks", "h1:text('Callbacks')", 200),
    ("/console/rooms", "h1:text('Rooms')", 200),
    (f"/console/rooms/{sid_of('RM', 1)}", "#rules-json", 200),
    (f"/console/compositions/{composition_sid(0)}", "#chapters", 200),
    (f"/console/compositions/{composition_sid(0)}/shown?t=7.5", "text=inset, cell 1", 200),
    (f"/console/compositions/{composition_sid(1)}", "text=It failed", 200),
    (f"/console/recordings/{sid_of('RT', 0, 'video')}", "#uses", 200),
    (f"/console/recordings/{sid_of('RT', 4, 'audio')}", "text=has not finished", 200),
    ("/console/usage", "h1:text('Usage')", 200),
    ("/console/hooks", "h1:text('Hooks')", 200),
    (f"/console/hooks/{sid_of('HK', 0)}", "h1:has-text('hook 0')", 200),
    (f"/console/hooks/{sid_of('HK', 0)}/edit", "text=sound alone", 200),
    (f"/console/hooks/{sid_of('HK', 0)}/delete", "text=cannot be undone", 200),
    ("/console/hooks/new", "#preview svg", 200),
    (f"/console/hooks/{sid_of('HK', 0)}?room=nobody&chosen=1", "text=There is no room", 200),
    ("/console/callbacks/6", "h1:text('Callback 6')", 200),
    ("/console/compositions?to=2001-01-01", "text=No compositions match", 200),
    ("/console/compositions?from=x&room=nobody&sid=x&status=x", ".problem", 400),
    ("/console/nothing", "h1:text('Not found')", 404),
    ("/console/sign-in", "#secret", 200),
    ("/console/sign-in?link=x", "text=signs you in", 200),
)

# Numbers what somebody can do something with, and returns how each begins.
NUMBER = """() => {
  const kinds = ["a[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary",
    "video[controls]", "[tabindex='0']"];
  const all = [...document.querySelectorAll(kinds.join())].filter(
    one => one.checkVisibility({visibilityProperty: true}) && !one.disabled);
  return all.map((one, number) => {
    one.dataset.number = number;
    return one.outerHTML.slice(0, 90);
  });
}"""
FOCUS = """() => {
  const one = document.activeElement;
  return [one.dataset.number ?? null, getComputedStyle(one).outlineStyle];
}"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with usual_api(tmp_path_factory.mktemp("console"), port) as api:
        rows = [
            composition(100 + n, room_name=name, room_sid=sid_of("RM", 9))
            for n, name in enumerate(NAMES)
        ]
        api.record(Table.COMPOSITIONS, *rows)
        publish_planned(api, updated_at=NOON + timedelta(minutes=5))
        api.look()
        with serving(api.app, Listening(HOST, port)):
            yield api


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 375),
        ("dark", 1440),
        pytest.param("light", 1440, marks=pytest.mark.soak),
        pytest.param("dark", 375, marks=pytest.mark.soak),
    ],
)
def test_axe_finds_nothing(api: Api, browser: Browser, state: Any, scheme: Any, width: int) -> None:
    context = browser.new_context(
        storage_state=state, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    tab = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    for path, seen, status in PAGES:
        answer = tab.goto(api.service.url + path)
        assert answer is not None
        assert answer.status == status
        expect(tab.locator(seen).first).to_be_visible()
        found = Axe().run(tab)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, path
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(20, 24, 28)") == (scheme == "dark")
    context.close()
    assert [url for url in asked if not url.startswith(api.service.url)] == []
    # The policy of pages, and scripts that fail, would be heard of here.
    assert [text for text in said if "status of" not in text] == []


def test_times_are_those_of_the_viewer(api: Api, tab: Page) -> None:
    tab.goto(f"{api.service.url}/console/compositions")
    time = tab.locator("tbody time").first
    expect(time).to_have_text("20 Nov 2026, 21:01")  # of 12:01 in UTC
    assert (time.get_attribute("title") or "").startswith("2026-11-20 12:01")
    expect(tab.locator("#zone")).to_have_text("Asia/Tokyo")


def test_a_filter_shows_its_rows_and_its_address_without_loading_the_page(
    api: Api, tab: Page
) -> None:
    tab.goto(f"{api.service.url}/console/compositions")
    tab.evaluate("window.stays = true")
    tab.get_by_label("Status").select_option("failed")
    expect(tab.locator("tbody .failed").first).to_be_visible()
    expect(tab.locator("tbody .completed")).to_have_count(0)
    assert tab.url == f"{api.service.url}/console/compositions?status=failed"
    tab.get_by_label("Room").fill("call 1")
    tab.get_by_label("Room").press("Enter")
    expect(tab.locator("tbody tr")).to_have_count(5)
    expect(tab.locator("tbody time[data-shown]")).to_have_count(5)
    assert tab.evaluate("window.stays")
    tab.go_back()
    expect(tab).to_have_url(f"{api.service.url}/console/compositions?status=failed")
    tab.get_by_label("Room").fill("nobody at all")
    tab.get_by_label("Room").press("Enter")
    expect(tab.locator("#room-problem")).to_be_visible()


def test_pages_of_a_log_follow_one_another(api: Api, tab: Page) -> None:
    tab.goto(f"{api.service.url}/console/compositions")
    first = tab.locator("tbody .sid").first.inner_text()
    tab.get_by_role("link", name="Older").click()
    expect(tab.locator("tbody tr")).to_have_count(15)
    tab.get_by_role("link", name="Newer").click()
    expect(tab.locator("tbody .sid").first).to_have_text(first)


def test_the_day_of_a_filter_is_the_viewer_s(api: Api, tab: Page) -> None:
    tab.goto(f"{api.service.url}/console/compositions")
    # In Tokyo the calls of noon in UTC were at nine in the evening.
    tab.get_by_label("From").fill("2026-11-21")
    expect(tab.get_by_text("No compositions match")).to_be_visible()
    assert "zone=Asia%2FTokyo" in tab.url
    tab.get_by_label("From").fill("2026-11-20")
    expect(tab.locator("tbody tr")).to_have_count(50)


def test_a_theme_that_was_chosen_stays(api: Api, tab: Page) -> None:
    tab.goto(f"{api.service.url}/console/compositions")
    button = tab.get_by_role("button", name="Theme")
    expect(button).to_have_text("Theme: system")
    for theme, paper in (("light", "rgb(251, 251, 249)"), ("dark", "rgb(20, 24, 28)")):
        button.click()
        expect(button).to_have_text(f"Theme: {theme}")
        tab.reload()
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == paper
    button.click()
    expect(button).to_have_text("Theme: system")


def test_everything_works_without_scripts(api: Api, browser: Browser, state: Any) -> None:
    context = browser.new_context(storage_state=state, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{api.service.url}/console/recordings")
    tab.get_by_label("Status").select_option("processing")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator("tbody tr")).to_have_count(2)
    expect(tab.locator("tbody time").first).to_contain_text("UTC")
    tab.get_by_role("button", name="Delete what this filter matches").click()
    expect(tab.get_by_text("2 stay: of a room that is not over")).to_be_visible()
    context.close()


def test_keys_come_to_everything_and_it_is_seen(api: Api, tab: Page) -> None:
    for path in [path for path, _, status in PAGES if status == 200 and "sign-in" not in path]:
        tab.goto(api.service.url + path)
        tab.wait_for_load_state("networkidle")  # parts of a page come after it
        wanted = dict(enumerate(tab.evaluate(NUMBER)))
        assert len(wanted) > len(CONSOLE_PAGES), path
        for _ in range(2 * len(wanted) + 40):  # fields of dates and players are several stops
            tab.keyboard.press("Tab")
            number, outline = tab.evaluate(FOCUS)
            came = wanted.pop(int(number or -1), None)
            assert came is None or outline != "none", f"{path}: {came}"
            if not wanted:
                break
        assert not wanted, path


def test_keys_alone_find_delete_and_sign_out(api: Api, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{api.service.url}/console")
    expect(tab.locator("input:focus")).to_have_count(1)
    tab.keyboard.type(api.account.sid)
    tab.keyboard.press("Tab")
    tab.keyboard.type(api.account.auth_token)
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{api.service.url}/console/compositions")
    tab.keyboard.press("Tab")
    assert focused(tab) == "Skip to the content"
    tab.keyboard.press("Enter")
    assert focused(tab).startswith("content")
    tab_to(tab, "room")
    tab.keyboard.type("call 3")
    tab.keyboard.press("Enter")
    expect(tab.locator("tbody tr")).to_have_count(15)
    tab_to(tab, "Delete what this filter matches")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/deletions/*")
    assert Axe().run(tab).violations_count == 0
    tab_to(tab, "Delete 5 compositions")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("0 of 5 compositions are deleted")).to_be_visible()
    assert Axe().run(tab).violations_count == 0
    while delete_confirmed(api.service):
        pass
    expect(tab.get_by_text("5 compositions are deleted")).to_be_visible()  # by itself
    assert Axe().run(tab).violations_count == 0
    tab.goto(f"{api.service.url}/console/compositions")
    tab_to(tab, "Sign out")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/console/sign-in")
    tab.go_back()
    tab.wait_for_url("**/console/sign-in**")
    context.close()


def test_a_session_that_ended_leads_to_the_sign_in_and_back(api: Api, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    link = make_link(api.service.database, api.account, api.service.url, datetime.now(UTC))
    tab.goto(link)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(f"{api.service.url}/console/compositions")
    context.clear_cookies()
    tab.get_by_label("Status").select_option("failed")
    tab.wait_for_url("**/console/sign-in?next=**")
    tab.get_by_label("Sid of a key").fill(api.account.sid)
    tab.get_by_label("Secret").fill(api.account.auth_token)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/console/compositions?status=failed")
    context.close()


def test_no_page_of_another_site_shows_or_sends_one(api: Api, context: BrowserContext) -> None:
    tab = context.new_page()
    # Of a page of another origin: localhost is not 127.0.0.1.
    other = api.service.url.replace(HOST, "localhost")
    body = EVIL.replace("URL", api.service.url)
    tab.route("**/evil", lambda route: route.fulfill(body=body, content_type="text/html"))
    tab.goto(f"{other}/evil")
    frame = tab.frame(name="framed")
    assert frame is not None
    assert "Compositions" not in (frame.evaluate("document.body.innerText") or "")
    tab.click("button")
    expect(tab.get_by_text("another site")).to_be_visible()


EVIL = """<iframe name="framed" src="URL/console/compositions"></iframe>
<form method="post" action="URL/console/sign-out"><button>x</button></form>"""
