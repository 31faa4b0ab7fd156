"""The generated parts of `docs/`: settings, commands, codes and the API, as the code has them.

`python -m roomreel.cli.documentation FILE ...` brings pages up to date (`make docs`).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from roomreel import errors
from roomreel.cli import app
from roomreel.settings.documentation import table
from roomreel.web.description import reference

# Lines of typer's pages that are the same for every command, or cut off.
_NOISE = re.compile(r"^\* `--help`.*\n|^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.MULTILINE)
_EMPTY = re.compile(r"^\*\*Options\*\*:\n\n(?!\*)", re.MULTILINE)
_PART = re.compile(r"^(<!-- make docs: (\w+) -->\n).*?^(<!-- end -->)$", re.MULTILINE | re.DOTALL)


def fill_page(page: str) -> str:
    """Return a page with each of its generated parts as it is today."""
    return _PART.sub(lambda part: f"{part[1]}{_PARTS[part[2]]()}{part[3]}", page)


def overview() -> str:
    """Return the commands in Markdown, a row each, with links to their sections."""
    names = re.findall(r"^#+ `roomreel ([\w ]+)`\n\n(.*)", options(), re.MULTILINE)
    rows = (f"| [`{name}`](#roomreel-{name.replace(' ', '-')}) | {does} |" for name, does in names)
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows, ""])


def options() -> str:
    """Return the arguments and options of each command in Markdown, a section each."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), indent=1, name="roomreel")
    return _EMPTY.sub("", _NOISE.sub("", text))


def codes() -> str:
    """Return the codes of failures in Markdown, a row each, with the exit code of a command."""
    rows = (
        f"| `{kind.code}` | {kind.exit_code} | {str(kind.__doc__).splitlines()[0]} |"
        for kind in sorted(errors.failures(), key=lambda kind: kind.exit_code)
    )
    return "\n".join(["| code | exit code | meaning |", "| --- | --- | --- |", *rows, ""])


_PARTS = {
    "settings": table,
    "commands": overview,
    "options": options,
    "codes": codes,
    **reference.PARTS,
}


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(fill_page(file.read_text(encoding="utf-8")), encoding="utf-8")
