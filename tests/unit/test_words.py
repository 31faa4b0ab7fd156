"""What people read is in the standard words of the field, wherever it is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from roomreel.cli import app

TOP = Path(__file__).parents[2]
CODE = ("roomreel", "flows", "tasks")
TEXTS = (
    "README.md",
    "docs/*.md",
    "configs/**/*.*",
    "flows/site/*.yaml",
    "flows/site/*.env",
    "roomreel/schemas/*.json",
    "roomreel/report/*.jinja",
    "roomreel/web/console/templates/*.jinja",
)

STANDARD = {
    r"mend(s|ed|ing)?": "fix",
    r"anew|afresh": "again",
    r"tells?|told": "show, list, say",
    r"medium": "media file",
    r"in spite of": "warnings",
    r"signs? of life": "heartbeat",
    r"days of grace": "retention period",
    r"for good": "permanently",
    r"verbs?": "command",
    r"(wrong|the same) words": "arguments",
    r"mistake in roomreel": "bug in roomreel",
    r"as it should be": "no problems found",
    r"look (whether|after)": "check that, maintain",
    r"(is|are|was|were) drawn": "rendered",
    r"real nights?|(the|a|next|later|another|over the) nights?": "nightly run",
    r"left to each": "cancelled while rendering",
    r"plain file": "regular file",
    r"belongs? into": "belong in",
    r"overtaken": "overridden",
}
"""Words that are not standard, as patterns of whole words, and what is written instead."""

# By these names the automations are found on servers that have them.
KEPT = "roomreel (run without a sign of life|retry overtaken by a report)"


def of_code() -> Iterator[tuple[str, str]]:
    """Every text in the code that may be shown, with its place; docstrings are for programmers."""
    for file in sorted(file for folder in CODE for file in (TOP / folder).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in statements and " " in node.value:
                yield f"{file.relative_to(TOP)}:{node.lineno}", node.value


def of_files() -> Iterator[tuple[str, str]]:
    for file in sorted(file for pattern in TEXTS for file in TOP.glob(pattern)):
        for number, paragraph in enumerate(file.read_text(encoding="utf-8").split("\n\n"), 1):
            yield f"{file.relative_to(TOP)}, paragraph {number}", " ".join(paragraph.split())


def of_help() -> Iterator[tuple[str, str]]:
    """The help of each command; that of its options stands in the code."""
    commands = [*app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance
        commands += group.typer_instance.registered_commands
    for command in commands:
        assert isinstance(command, typer.models.CommandInfo)
        assert command.callback
        yield f"help of {command.callback.__name__}", command.callback.__doc__ or ""


@pytest.mark.parametrize("texts", [of_code, of_files, of_help])
def test_what_people_read_has_the_standard_words(texts):
    found = list(texts())
    assert len(found) > 10
    wrong = [
        f"{place}: {word.group()!r}: write {standard!r}"
        for place, text in found
        for old, standard in STANDARD.items()
        for word in re.finditer(rf"\b({old})\b", re.sub(KEPT, "", text), re.IGNORECASE)
    ]
    assert wrong == []


def test_a_word_that_is_not_standard_is_found():
    """In each of its forms, and not within another word."""
    patterns = "|".join(STANDARD)
    for text in ("it was mended", "made anew.", "a Medium", "no night: the night before"):
        assert re.search(rf"\b({patterns})\b", text, re.IGNORECASE)
    for text in ("recommend", "nightly", "stellar", "midnight", "adverb"):
        assert not re.search(rf"\b({patterns})\b", text, re.IGNORECASE)
