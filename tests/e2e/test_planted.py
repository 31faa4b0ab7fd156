"""What lies in the folder where roomreel is started is data, whatever it is called."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli_process import command

ROOT = Path(__file__).parents[2]
PRODUCT = ("roomreel", "flows", "tasks")
NAMES = (
    *("av", "ffmpeg", "flows", "json", "numpy", "pickle", "prefect", "psutil", "roomreel"),
    *("sitecustomize", "tasks", "uvicorn"),
)


@pytest.fixture
def planted(folder: Path, template: Path) -> Path:
    """A folder with a room, and with modules that leave a mark beside it."""
    for name in NAMES:
        mark = f"open({str(folder.parent / 'ran')!r}, 'a').write({name!r})"
        (folder / f"{name}.py").write_text(mark)
    templates = folder.parent / "templates"
    templates.mkdir()
    template.rename(templates / "small.json")
    settings = {"manifests": ".", "templates": str(templates), "media_roots": ["."]}
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    (folder / "night.toml").write_text("".join(lines))
    return folder


@pytest.mark.slow
def test_no_process_runs_it(planted: Path):
    for verb in (
        ["manifest", ".", "--name", "call"],
        ["doctor"],
        ["plan", "room.json", "-t", "../templates/small.json"],
        ["compose", "room.json", "-t", "../templates/small.json", "-o", "call.mp4"],
        ["nightly", "--config", "night.toml", "--since", "2000-01-01"],
        ["catalog", "rebuild", "--config", "night.toml"],
    ):
        done = command(*verb, cwd=planted)
        assert done.returncode == 0, (verb, done.stderr)
        assert not (planted.parent / "ran").exists(), verb
    assert (planted / "call.mp4").is_file()
    assert list(planted.glob("data/store/compositions/*/*.mp4"))


def interpreters() -> Iterator[tuple[str, str]]:
    """Every place of the product that starts an interpreter, and the word after it."""
    for file in sorted(file for package in PRODUCT for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            words = map(ast.unparse, node.elts) if isinstance(node, ast.List | ast.Tuple) else ()
            if next(it := iter(words), "") == "sys.executable":
                yield f"{file.relative_to(ROOT)}:{node.lineno}", next(it)


def test_every_interpreter_takes_no_module_from_the_folder_it_is_started_in():
    found = dict(interpreters())
    assert len(found) == 4
    assert {place for place, word in found.items() if word != "'-P'"} == set()
