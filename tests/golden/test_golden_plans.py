"""The plan of every golden case, byte by byte."""

import os
from pathlib import Path

import pytest

from roomreel.documents.plan import plan_json

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("cases/*/case.json"))
LAYOUTS = {path.stem for path in (HERE.parents[1] / "layouts").glob("*.json")}


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_plan_is_the_golden_one(folder, plan_of_case):
    golden, text = folder / "plan.json", plan_json(plan_of_case(folder))
    if os.environ.get("ROOMREEL_GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_documented_layout_has_a_case():
    assert {folder.name for folder in CASES} >= LAYOUTS
