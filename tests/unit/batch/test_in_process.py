"""A batch without an orchestrator: threads that render, outcomes that are kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from roomreel.batch import in_process, threads
from roomreel.batch.claims import NoClaims
from roomreel.batch.in_process import InProcess
from roomreel.batch.kept_results import KeptResults
from roomreel.batch.render import result_key
from roomreel.batch.run import compose_rooms
from roomreel.compose.progress import OnProgress, Progress
from roomreel.errors import RenderError, StorageFailed
from roomreel.maintenance.places import Machine
from roomreel.model.composition import Job, Outcome
from roomreel.process.isolate import is_stopped
from roomreel.settings import Settings


class Renderer:
    """Stands in for the render; fails as often as the test says."""

    def __init__(self, rooms: Any) -> None:
        self.rooms = rooms
        self.rendered: list[str] = []
        self.fails: list[Exception] = []

    def __call__(self, planned: Any, *_: Any) -> Outcome:
        self.rendered.append(planned.job.manifest.room.unique_name)
        outcome: Outcome = (
            self.rooms.failed(planned, self.fails.pop(0))
            if self.fails
            else self.rooms.completed(planned)
        )
        return outcome


@pytest.fixture
def renderer(rooms: Any, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    renderer = Renderer(rooms)
    monkeypatch.setattr(threads, "render_composition", renderer)
    monkeypatch.setattr(threads, "RETRY_DELAYS_S", [0.0, 0.0])
    return renderer


def compose(rooms: Any, folder: Path, *planned: Any, force: bool = False) -> list[str]:
    run = InProcess(Machine(rooms.settings, folder))
    report = compose_rooms(iter(planned), rooms.settings, run, force=force)
    return [f"{line.room}: {line.state}" for line in report.lines]


class Watching(NoClaims):
    """Claims that take progress."""

    def __init__(self) -> None:
        self.seen: list[tuple[list[str], int]] = []

    def watch(self, jobs: Collection[Job]) -> OnProgress:
        names = [job.template.friendly_name for job in jobs]
        return lambda progress: self.seen.append((names, progress.frames_done))


def test_progress_goes_to_those_who_want_to_be_told(
    rooms: Any, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(planned: Any, settings: Any, on_progress: OnProgress) -> Outcome:
        on_progress(Progress(2, 4, 1.0))
        return renderer(planned, settings)

    def draw(_planned: Any, _settings: Any, _only: Any, on_progress: OnProgress) -> None:
        on_progress(Progress(1, 4, 1.0))

    monkeypatch.setattr(threads, "render_composition", render)
    monkeypatch.setattr(threads, "draw_pictures", draw)
    claims = Watching()
    run = InProcess(Machine(rooms.settings, tmp_path), claims=claims)
    compose_rooms(
        iter([rooms.room("a", "grid", "solo", has_video=True)]), rooms.settings, run, force=False
    )
    assert claims.seen[0] == (["grid", "solo"], 1)
    assert sorted(claims.seen[1:]) == [(["grid"], 2), (["solo"], 2)]


def test_storage_that_comes_back_is_waited_for(
    rooms: Any, renderer: Renderer, tmp_path: Path
) -> None:
    renderer.fails = [StorageFailed("the disk is full")] * 2
    assert compose(rooms, tmp_path, rooms.room("a")) == ["a: completed"]
    assert renderer.rendered == ["a"] * 3


@pytest.mark.parametrize(
    ("error", "times"), [(StorageFailed("the disk is full"), 3), (RenderError("broken"), 1)]
)
def test_what_stays_is_a_failure(
    rooms: Any, renderer: Renderer, tmp_path: Path, error: Exception, times: int
) -> None:
    renderer.fails = [error] * 3
    assert compose(rooms, tmp_path, rooms.room("a")) == ["a: failed"]
    assert len(renderer.rendered) == times
    assert list(tmp_path.glob("mix-*")) == []


def test_a_kept_outcome_is_not_made_again(rooms: Any, renderer: Renderer, tmp_path: Path) -> None:
    for _ in range(2):
        assert compose(rooms, tmp_path, rooms.room("a")) == ["a: completed"]
    assert renderer.rendered == ["a"]
    assert compose(rooms, tmp_path, rooms.room("a"), force=True) == ["a: completed"]
    assert renderer.rendered == ["a", "a"]


@pytest.mark.parametrize("harm", ["file gone", "result cut", "result of another kind"])
def test_a_kept_outcome_that_does_not_stand_is_made_again(
    rooms: Any, renderer: Renderer, tmp_path: Path, harm: str
) -> None:
    compose(rooms, tmp_path, rooms.room("a"))
    (kept,) = tmp_path.glob("mix-CJ*.json")
    if harm == "file gone":
        Path(rooms.completed(rooms.room("a").due[0]).files.media).unlink()
    else:
        kept.write_text("{" if harm == "result cut" else '{"sid": 1}')
    assert compose(rooms, tmp_path, rooms.room("a")) == ["a: completed"]
    assert renderer.rendered == ["a", "a"]


def test_an_outcome_is_kept_as_it_is(rooms: Any, tmp_path: Path) -> None:
    (planned,) = rooms.room("a").due
    outcome, kept = rooms.completed(planned), KeptResults(tmp_path)
    key = result_key(planned, rooms.settings)
    assert kept.read(key) is None
    kept.keep(key, outcome)
    assert kept.read(key) == outcome


def test_what_cannot_be_kept_is_only_logged(
    rooms: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "results").write_text("a file in the place of the folder")
    (planned,) = rooms.room("a").due
    KeptResults(tmp_path / "results").keep("mix-CJ1", rooms.completed(planned))
    assert caplog.messages[0].startswith("A result is not kept: storage-failed: ")


def test_a_stop_does_not_wait_for_the_next_try(
    rooms: Any, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "RETRY_DELAYS_S", [600.0])
    renderer.fails = [StorageFailed("the disk is full")] * 3
    first, second = rooms.room("a").due[0], rooms.room("b").due[0]
    alone = Settings(store=rooms.settings.store, workers=1)
    with InProcess(Machine(alone, tmp_path)).executor(alone) as executor:
        handles = [executor.submit_render(one, from_scratch=False) for one in (first, second)]
        while not renderer.rendered:
            time.sleep(0.01)
        executor.cancel(handles)
    # The end of the block waits for whoever is at work, and that is nobody for ten minutes.
    assert [bool(executor.result(handle).outcome) for handle in handles] == [True, False]
    assert renderer.rendered == ["a"]


def test_a_stop_ends_what_it_has_no_handle_of(
    rooms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt may come between the submission of a render and the note of its handle."""
    stopped: list[bool] = []

    def render(planned: Any, *_: Any) -> Outcome:
        while not is_stopped():
            time.sleep(0.01)
        stopped.append(True)
        outcome: Outcome = rooms.failed(planned, RenderError("it was stopped"))
        return outcome

    monkeypatch.setattr(threads, "render_composition", render)
    with InProcess(Machine(rooms.settings, tmp_path)).executor(rooms.settings) as executor:
        executor.submit_render(rooms.room("a").due[0], from_scratch=False)
        executor.cancel([])
    assert (stopped, is_stopped()) == ([True], False)


def test_pictures_of_several_templates_are_drawn_first_and_once(
    rooms: Any, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(planned: Any, *_: Any) -> RenderError:
        assert not renderer.rendered
        drawn.append(len(planned))
        return RenderError("it died")

    monkeypatch.setattr(threads, "draw_pictures", draw)
    room = rooms.room("a", "grid", "solo", has_video=True)
    assert compose(rooms, tmp_path, room) == ["a: completed"] * 2
    assert drawn == [2]


def test_workers_render_at_the_same_time(rooms: Any, renderer: Renderer, tmp_path: Path) -> None:
    both = threading.Barrier(rooms.settings.workers, timeout=60)
    complete = rooms.completed

    def completed(planned: Any) -> Outcome:
        both.wait()
        outcome: Outcome = complete(planned)
        return outcome

    rooms.completed = completed
    assert sorted(compose(rooms, tmp_path, rooms.room("a"), rooms.room("b"))) == [
        "a: completed",
        "b: completed",
    ]


@pytest.mark.parametrize("has_server", [True, False])
def test_pictures_that_prefect_has_are_left_to_a_run_with_it(
    rooms: Any, has_server: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    home = rooms.settings.prefect_root
    home.mkdir(parents=True)
    if has_server:
        (home / "prefect.db").touch()
    machine = in_process._machine_of(rooms.settings)
    if not has_server:
        assert machine.unpublish({"CJ1"}) == 0
        return
    with pytest.raises(StorageFailed, match="stay in Prefect"):
        machine.unpublish({"CJ1"})


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "roomreel")
