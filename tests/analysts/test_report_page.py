"""The report in headless Chromium: it asks for nothing, fits, and its plots can be seen."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from roomreel.catalog.catalog import Catalog
from roomreel.report.figures import figures
from roomreel.report.page import page

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="Chromium is not installed"
    ),
]

# Tests run as root in CI; the rest keeps Chromium itself from asking for anything.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

# What a plot looks like: how high its tallest column is, and whether words lie on one another.
SEEN = """() => {
  const marks = [...document.querySelectorAll(".marks-across")].map((row) =>
    [...row.children].map((mark) => mark.getBoundingClientRect()));
  const overlap = marks.filter((row) =>
    row.some((box, number) => number && box.left < row[number - 1].right)).length;
  const boxes = (name) =>
    [...document.querySelectorAll(name)].map((one) => one.getBoundingClientRect());
  const [shapes, figures] = [boxes("rect"), boxes("figure")];
  return {
    overlap,
    shapes: shapes.filter((box) => box.width > 0 && box.height > 0).length,
    tallest: Math.max(...shapes.map((box) => box.height)),
    widest: document.documentElement.scrollWidth,
    figures: figures.filter((box) => box.left >= 0 && box.right <= innerWidth).length,
    ink: getComputedStyle(document.body).color,
    paper: getComputedStyle(document.body).backgroundColor,
    tables: [...document.querySelectorAll("details")].filter((one) => one.checkVisibility()).length,
  };
}"""


@pytest.fixture(scope="module")
def report(month: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    catalog = Catalog.open(month / "catalog", month / "journal")
    file = tmp_path_factory.mktemp("report") / "report.html"
    with figures(catalog.reader) as found:
        file.write_text(page(found, datetime(2026, 11, 22, tzinfo=UTC)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def brightness(colour: str) -> int:
    return sum(int(part) for part in colour.strip("rgb()").split(", ")[:3])


# A4 within its margins is 718 pixels wide.
@pytest.mark.parametrize(
    ("medium", "width"),
    [("screen", 1300), ("screen", 375), ("print", 718)],
    ids=["desk", "phone", "paper"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read(
    browser: Browser, report: Path, medium: str, width: int, scheme: str
) -> None:
    asked: list[str] = []
    told: list[str] = []
    tab = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: told.append(message.text))
    tab.emulate_media(media=medium, color_scheme=scheme)  # type: ignore[arg-type]
    tab.goto(report.as_uri())
    seen = tab.evaluate(SEEN)
    plots = tab.locator("figure").count()
    tab.close()
    assert asked == [report.as_uri()]
    assert told == []  # the page's own policy would tell here of what it forbids
    assert seen["widest"] <= width + 1  # a width of half a pixel more is rounded up
    assert seen["figures"] == plots > 20
    assert seen["overlap"] == 0
    assert seen["shapes"] > 300
    assert 100 < seen["tallest"] < 200
    is_dark = scheme == "dark" and medium == "screen"
    assert (brightness(seen["ink"]) > 500) == is_dark
    assert (seen["tables"] == 0) == (medium == "print")


# Where a keyboard has to get to, or nobody without a mouse reads what is scrolled out.
SCROLLED = """() => [...document.querySelectorAll("*")].filter((one) =>
    ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
    && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
  ).map((one) => [one.tabIndex, one.getAttribute("role"), one.getAttribute("aria-label")])"""


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 375),
        ("dark", 1440),
        pytest.param("light", 1440, marks=pytest.mark.soak),
        pytest.param("dark", 375, marks=pytest.mark.soak),
    ],
)
def test_axe_finds_nothing(browser: Browser, report: Path, width: int, scheme: str) -> None:
    tab = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    tab.goto(report.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(tab)
    tab.evaluate("document.querySelector('h1').outerHTML = '<img>'")  # to see that it looks
    spoilt = Axe().run(tab)
    tab.close()
    assert found.violations_count == 0, found.generate_report()
    assert "image-alt" in {one["id"] for one in spoilt.response["violations"]}


LINES = """() => [...document.querySelectorAll("td.sid")].map((one) => one.getClientRects().length
    && one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"""


def test_on_a_phone_tables_scroll_and_sids_stay_whole(browser: Browser, report: Path) -> None:
    tab = browser.new_page(viewport={"width": 375, "height": 900})
    tab.goto(report.as_uri())
    scrolled, lines = tab.evaluate(SCROLLED), tab.evaluate(LINES)
    height = tab.evaluate("document.querySelector('section:last-of-type').scrollHeight")
    tab.close()
    assert len(scrolled) >= 2
    assert all(index == 0 and role == "region" and label for index, role, label in scrolled)
    assert 0 < max(lines) < 2
    assert height < 1500  # the last table has twenty rows, of a few lines each


def test_a_column_tells_its_figure_and_the_figures_can_be_opened(
    browser: Browser, report: Path
) -> None:
    tab = browser.new_page()
    tab.goto(report.as_uri())
    rooms = tab.locator("figure", has=tab.locator("h3", has_text=re.compile("^Rooms per day$")))
    first = rooms.locator("rect title").first.text_content()
    rooms.locator("summary").click()
    cells = rooms.locator("tbody tr").first.locator("td").all_inner_texts()
    tab.close()
    assert first == f"20 Oct: {cells[1]}"
    assert cells[0] == "2026-10-20"
