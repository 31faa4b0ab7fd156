"""Tables of the documentation say what the code does."""

from pathlib import Path

from roomreel.draft.names import RECORDERS
from roomreel.model.formats import FORMATS, REFUSED, Zero, why_refused

TOP = Path(__file__).parents[2]
FORMATS_PAGE = (TOP / "docs" / "formats.md").read_text(encoding="utf-8")
README = (TOP / "README.md").read_text(encoding="utf-8")

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


def test_the_readme_names_every_recorder_whose_names_are_known():
    section = README.split("\n## Your own recordings\n", 1)[1].split("\n## ", 1)[0]
    words = " ".join(section.split())
    assert [recorder for recorder in RECORDERS if recorder not in words] == []
