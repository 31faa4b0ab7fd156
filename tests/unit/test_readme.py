"""What the README says there is, is there, and the other way round."""

import re
from pathlib import Path

from roomreel.cli import VERBS, app
from roomreel.errors import RoomreelError
from roomreel.model.plan import WarningCode
from roomreel.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `?([\w-]+)", section, re.MULTILINE))


def test_every_setting_is_in_the_table():
    assert first_cells("Settings") - {"setting", "---"} == {
        *(set(Settings.model_fields) - {"encoder_options"})
    }
    assert "`encoder_options`" in README


def test_no_row_stands_twice():
    for heading in ("Settings", "The commands", "When something fails"):
        section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
        assert len(rows) == len(set(rows))


def test_every_verb_is_in_the_table():
    assert first_cells("The commands") - {"command", "---"} == {*VERBS, "catalog"}
    (catalog,) = app.registered_groups
    assert catalog.typer_instance
    named = re.findall(r"^\| `catalog (\w+)` \|", README, re.MULTILINE)
    commands = catalog.typer_instance.registered_commands
    assert sorted(named) == sorted(str(command.name) for command in commands)


def test_every_exit_code_is_in_the_table():
    def codes(kind: type[RoomreelError]) -> set[int]:
        return {kind.exit_code}.union(*map(codes, kind.__subclasses__()))

    told = first_cells("When something fails") - {"exit", "---"}
    assert codes(RoomreelError) <= {int(code) for code in told}


def test_every_code_of_a_warning_is_described():
    text = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
    table = text.split("## Codes of warnings\n")[1]
    cells = "".join(re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE))
    assert sorted(re.findall(r"`([a-z-]+)`", cells)) == sorted(WarningCode)
