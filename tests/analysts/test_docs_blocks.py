"""docs/*.md: a block that nothing runs is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roomreel.metrics import FAMILIES

TOP = Path(__file__).parents[2]

Block = tuple[str, str, str]


def blocks() -> Iterator[Block]:
    """Yield page, fence and text of each block."""
    for page in sorted((TOP / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for fence, block in re.findall(r"^```(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE):
            yield page.name, fence, block


BLOCKS = list(blocks())


def sets_variables(text: str) -> None:
    names = re.findall(r"\b([A-Z_0-9]+)=", text)
    said = subprocess.run(
        ["/bin/sh", "-euc", f"{text}\nenv"], capture_output=True, text=True, check=True
    )
    assert names
    assert all(f"\n{name}=" in f"\n{said.stdout}" for name in names)


def asks_for_metrics(text: str) -> None:
    """There is no Prometheus here: look whether the names and labels it asks for are written."""
    asked = re.findall(r"\b(roomreel_\w+)(?:\{(\w+)=)?", text)
    assert asked
    for name, label in asked:
        family = FAMILIES[name.removesuffix("_total")]
        assert family.is_counter == name.endswith("_total")
        assert not label or label in family.labels


def prefect_knows(text: str) -> None:
    """`roomreel up` runs them, and they do not end: look whether Prefect knows their words."""
    for line in text.splitlines():
        program, *words = line.split()
        assert program == "prefect"
        command = [sys.executable, "-m", "prefect", *words, "--help"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        options = {word for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[\w-]+", said)), said


REHEARSAL = "tests/operate/test_operations_doc.py"

# How each block is run, by its page, its fence and its beginning; or the test that runs it.
RUN: dict[Block, Callable[[str], None] | str] = {
    ("analysts.md", "python", ""): "tests/analysts/test_recipes.py",
    ("analysts.md", "sql", ""): "tests/analysts/test_recipes.py",
    ("analysts.md", "", ""): "tests/analysts/test_recipes.py",
    # There is no Athena and no Trino here: the test compares them with the columns.
    ("analysts.md", "sql athena", ""): "tests/analysts/test_recipes.py",
    ("analysts.md", "sql trino", ""): "tests/analysts/test_recipes.py",
    ("analysts.md", "sh", "export AWS_ENDPOINT_URL="): sets_variables,
    ("metrics.md", "", "increase("): asks_for_metrics,
    ("operations.md", "", "roomreel up\n"): "tests/operate/test_up.py",
    ("operations.md", "sh", "apt-get install"): REHEARSAL,
    ("operations.md", "toml", "templates ="): REHEARSAL,
    ("operations.md", "sh", "su postgres"): REHEARSAL,
    ("operations.md", "sh", "umask 077"): REHEARSAL,
    ("operations.md", "sh", "cp configs/systemd/"): REHEARSAL,
    ("operations.md", "sh", "systemctl enable"): REHEARSAL,
    ("operations.md", "sh plain", ""): REHEARSAL,
    ("operations.md", "", "prefect server start"): prefect_knows,
    ("operations.md", "sh move", ""): "tests/unit/maintenance/test_moved.py",
}


def ways(block: Block) -> list[Block]:
    return [one for one in RUN if one[:2] == block[:2] and block[2].startswith(one[2])]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda one: " ".join(" ".join(one).split())[:50])
def test_a_block_is_run(block: Block) -> None:
    (way,) = ways(block)
    how = RUN[way]
    if isinstance(how, str):
        assert (TOP / how).is_file()
    else:
        how(block[2])


def test_no_way_to_run_is_left_over() -> None:
    used = {way for block in BLOCKS for way in ways(block)}
    assert [way for way in RUN if way not in used] == []
