"""`import roomreel`: what it exports, how fast it starts, and its examples as they are written."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from clip_rooms import Track, room
from clips import Clips

import roomreel
from roomreel import errors

HEAVY = ("av", "duckdb", "jsonschema", "numpy", "pandas", "prefect", "pyarrow", "pydantic")
"""Packages of which each takes 50 ms and more to import."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def monday(place: Path, clips: Clips) -> Path:
    """The manifest of a room of a camera and a microphone, of 3 s."""
    tracks = [
        Track("ann", "camera", clips.video(["red"], seconds=3)),
        Track("ann", "microphone", clips.tone(440, seconds=3)),
    ]
    return room(place, tracks, name="monday")


@pytest.fixture
def settings(tmp_path: Path) -> roomreel.Settings:
    return roomreel.Settings(store=tmp_path / "store", manifests=str(tmp_path), media_roots=[])


def test_exports_are_what_the_module_says() -> None:
    tree = ast.parse(Path(roomreel.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {a.name for node in checked.body for a in node.names}  # type: ignore[attr-defined]
    assert typed | {"__version__"} == set(roomreel.__all__)
    assert sorted(roomreel.__all__) == roomreel.__all__
    for name in roomreel.__all__:
        assert name in dir(roomreel)
        assert getattr(roomreel, name) is not None


def test_every_export_says_what_it_is_for() -> None:
    things = [getattr(roomreel, name) for name in roomreel.__all__ if name != "__version__"]
    assert [thing.__name__ for thing in things if not inspect.getdoc(thing)] == []


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'compose_rooms'"):
        _ = roomreel.compose_rooms


def test_every_error_is_exported() -> None:
    """Whoever catches one by name finds it."""
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.RoomreelError)
    }
    assert kinds <= set(roomreel.__all__)


def test_importing_it_imports_nothing_heavy() -> None:
    program = f"import sys, roomreel; print(*[n for n in {HEAVY} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


@pytest.mark.slow
def test_types_reach_whoever_builds_on_it(tmp_path: Path) -> None:
    assert (files("roomreel") / "py.typed").is_file()
    program = tmp_path / "program.py"
    program.write_text(
        "import roomreel\n"
        'outcome = roomreel.compose_room("room.json", "grid", out="call.mp4")\n'
        "reveal_type(outcome.frame_count)\n"
        'roomreel.plan_room("room.json", 3)\n'
    )
    argv = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--follow-imports=silent",
        str(program),
    ]
    # Of a checkout, mypy does not see what is installed as editable.
    env = os.environ | {"MYPYPATH": str(Path(roomreel.__file__).parents[1])}
    run = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
    told = run.stdout
    assert 'Revealed type is "int | None"' in told or "Union[builtins.int, None]" in told, told
    assert told.count("error:") == 1
    assert 'Argument 2 to "plan_room" has incompatible type "int"' in told


@pytest.mark.parametrize(
    "name",
    ["Catalogs", "Catalogs.duckdb", "compose_batch", "compose_room", "plan_room", "validate"],
)
def test_examples_run_as_they_are_written(
    name: str, monday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    thing: Any = roomreel
    for part in name.split("."):
        thing = getattr(thing, part)
    store = tmp_path / "data" / "store"
    if name.startswith("Catalogs"):
        roomreel.compose_room(monday, "grid", settings=roomreel.Settings(store=store))
    names = {
        "roomreel": roomreel,
        "datetime": datetime,
        "settings": roomreel.Settings(
            store=store, manifests=str(monday), media_roots=[str(monday.parent)]
        ),
        "room": monday,
        "store": store,
        "folder": tmp_path,
        "layouts": files("roomreel.layouts"),
    }
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(thing) or "", names, name, None, 0)
    assert example.examples
    printed: list[str] = []
    results = doctest.DocTestRunner().run(example, out=printed.append)
    assert results.failed == 0, "".join(printed)


def test_the_page_runs_as_it_is_written(
    monday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/python.md, from its first line to its last as one session."""
    shutil.copytree(monday.parent, tmp_path / "call")
    (tmp_path / "wrong.json").write_text('{"schema": "roomreel.template/1", "friendly_name": 3}')
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    text = re.sub(r"^```.*$", "", page, flags=re.MULTILINE)
    session = doctest.DocTestParser().get_doctest(text, {}, "python.md", None, 0)
    assert len(session.examples) > 10
    printed: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=printed.append)
    assert results.failed == 0, "".join(printed)


def test_a_room_goes_into_the_store_and_is_recorded(
    monday: Path, settings: roomreel.Settings
) -> None:
    told: list[roomreel.Progress] = []
    outcome = roomreel.compose_room(monday, "grid", settings=settings, on_progress=told.append)
    assert outcome.files is not None
    assert Path(outcome.files.media).is_file()
    assert told[-1].frames_done == outcome.frame_count
    catalogs = roomreel.Catalogs(settings)
    (row,) = catalogs.compositions().to_dict("records")
    assert (row["sid"], row["status"]) == (outcome.sid, "completed")
    assert row["media_url"] == outcome.files.media
    assert catalogs.rooms()["unique_name"].tolist() == ["monday"]
    assert len(catalogs.recordings(room="monday")) == 2
    assert catalogs.attempts(status="completed")["sid"].is_unique


def test_a_file_of_ones_own_is_recorded_only_when_asked(
    monday: Path, settings: roomreel.Settings, tmp_path: Path
) -> None:
    out = tmp_path / "call.mp4"
    roomreel.compose_room(monday, "grid", out=out, settings=settings)
    assert out.is_file()
    assert roomreel.Catalogs(settings).compositions().empty
    roomreel.compose_room(monday, "grid", out=out, record=True, settings=settings)
    assert roomreel.Catalogs(settings).compositions()["media_url"].tolist() == [str(out)]


def test_a_batch_reports_failures_and_raises_none(
    monday: Path, settings: roomreel.Settings, place: Path
) -> None:
    room(place, [Track("ann", "camera", None)], name="empty")
    (place / "broken.json").write_text("{")
    settings = settings.model_copy(
        update={"manifests": str(place), "media_roots": [str(place)], "template_names": ["grid"]}
    )
    since = datetime(2026, 11, 20, tzinfo=UTC)
    planned = roomreel.compose_batch(since=since, dry_run=True, settings=settings)
    assert not roomreel.Catalogs(settings).rooms().size
    assert "due" in {line.state.value for line in planned.lines}
    report = roomreel.compose_batch(since=since, settings=settings)
    assert report.is_failed
    assert {(line.state.value, line.code) for line in report.lines} >= {
        ("completed", ""),
        ("failed", "empty-track-list"),
        ("failed", "document-invalid"),
    }
    assert roomreel.compose_batch(since=since, room="monday", settings=settings).up_to_date == 1


def test_a_failure_is_raised_and_recorded(settings: roomreel.Settings, place: Path) -> None:
    nothing = room(place, [Track("ann", "camera", None)], name="nothing")
    with pytest.raises(roomreel.EmptyTrackList):
        roomreel.compose_room(nothing, "grid", settings=settings)
    (row,) = roomreel.Catalogs(settings).compositions(status="failed").to_dict("records")
    assert row["failure_code"] == "empty-track-list"


@pytest.mark.parametrize(
    ("out", "error"),
    [("call.webm", roomreel.ArgumentsInvalid), ("notes.mp4", roomreel.OutputRefused)],
)
def test_what_cannot_be_the_target_is_refused(
    out: str,
    error: type[roomreel.RoomreelError],
    monday: Path,
    settings: roomreel.Settings,
    tmp_path: Path,
) -> None:
    (tmp_path / "notes.mp4").write_text("not of roomreel")
    with pytest.raises(error):
        roomreel.compose_room(monday, "grid", out=tmp_path / out, settings=settings)
    assert (tmp_path / "notes.mp4").read_text() == "not of roomreel"


def test_plans_are_those_of_the_renderer(
    monday: Path, settings: roomreel.Settings, tmp_path: Path
) -> None:
    plan = roomreel.plan_room(monday, "grid", settings=settings)
    made = roomreel.compose_room(monday, "grid", out=tmp_path / "a.mp4", settings=settings)
    assert plan.frame_count == made.frame_count == 90


def test_rows_are_the_same_in_every_form(monday: Path, settings: roomreel.Settings) -> None:
    roomreel.compose_room(monday, "grid", settings=settings)
    roomreel.compose_room(monday, "presenter", settings=settings)
    catalogs = roomreel.Catalogs(settings)
    frame = catalogs.compositions(since=datetime(2026, 11, 20, tzinfo=UTC), limit=5)
    assert sorted(frame["template"]) == ["grid", "presenter"]
    arrow = catalogs.arrow("compositions")
    assert arrow["sid"].to_pylist() == frame["sid"].tolist()
    with catalogs.duckdb() as connection:
        asked = connection.sql("select sid from live_compositions order by sid").df()
    pd.testing.assert_series_equal(asked["sid"], frame["sid"].sort_values(ignore_index=True))


def test_filters_match_what_is_there(monday: Path, settings: roomreel.Settings) -> None:
    roomreel.compose_room(monday, "grid", settings=settings)
    catalogs = roomreel.Catalogs(settings)
    assert catalogs.compositions(until=datetime(2026, 11, 20, tzinfo=UTC)).empty
    assert len(catalogs.compositions(until=datetime(2026, 11, 21, tzinfo=UTC))) == 1
    with pytest.raises(roomreel.NotFound, match="grit"):
        catalogs.compositions(template="grit")
    with pytest.raises(ValueError, match="no_such_table"):
        catalogs.arrow("no_such_table")


def test_verdicts_have_all_that_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"schema": "roomreel.template/1", "friendly_name": 3, "what": 4}')
    bad, missing = roomreel.validate(wrong, str(tmp_path / "nowhere.json"))
    assert not bad.valid
    assert {one.pointer for one in bad.violations} >= {"/friendly_name", "/what"}
    assert "file not found" in missing.violations[0].found
