"""Tables of the documentation say what the code does."""

import re
from pathlib import Path

from roomreel.cli import VERBS, app
from roomreel.draft.names import RECORDERS
from roomreel.errors import RoomreelError
from roomreel.model.formats import FORMATS, REFUSED, Zero, why_refused
from roomreel.model.plan import WarningCode
from roomreel.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
FORMATS_PAGE = (DOCS / "formats.md").read_text(encoding="utf-8")
ROOMS_PAGE = (DOCS / "rooms.md").read_text(encoding="utf-8")
COMMANDS_PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (DOCS / "settings.md").read_text(encoding="utf-8")

COUNTS_FROM = {
    Zero.OWN: "its zero",
    Zero.FIRST: "its first timestamp",
    Zero.COUNTED: "its first picture",
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table that begins with a heading, without the heading and the line."""
    table = FORMATS_PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    lines = table.strip().split("\n")[2:]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


def test_the_formats_that_are_taken_are_those_of_the_code():
    assert rows("format") == [
        [one.name, " ".join(one.endings), COUNTS_FROM[one.zero]] for one in FORMATS
    ]


def test_the_formats_that_are_not_taken_are_those_of_the_code():
    *named, still, others = rows("not taken (as FFmpeg names it)")
    assert still[1] == why_refused("png_pipe")
    assert others[1] == why_refused("what FFmpeg may have")
    assert named == [
        [" ".join(f"`{name}`" for name in demuxers), reason] for reason, demuxers in REFUSED.items()
    ]


def test_the_page_names_every_recorder_whose_names_are_known():
    section = ROOMS_PAGE.split("\n## Draft a manifest\n", 1)[1].split("\n## ", 1)[0]
    words = " ".join(section.split())
    assert [recorder for recorder in RECORDERS if recorder not in words] == []


def first_cells(section: str) -> list[str]:
    """The first words of the rows of a section's table, without the heading and the line."""
    return re.findall(r"^\| \[?`?([\w-]+)", section, re.MULTILINE)[2:]


def test_every_setting_is_in_the_table():
    section = SETTINGS_PAGE.split("\n## All settings\n")[1].split("\n## ")[0]
    named = first_cells(section)
    assert len(named) == len(set(named))
    assert set(named) == set(Settings.model_fields)


def test_every_verb_is_in_the_table():
    table = COMMANDS_PAGE.split("\n## ")[0]
    groups = {str(group.name): group.typer_instance for group in app.registered_groups}
    assert set(first_cells(table)) == {*VERBS, *groups}
    for name, group in groups.items():
        assert group
        named = re.findall(rf"^\| \[`{name} (\w+)`\]", table, re.MULTILINE)
        assert sorted(named) == sorted(str(command.name) for command in group.registered_commands)
    rows = re.findall(r"^\| \[`([^`]+)`\]", table, re.MULTILINE)
    assert len(rows) == len(set(rows))


def test_every_exit_code_is_in_the_table():
    def codes(kind: type[RoomreelError]) -> set[int]:
        return {kind.exit_code}.union(*map(codes, kind.__subclasses__()))

    section = COMMANDS_PAGE.split("\n## When something fails\n")[1].split("\n### ")[0]
    told = first_cells(section)
    assert len(told) == len(set(told))
    assert codes(RoomreelError) <= {int(code) for code in told}


def test_every_code_of_a_warning_is_described():
    text = (DOCS / "analysts.md").read_text(encoding="utf-8")
    table = text.split("## Codes of warnings\n")[1]
    cells = "".join(re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE))
    assert sorted(re.findall(r"`([a-z-]+)`", cells)) == sorted(WarningCode)


def test_each_yes_in_the_comparison_leads_to_a_test():
    """The first column is ours; that links lead to files is tested with those of all pages."""
    text = (DOCS / "comparison.md").read_text(encoding="utf-8")
    own = [
        row.split("|")[2].strip() for row in re.findall(r"^\| [^|\n]+ \|.*$", text, re.MULTILINE)
    ]
    _, *claims = own
    assert len(claims) > 10
    for claim in claims:
        linked = re.sub(r"\[(Y|Y; Y)\]\(\.\./tests/[\w/]+/test_\w+\.py\)", "", claim)
        assert set(linked) <= set("\u2013; "), claim
