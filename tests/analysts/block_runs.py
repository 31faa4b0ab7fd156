"""Ways to run a block of README.md or docs/*.md, on data in which its answer has rows."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.cli import console
from roomreel.documents.buckets import parse_s3_account
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.errors import DocumentInvalid, SourceLimitExceeded
from roomreel.metrics import FAMILIES
from roomreel.model.look import PLAIN
from roomreel.model.media import Stored
from roomreel.model.mixing import AS_RECORDED
from roomreel.model.room import (
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.speaker import USUAL_SPEAKER
from roomreel.model.table import Table
from roomreel.model.template import Template
from roomreel.plan.refuse import check
from roomreel.settings import load

TOP = Path(__file__).parents[2]
GB = 10**9

Block = tuple[str, str, str]


def blocks() -> Iterator[Block]:
    """Yield page, fence and text of each block."""
    for page in (TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for fence, block in re.findall(r"^```(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE):
            yield str(page.relative_to(TOP)), fence, block


def block(begins: str) -> str:
    (found,) = [text for _, _, text in blocks() if text.startswith(begins)]
    return found


def manifest_is_valid(text: str, _: Path) -> None:
    room = parse_manifest(text.encode(), "room.json").room
    assert room.recordings


def template_is_valid(text: str, _: Path) -> None:
    assert parse_template(text.encode(), "presenter.json").regions


def background_is_valid(text: str, _: Path) -> None:
    assert _template(background=json.loads(text)).background != PLAIN


def mixing_is_valid(text: str, _: Path) -> None:
    assert _template(**json.loads(f"{{{text}}}")).mixing != AS_RECORDED


def speaker_is_valid(text: str, _: Path) -> None:
    assert _template(**json.loads(f"{{{text}}}")).speaker != USUAL_SPEAKER


def overlay_is_valid(text: str, _: Path) -> None:
    assert len(_template(overlays=[json.loads(text)]).overlays) == 1


def _template(**members: object) -> Template:
    plain = {"schema": "roomreel.template/1", "friendly_name": "one", "audio_sources": ["*"]}
    return parse_template(json.dumps(plain | members).encode(), "one.json")


def keys_are_valid(text: str, _: Path) -> None:
    assert parse_s3_account(text.encode(), "customer.json").buckets


def settings_are_read(text: str, folder: Path) -> None:
    file = folder / "some.toml"
    file.write_text(text, encoding="utf-8")
    assert load(file)


def is_json_of_s3(text: str, _: Path) -> None:
    assert {"Statement", "Rules"} & json.loads(text).keys()


def is_of_a_participant(text: str, _: Path) -> None:
    member = json.loads(text)
    document = json.loads(block('{\n  "schema": "roomreel.room/1"'))
    assert member["sid"] == document["participants"][0]["sid"]
    room = parse_manifest(json.dumps(document | {"participants": [member]}).encode(), "").room
    assert room.participants[0].avatar == member["avatar"]


def is_of_a_recording(text: str, _: Path) -> None:
    schema = json.loads((TOP / "roomreel/schemas/room-1.schema.json").read_text())
    (member,) = json.loads(f"{{{text}}}").items()
    known = schema["$defs"]["recording"]["properties"]
    assert member[0] in known
    reference = known[member[0]]["$ref"].rpartition("/")[2]
    assert member[1].keys() <= schema["$defs"][reference]["properties"].keys()


def is_of_a_manifest(text: str, _: Path) -> None:
    manifest = {"schema": "roomreel.room/1", "room": {"sid": f"RM{0:032}", "status": "failed"}}
    parse_manifest(json.dumps(manifest | json.loads(f"{{{text}}}")).encode(), "room.json")


def has_rows(text: str, _: Path) -> None:
    """Run Python, and look at the value of its last line."""
    *lines, last = ast.parse(text).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(lines, []), "page", "exec"), names)  # noqa: S102  ours
    assert isinstance(last, ast.Expr)
    assert len(eval(compile(ast.Expression(last.value), "page", "eval"), names)) > 0  # noqa: S307


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
    template = parse_template(
        block('{\n  "schema": "roomreel.template/1",\n  "friendly_name": "presenter"').encode(),
        "t.json",
    )
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


def sets_variables(text: str, _: Path) -> None:
    names = re.findall(r"\b([A-Z_0-9]+)=", text)
    said = subprocess.run(
        ["/bin/sh", "-euc", f"{text}\nenv"], capture_output=True, text=True, check=True
    )
    assert names
    assert all(f"\n{name}=" in f"\n{said.stdout}" for name in names)


def asks_for_metrics(text: str, _: Path) -> None:
    """There is no Prometheus here: look whether the names and labels it asks for are written."""
    asked = re.findall(r"\b(roomreel_\w+)(?:\{(\w+)=)?", text)
    assert asked
    for name, label in asked:
        family = FAMILIES[name.removesuffix("_total")]
        assert family.is_counter == name.endswith("_total")
        assert not label or label in family.labels


def asks_for_metrics_of_serve(text: str, _: Path) -> None:
    """Likewise: `tests/unit/web/test_metrics.py` holds the table of the page against an answer."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    asked = re.findall(r"\b(roomreel_\w+)(?:\{(\w+)=)?", text)
    assert asked
    for name, label in asked:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert not label or f"`{label}`" in row


def prefect_knows(text: str, _: Path) -> None:
    """`roomreel up` runs them, and they do not end: look whether Prefect knows their words."""
    for line in text.splitlines():
        program, *words = line.split()
        assert program == "prefect"
        command = [sys.executable, "-m", "prefect", *words, "--help"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        options = {word for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[\w-]+", said)), said
