"""The small things between Prefect and the engine, without a server."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pyrage
import pytest
from markdown_it import MarkdownIt

from roomreel.batch.edge import attempt
from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.reading import ManifestsRead, read_manifests, read_templates
from roomreel.batch.record import record_outcomes
from roomreel.batch.render import log_outcome
from roomreel.batch.report import BatchReport, Line, State
from roomreel.compose.outcome import failed
from roomreel.compose.progress import Progress
from roomreel.errors import EmptyTrackList, RenderError, RoomreelError
from roomreel.flows.orchestration import gallery as pictures
from roomreel.flows.orchestration.summary import publish
from roomreel.logs import LOG
from roomreel.model.composition import CompositionStatus, Files, Job
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.template import Template
from roomreel.settings import Settings
from roomreel.tasks import progress
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.render import render_key
from roomreel.text import printable

ARTIFACT = UUID(int=7)


@pytest.fixture
def work(a_plan: Any) -> PlannedJob:
    room = Room("RM1", "standup", RoomStatus.COMPLETED, end_time=datetime(2026, 11, 20, tzinfo=UTC))
    manifest, template = Manifest(room, "room.json", "0"), Template("grid")
    job = Job("CJ1", manifest, template, "{}", "digest", "inputs", {}, datetime.now(UTC))
    return PlannedJob(job, a_plan(manifest, template))


def key(work: PlannedJob, **settings: Any) -> str:
    return render_key(None, {"planned": work, "settings": Settings(**settings)})


def test_the_key_of_a_mix_is_what_decides_it(
    work: PlannedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [
        replace(work, job=replace(work.job, sid="CJ2")),
        replace(work, job=replace(work.job, inputs_sha256="others")),
        replace(work, plan=replace(work.plan, frame_count=31)),
    ]
    keys = {key(work), *map(key, others)}
    monkeypatch.setattr("roomreel.batch.render.__version__", "99")
    keys.add(key(work))
    keys.add(key(work, store="elsewhere"))
    keys.add(key(work, compositions="s3://elsewhere/compositions"))
    assert len(keys) == 7
    assert all(name.startswith("mix-CJ") for name in keys)


def test_a_mix_that_is_stored_otherwise_has_another_key(work: PlannedJob, tmp_path: Path) -> None:
    for name in ("one", "other"):
        identity = pyrage.x25519.Identity.generate()
        (tmp_path / name).write_text(str(identity.to_public()))
    stored = [{"encryption": "age", "public_key": tmp_path / name} for name in ("one", "other")]
    assert len({key(work), *(key(work, **settings) for settings in stored)}) == 3


def test_the_key_of_a_mix_is_not_when_or_how_often(work: PlannedJob) -> None:
    again = replace(work.job, attempts=2, date_created=datetime(2030, 1, 1, tzinfo=UTC))
    assert key(work) == key(replace(work, job=again))


def refuse() -> None:
    raise EmptyTrackList("nothing")


def test_what_is_made_again_leaves_no_files_of_another_encryption(
    work: PlannedJob, tmp_path: Path
) -> None:
    job = replace(work.job, sid=f"CJ{1_795_000_000_000:012x}{0:020x}", attempts=1)
    again = failed(job, RenderError("no"), None, datetime.now(UTC))
    endings = ("mp4", "poster.jpg", "sheet.jpg", "plan.json")
    plain = [tmp_path / f"{job.sid}.{ending}" for ending in endings]
    encrypted = [path.with_name(f"{path.name}.age") for path in plain]
    files = Files(*map(str, encrypted))
    made = replace(again, status=CompositionStatus.COMPLETED, files=files)
    for path in (*plain, *encrypted):
        path.write_bytes(b"x")
    assert record_outcomes([], [made], Settings(store=tmp_path / "store"), None) == []
    assert not any(path.exists() for path in plain)
    assert all(path.exists() for path in encrypted)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (refuse, EmptyTrackList, "nothing"),
        (lambda: 1 // 0, RenderError, "ZeroDivisionError: integer division or modulo by zero"),
        (lambda: {}["x"], RenderError, "KeyError: 'x'"),
    ],
)
def test_the_edge(call: Any, kind: type[RoomreelError], message: str) -> None:
    error = attempt(call)
    assert type(error) is kind
    assert error.message == message


def test_the_edge_hides_secrets_in_every_text() -> None:
    signed = "https://s3.example.org/k?X-Amz-Signature=hunter2"

    def fail() -> None:
        raise RenderError(f"no {signed}", f"see {signed}")

    error = attempt(fail)
    assert isinstance(error, RenderError)
    assert error.remedy.startswith("see https://")
    assert "hunter2" not in f"{error} {error.remedy} {error.args}"


def test_the_edge_lets_a_kill_through() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(stop)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    told: dict[str, Any] = {"now": 0.0, "made": [], "updated": []}
    monkeypatch.setattr(progress.time, "monotonic", lambda: told["now"])

    def make(percent: float, key: str, _description: str) -> UUID:
        told["made"].append((round(percent), key))
        return ARTIFACT

    def update(artifact: UUID, percent: float, description: str) -> None:
        assert artifact == ARTIFACT
        told["left"] = description
        told["updated"].append(round(percent))

    monkeypatch.setattr(progress, "create_progress_artifact", make)
    monkeypatch.setattr(progress, "update_progress_artifact", update)
    return told


def play(work: PlannedJob, told: dict[str, Any], seconds: int) -> None:
    told["now"] = 0.0
    reporter = progress.ProgressArtifact("standup-grid-mix-1")
    for tick in range(seconds * 10 + 1):
        told["now"] = tick / 10
        reporter(Progress(tick, 1000, tick / 10))


def test_a_short_mix_makes_no_artifact(work: PlannedJob, told: dict[str, Any]) -> None:
    play(work, told, 4)
    assert (told["made"], told["updated"]) == ([], [])


def test_a_long_mix_tells_now_and_then(work: PlannedJob, told: dict[str, Any]) -> None:
    play(work, told, 21)
    assert told["made"] == [(5, "standup-grid-mix-1")]
    assert told["updated"] == [10, 15, 20]
    assert told["left"] == "200 of 1000 frames, about 2 min left"


def test_a_long_mix_has_a_line_a_minute(
    work: PlannedJob, told: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG.name)
    play(work, told, 59)
    assert caplog.messages == []
    play(work, told, 99)
    assert caplog.messages == [
        "standup-grid-mix-1: 60 %, 600 of 1000 frames, about 40 s left",
    ]
    play(work, told, 30)  # another render begins to count again
    assert len(caplog.messages) == 1


def test_warnings_name_recordings_as_people_do(
    work: PlannedJob, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page of a run, in its artifacts and in its log; one of the whole names none."""
    carla = Participant("PA1", "carla")
    screen = Recording(
        "RT1", "MT1", "PA1", "screen", MediaType.VIDEO, RecordingStatus.COMPLETED, media="a.webm"
    )
    room = replace(work.job.manifest.room, participants=(carla,), recordings=(screen,))
    manifest = replace(work.job.manifest, room=room)
    warnings = (
        PlanWarning(WarningCode.LATE_KEYFRAME, "RT1", "2 s late"),
        PlanWarning(WarningCode.UNKNOWN_SOURCE, "", "there is no scren"),
    )
    made = Files(media="CJ1.mp4", poster=None, sheet=None)
    job = replace(work.job, manifest=manifest)
    outcome = replace(
        failed(job, RenderError("none"), None, work.job.date_created),
        status=CompositionStatus.COMPLETED,
        files=made,
        warnings=warnings,
    )
    wanted = ["late-keyframe carla/screen (RT1): 2 s late", "unknown-source: there is no scren"]
    log_outcome(outcome, room)
    assert caplog.messages[:2] == wanted
    shown: list[str] = []
    monkeypatch.setattr(
        pictures,
        "create_markdown_artifact",
        lambda text, **_: shown.append(MarkdownIt().render(text)),
    )
    plan = RoomPlan(manifest, due=(replace(work, job=job),))
    pictures.Gallery(Settings()).show(plan, outcome)
    assert re.findall("<li>(.*)</li>", shown[0])[-2:] == wanted


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("retro", "My view"), "retro-my-view"),
        (("Weekly Stand-up, Monday & Friday", "grid", "mix"), "weekly-stand-up-grid-mix"),
        (("会議 \u202e%", "grid"), "grid"),
        (("\U0001f3a5",), ""),
    ],
)
def test_the_title_of_an_artifact_is_what_people_know_it_by(
    names: tuple[str, ...], title: str
) -> None:
    key = artifact_key("CJ1", Settings(), *names)
    assert re.fullmatch(r"[a-z0-9-]+", key)
    assert key.rpartition("-")[0] == title
    assert artifact_key("CJ2", Settings(), *names) != key
    assert artifact_key("CJ1", Settings(store="elsewhere"), *names) != key


def test_a_server_that_does_not_answer_stops_no_mix(
    work: PlannedJob, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(progress, "create_progress_artifact", refused)
    play(work, told, 21)
    assert told["updated"] == []


HOSTILE = [
    "[Approve payment](http://evil.example/x)",
    "![](http://evil.example/t.png)",
    "http://evil.example/x www.evil.example a@evil.example",
    "<script>alert(1)</script> <img src=http://evil.example>",
    "**bold** _it_ `code` ~~gone~~ # head | cell",
    "\n\n# head\n\n1. one\n\n    code",
    "[x]: http://evil.example",
    "&lt;b&gt; \\[x](y)",
    "\u202eevil \x1b[31m",
]
# What renderers make links of without being asked; one made of escaped text is none.
AUTOLINK = re.compile(r"https?://|www\.|\w@\w")


def shown(markdown: str) -> str:
    """What a reader sees of Markdown that is nothing but text, in one paragraph."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {token.type for token in children} <= {"text"}
    return "".join(token.content for token in children)


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_shows_names_and_obeys_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        "roomreel.flows.orchestration.summary.create_table_artifact",
        lambda table, **_: made.update(table=table),
    )
    monkeypatch.setattr(
        "roomreel.flows.orchestration.summary.create_markdown_artifact",
        lambda text, **_: made.update(text=text),
    )
    publish(BatchReport((Line(State.FAILED, name, name, code="render-failed", message=name),)))
    (row,) = made["table"]
    cells = [row[column] for column in ("room", "template", "message")]
    expected = printable(name)
    assert [shown(cell).strip() for cell in cells] == [expected] * 3
    listed = made["text"].partition("* ")[2]
    assert shown(listed) == f"{expected} / {expected}: render-failed: {expected}"
    assert not AUTOLINK.search(f"{listed} {cells}")


def test_ingest_reads_what_it_can(tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.json", tmp_path / "text.json"
    text.write_bytes(b"\xff\xfe")
    read = read_manifests([str(missing), str(text)])
    assert read.manifests == ()
    assert [line.code for line in read.problems] == ["storage-failed", "document-invalid"]


OTHERS = ["import", "rules", "plan", "template", "known", "catalog", "journal", "anything"]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("version", [1, 2, 10])
def test_other_documents_of_ours_are_passed_over(tmp_path: Path, name: str, version: int) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps({"schema": f"roomreel.{name}/{version}", "rest": [1]}))
    assert read_manifests([str(file)]) == ManifestsRead((), ())


@pytest.mark.parametrize(
    "document",
    [
        *({"schema": name} for name in ("roomreel.room/1", "roomreel.room/2", "Roomreel.plan/1")),
        *({"schema": name} for name in ("roomreel.plan", "plan/1", " roomreel.plan/1", "other/1")),
        *({"schema": name} for name in (["roomreel.plan/1"], 7, None)),
        *({}, [], "roomreel.plan/1", {"plan": "roomreel.plan/1"}),
    ],
)
def test_whatever_else_is_no_manifest_is_a_problem(tmp_path: Path, document: object) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps(document))
    (line,) = read_manifests([str(file)]).problems
    assert line.code == "document-invalid"


def test_templates_that_are_wanted_and_not_there(tmp_path: Path) -> None:
    (tmp_path / "grid.json").write_text("{")
    read = read_templates([str(tmp_path / "grid.json")], frozenset({"gird", "grid"}))
    assert [line.code for line in read.problems] == ["template-invalid"]
    assert {name: error.remedy for name, error in read.missing.items()} == {
        "gird": 'did you mean "grid"?'
    }
    assert not read_templates([], None).missing
