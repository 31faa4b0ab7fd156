"""README.md: every block of it is run, on data in which its answer has rows."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.cli import console
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.errors import DocumentInvalid, SourceLimitExceeded
from roomreel.model.media import Stored
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.table import Table
from roomreel.plan.refuse import check
from roomreel.settings import load

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
BLOCKS = [text for _, text in re.findall(r"^```(.*)\n((?:.*\n)*?)```$", README, re.MULTILINE)]
GB = 10**9


def block(begins: str) -> str:
    (found,) = [text for text in BLOCKS if text.startswith(begins)]
    return found


@pytest.fixture
def folder(month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with a month of nights in `data/store`."""
    shutil.copytree(month, tmp_path / "data" / "store")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifest_is_valid(text: str, _: Path) -> None:
    room = parse_manifest(text.encode(), "room.json").room
    assert room.recordings


def template_is_valid(text: str, _: Path) -> None:
    assert parse_template(text.encode(), "presenter.json").regions


def settings_are_read(text: str, folder: Path) -> None:
    file = folder / "some.toml"
    file.write_text(text, encoding="utf-8")
    assert load(file)


def is_json_of_s3(text: str, _: Path) -> None:
    assert {"Statement", "Rules"} & json.loads(text).keys()


def is_of_a_recording(text: str, _: Path) -> None:
    schema = json.loads((TOP / "roomreel/schemas/room-1.schema.json").read_text())
    (member,) = json.loads(f"{{{text}}}").items()
    known = schema["$defs"]["recording"]["properties"]
    assert member[0] in known
    reference = known[member[0]]["$ref"].rpartition("/")[2]
    assert member[1].keys() <= schema["$defs"][reference]["properties"].keys()


def has_rows(text: str, _: Path) -> None:
    """Run Python, and look at the value of its last line."""
    *lines, last = ast.parse(text).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(lines, []), "README.md", "exec"), names)  # noqa: S102  ours
    assert isinstance(last, ast.Expr)
    assert len(eval(compile(ast.Expression(last.value), "README.md", "eval"), names)) > 0  # noqa: S307


def are_files_of_catalogs(text: str, folder: Path) -> None:
    catalog = folder / "data" / "store" / "catalog"
    for line in text.splitlines():
        path = re.sub("date=[0-9-]+", "date=*", line.removeprefix("<store>/catalog/"))
        assert list(catalog.glob(path))


def deletes(text: str, folder: Path) -> None:
    """Run what it deletes with the rows there are; the night of `retention` is run elsewhere."""
    catalog = Catalog.open(folder / "data/store/catalog", folder / "data/store/journal")
    sids = [row["sid"] for row in catalog.rows(Table.COMPOSITIONS)[:2]]
    first, second, third = text.splitlines()
    assert third == "roomreel retention"
    assert "deleted 2 compositions" in ran(first.replace("CJ... CJ...", " ".join(sids)))
    assert re.search(r"^[1-9][0-9]* rows?$", ran(second), re.MULTILINE)


def ran(line: str) -> str:
    command = [sys.executable, "-m", *line.split()]
    done = subprocess.run(command, input="y\n", capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def are_targets(text: str, _: Path) -> None:
    targets = [line.split()[1] for line in text.splitlines()]
    make = shutil.which("make") or "make"
    subprocess.run([make, "--dry-run", *targets], cwd=TOP, check=True, capture_output=True)


def refused(text: str, _: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = RecordingStatus.COMPLETED
    one = Recording("RT1", "MT1", "PA1", "screen", MediaType.VIDEO, ended)
    two = Recording("RT2", "MT2", "PA2", "camera", MediaType.VIDEO, ended)
    people = (Participant("PA1", "carla"), Participant("PA2", "alice"))
    room = Room("RM1", "stand-up", RoomStatus.COMPLETED, people, (one, two))
    template = parse_template(block('{\n  "schema": "roomreel.template/1"').encode(), "t.json")
    stored = {"RT1": Stored("/1", 29 * GB, "1"), "RT2": Stored("/2", 12 * GB, "1")}
    with pytest.raises(SourceLimitExceeded) as caught:
        check(room, template, stored, 40 * GB)
    console.report(caught.value)
    assert re.sub(r"RT[12]", "RT...", capsys.readouterr().err) == text


def breaks_a_rule(text: str, _: Path) -> None:
    manifest = block('{\n  "schema": "roomreel.room/1"').replace('"track_name"', '"trackname"')
    with pytest.raises(DocumentInvalid) as caught:
        parse_manifest(manifest.encode(), "call.json")
    assert text.strip() in map(str, caught.value.violations)


# How each block is run, by its beginning; or the test that runs it.
RUN: dict[str, Callable[..., None] | str] = {
    "roomreel demo": "tests/packaging/test_installs.py",
    "make demo ": are_targets,
    "roomreel manifest ": "tests/packaging/test_installs.py",
    "python3 -m venv": "tests/packaging/test_installs.py",
    # So a checkout is installed, with the lock that has the tests' tools, too.
    "/opt/roomreel/bin/pip": "Makefile",
    '{\n  "schema": "roomreel.room/1"': manifest_is_valid,
    '{\n  "schema": "roomreel.template/1"': template_is_valid,
    "manifests =": settings_are_read,
    'encryption = "age"': settings_are_read,
    '{"Version"': is_json_of_s3,
    '{"Rules"': is_json_of_s3,
    "<store>/catalog/": are_files_of_catalogs,
    "import pandas": has_rows,
    "import polars": has_rows,
    "import duckdb": has_rows,
    "roomreel delete": deletes,
    "age-keygen": "tests/media/test_encryption.py",
    "openssl genpkey": "tests/media/test_encryption.py",
    "age --decrypt -i customer.key": "tests/media/test_encryption.py",
    "age --decrypt -i customer.pem": "tests/media/test_encryption.py",
    "file=monday.mp4": "tests/media/test_encryption.py",
    '"encryption": {"format": "age"}': is_of_a_recording,
    '"encryption": {"format": "rsa-envelope"': is_of_a_recording,
    "ssh-keygen": "tests/media/test_encryption.py",
    "roomreel: source-limit-exceeded": refused,
    "call.json:": breaks_a_rule,
}


@pytest.mark.parametrize("text", BLOCKS, ids=lambda text: " ".join(text.split())[:40])
def test_a_block_is_run(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (how,) = [run for begins, run in RUN.items() if text.startswith(begins)]
    if isinstance(how, str):
        assert (TOP / how).is_file()
    elif how is refused:
        how(text, folder, capsys)
    else:
        how(text, folder)


def test_no_way_to_run_is_left_over() -> None:
    assert [begins for begins in RUN if not any(text.startswith(begins) for text in BLOCKS)] == []
