"""README.md and the pages that it leads to: short, and no link leads to nothing."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md")), *sorted(TOP.glob("[AC]*.md"))]
PICTURES = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
MOST_LINES = 120
MOST_PICTURE_BYTES = 300_000


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_readme_is_short():
    assert len(README.splitlines()) <= MOST_LINES


def test_the_readme_names_the_targets_of_make_that_a_newcomer_needs():
    assert re.findall(r"^make (\S+)", README, re.MULTILINE) == [
        "demo",
        "console",
        "demo-s3",
        "test",
        "check",
    ]


def test_the_readme_shows_small_pictures():
    files = [TOP / name for name in PICTURES]
    assert {file.suffix for file in files} == {".jpg", ".svg"}
    assert sum(file.stat().st_size for file in files) < MOST_PICTURE_BYTES
    for file in files:
        if file.suffix == ".svg":
            assert ET.parse(file).getroot().tag.endswith("svg")  # noqa: S314  ours
        else:
            assert file.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_table_of_contents():
    contents = (TOP / "docs" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", contents))
    assert named == {page.name for page in (TOP / "docs").glob("*.md")} - {"README.md"}
