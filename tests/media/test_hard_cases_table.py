"""HARD_CASES.md names tests that are there."""

import re
from pathlib import Path

import pytest

TEXT = Path(__file__).with_name("HARD_CASES.md").read_text(encoding="utf-8")
TABLES = {"cases": "test_hard_cases", "sound": "test_hard_sound"}


def source(module: str) -> str:
    return Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "names"), re.findall(r"`(test_\w+)`(?:: ([\w, ]+))?", TEXT))
def test_a_test_is_there(module: str, names: str):
    text = source(module)
    assert [n for n in names.strip(" ,").split(", ") if n and f"def test_{n}(" not in text] == []


@pytest.mark.parametrize(("table", "name"), re.findall(r"`(cases|sound)\[(.+?)\]`", TEXT))
def test_a_row_is_there(table: str, name: str):
    assert f'    "{name.removesuffix("...")}' in source(TABLES[table])
