import re
from pathlib import Path

import pytest

from roomreel.cli import VERBS
from roomreel.cli.documentation import codes, fill_page, options, overview
from roomreel.errors import BatchFailed, OrchestratorFailed, RenderTimeout, failures

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_page_is_that_of_the_commands():
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text) == text, "make docs"


def test_a_page_without_generated_parts_stays():
    assert fill_page("# A page\n\ntext\n") == "# A page\n\ntext\n"


def test_a_part_that_nothing_generates_is_an_error():
    with pytest.raises(KeyError):
        fill_page("<!-- make docs: nothing -->\n<!-- end -->\n")


def test_a_part_is_written_again():
    page = "before\n<!-- make docs: codes -->\nold\n<!-- end -->\nafter\n"
    assert fill_page(page) == f"before\n<!-- make docs: codes -->\n{codes()}<!-- end -->\nafter\n"


def test_a_link_of_the_overview_leads_to_the_section_of_its_command():
    linked = re.findall(r"^\| \[`([\w ]+)`\]\(#roomreel-([\w-]+)\)", overview(), re.MULTILINE)
    assert {name for name, _ in linked} > {*VERBS}
    for name, anchor in linked:
        assert anchor == name.replace(" ", "-")
        assert f"# `roomreel {name}`\n" in options()


def test_a_usage_is_that_of_each_command():
    usages = re.findall(r"^\$ roomreel ((?:[a-z]+ )*)", options(), re.MULTILINE)
    assert {*VERBS} < {usage.strip() for usage in usages}
    assert "* `--template <str>`" not in options().split("roomreel compose`")[1].split("###")[0]
    assert "--help" not in options()


def test_every_failure_with_a_code_has_a_row():
    kinds = list(failures())
    assert {RenderTimeout, BatchFailed, OrchestratorFailed} <= {*kinds}
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| .{10,} \|$", codes(), re.MULTILINE)
    assert rows == sorted(rows, key=lambda row: int(row[1]))
    assert {(kind.code, str(kind.exit_code)) for kind in kinds} == set(rows)
    assert len(rows) == len(set(rows))
