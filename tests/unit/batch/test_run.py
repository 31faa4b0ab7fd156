"""The loop of a batch, with an executor that ends what the test wants to have ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_run import Fake, compose, states

from roomreel.batch import run
from roomreel.batch.executor import Result
from roomreel.batch.planning import PlannedJob, RoomPlan
from roomreel.batch.report import Line, State
from roomreel.batch.run import After, Item, Loop, compose_rooms, decide_after
from roomreel.errors import (
    CatalogError,
    EmptyTrackList,
    RenderError,
    StorageFailed,
    StoreUnreachable,
)

AWAY = StoreUnreachable("the store s3://b, it does not answer", "see to it")


class Store:
    """A store that is away until the loop has waited for it, or stays away."""

    is_away = False
    stays_away = False
    waited = 0

    def outage(self) -> StoreUnreachable | None:
        return AWAY if self.is_away else None

    def wait(self) -> None:
        if self.is_away:
            self.waited += 1
            if self.stays_away:
                raise AWAY
            self.is_away = False


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(run, "await_store", store.wait)
    monkeypatch.setattr(run, "outage", store.outage)
    return store


def test_rooms_are_rendered_in_their_order_and_reported(fake: Fake, rooms: Any) -> None:
    left_alone = replace(rooms.room("b"), lines=(Line(State.STALE, "b"),), up_to_date=2)
    report = compose(fake, rooms.room("a"), left_alone, rooms.room("c", "grid", "solo"))
    assert fake.submitted == [
        ("a", "grid", False),
        ("b", "grid", False),
        ("c", "grid", False),
        ("c", "solo", False),
    ]
    assert states(report) == [
        ("b", State.STALE),
        ("a", State.COMPLETED),
        ("b", State.COMPLETED),
        ("c", State.COMPLETED),
        ("c", State.COMPLETED),
    ]
    assert report.up_to_date == 2
    assert fake.shown == ["a", "b", "c", "c"]
    # What is left alone has no task of its own that would show it.
    assert [line.state for line in fake.failures] == [State.STALE]


def test_force_renders_from_scratch(fake: Fake, rooms: Any) -> None:
    compose(fake, rooms.room("a"), force=True)
    assert fake.submitted == [("a", "grid", True)]


def test_planning_is_ahead_of_the_workers_and_not_far(fake: Fake, rooms: Any) -> None:
    asked: list[int] = []

    def planned() -> Iterator[RoomPlan]:
        for number in range(12):
            asked.append(len(fake.under_way))
            yield rooms.room(f"room-{number:02}")

    compose_rooms(planned(), rooms.settings, fake)
    # Two workers: two compositions each are under way while the next room is planned.
    assert asked == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4]


def test_a_room_of_many_templates_is_not_cut(fake: Fake, rooms: Any) -> None:
    most: list[int] = []
    fake.on_wait = lambda: most.append(len(fake.under_way))
    compose(fake, rooms.room("a", *"bcdefgh"), rooms.room("z"))
    assert max(most) == 7
    assert fake.submitted[-1] == ("z", "grid", False)


def test_outcomes_are_recorded_by_their_number(
    fake: Fake, rooms: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RECORD_OUTCOMES", 3)
    compose(fake, *(rooms.room(f"room-{number}") for number in range(7)))
    assert [len(outcomes) for outcomes in fake.recorded] == [3, 3, 1]
    assert len({name for outcomes in fake.recorded for name, _ in outcomes}) == 7


def test_outcomes_are_recorded_when_time_has_passed(fake: Fake, rooms: Any) -> None:
    now = [0.0]

    def pass_a_minute() -> None:
        now[0] += 60

    fake.on_wait = pass_a_minute
    loop = Loop(fake, fake, rooms.settings, clock=lambda: now[0])
    for number in range(5):
        loop.add(rooms.room(f"room-{number}"))
    loop.wait()
    loop.record()
    assert [len(outcomes) for outcomes in fake.recorded] == [2, 2, 1]


def test_a_room_of_which_nothing_is_due_is_recorded_too(fake: Fake, rooms: Any) -> None:
    compose(fake, replace(rooms.room("a"), due=()))
    assert (fake.recorded, fake.submitted) == ([[]], [])


def test_what_is_refused_is_recorded_and_not_rendered(fake: Fake, rooms: Any) -> None:
    room = rooms.room("a")
    refused = rooms.failed(room.due[0], EmptyTrackList("nothing is left"))
    report = compose(fake, replace(room, due=(), refused=(refused,)))
    assert states(report) == [("a", State.FAILED)]
    assert fake.recorded == [[("a", "failed")]]
    assert [line.code for line in fake.failures] == ["empty-track-list"]
    assert fake.submitted == []


def test_a_stop_records_what_ended_and_what_was_cancelled(fake: Fake, rooms: Any) -> None:
    def stop_at_the_second() -> None:
        if fake.ended:
            raise KeyboardInterrupt

    fake.on_wait = stop_at_the_second
    drawing = rooms.room("c", "grid", "solo", has_video=True)
    with pytest.raises(KeyboardInterrupt):
        compose(fake, rooms.room("a"), rooms.room("b"), drawing)
    assert fake.recorded == [
        [("a", "completed"), ("b", "cancelled"), ("c", "cancelled"), ("c", "cancelled")]
    ]


def test_a_render_that_ended_while_it_was_stopped_is_believed(fake: Fake, rooms: Any) -> None:
    def stop() -> None:
        fake.ended |= fake.under_way
        raise KeyboardInterrupt

    fake.on_wait = stop
    fake.cancel = lambda _handles: None  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        compose(fake, rooms.room("a"))
    assert fake.recorded == [[("a", "completed")]]


def test_a_store_that_goes_and_comes_back_costs_a_second_render(
    fake: Fake, rooms: Any, store: Store
) -> None:
    def lose(planned: PlannedJob) -> Result:
        store.is_away = True
        return Result(rooms.failed(planned, StorageFailed("no answer")))

    fake.results["a"] = [lose]
    report = compose(fake, rooms.room("a"), rooms.room("b"))
    assert store.waited == 1
    assert fake.submitted.count(("a", "grid", False)) == 2
    assert sorted(states(report)) == [("a", State.COMPLETED), ("b", State.COMPLETED)]


def test_what_was_held_once_fails_the_next_time(fake: Fake, rooms: Any, store: Store) -> None:
    def lose(planned: PlannedJob) -> Result:
        store.is_away = True
        return Result(rooms.failed(planned, StorageFailed("no answer")))

    fake.results["a"] = [lose, lose]
    report = compose(fake, rooms.room("a"))
    assert states(report) == [("a", State.FAILED)]
    assert fake.recorded[-1] == [("a", "failed")]


def test_a_store_that_stays_away_ends_the_run_in_one_line(
    fake: Fake, rooms: Any, store: Store
) -> None:
    def lose(planned: PlannedJob) -> Result:
        store.is_away = store.stays_away = True
        return Result(rooms.failed(planned, StorageFailed(AWAY.message)))

    fake.results["b"] = [lose]
    report = compose(fake, *(rooms.room(name) for name in "abcdefgh"))
    assert states(report) == [("a", State.COMPLETED), ("store", State.FAILED)]
    assert fake.recorded == [[("a", "completed")]]
    # Those under way beside it are of no use any more, and none is begun.
    assert len(fake.submitted) == 6


def test_a_failure_of_storage_while_the_store_answers_is_a_failure(
    fake: Fake, rooms: Any, store: Store
) -> None:
    fake.results["a"] = [lambda one: Result(rooms.failed(one, StorageFailed("the disk is full")))]
    report = compose(fake, rooms.room("a"))
    assert states(report) == [("a", State.FAILED)]
    assert (store.waited, len(fake.submitted)) == (0, 1)


def test_renders_wait_for_all_pictures_of_their_room(fake: Fake, rooms: Any) -> None:
    fake.drawings_a_room = 3
    submitted: list[int] = []
    fake.on_wait = lambda: submitted.append(len(fake.submitted))
    report = compose(fake, rooms.room("a", "grid", "solo", has_video=True))
    assert fake.drawn == [["grid", "solo"]]
    assert submitted == [0, 0, 0, 2, 2]
    assert states(report) == [("a", State.COMPLETED)] * 2


def test_what_comes_of_a_drawing_is_not_asked(fake: Fake, rooms: Any) -> None:
    """The handle of a drawing that failed has ended, and each render draws for itself."""
    compose(fake, rooms.room("a", "grid", "solo", has_video=True))
    assert [name for _, name, _ in fake.submitted] == ["grid", "solo"]


def test_what_a_killed_run_published_is_not_drawn_again(fake: Fake, rooms: Any) -> None:
    room = rooms.room("a", "grid", "solo", "wide", has_video=True)
    rooms.completed(room.due[1])
    compose(fake, room)
    compose(fake, room, force=True)
    assert fake.drawn == [["grid", "wide"], ["grid", "solo", "wide"]]


@pytest.mark.parametrize("harm", ["gone", "other bytes", "unreadable"])
def test_a_kept_result_that_does_not_stand_is_made_again(fake: Fake, rooms: Any, harm: str) -> None:
    def harmed(planned: PlannedJob) -> Result:
        outcome = rooms.completed(planned, is_there=harm != "gone")
        if harm == "unreadable":
            return Result(words="no module named 'roomreel.night'")
        if harm == "other bytes":
            media = Path(outcome.files.media)
            media.write_text("x" * media.stat().st_size)
        return Result(outcome, kept=True)

    fake.results["a"] = [harmed]
    assert states(compose(fake, rooms.room("a"))) == [("a", State.COMPLETED)]
    assert fake.submitted == [("a", "grid", False), ("a", "grid", True)]


@pytest.mark.parametrize(
    ("ends", "code"), [("gone", "storage-failed"), ("nothing", "orchestrator-failed")]
)
def test_what_comes_to_nothing_twice_has_failed(
    fake: Fake, rooms: Any, ends: str, code: str
) -> None:
    def end(planned: PlannedJob) -> Result:
        if ends == "nothing":
            return Result(words="Crashed")
        return Result(rooms.completed(planned, is_there=False))

    fake.results["a"] = [end, end]
    (line,) = compose(fake, rooms.room("a")).lines
    assert (line.state, line.code) == (State.FAILED, code)
    assert fake.submitted == [("a", "grid", False), ("a", "grid", True)]
    assert fake.recorded == [[("a", "failed")]]


def test_what_ended_before_planning_failed_is_recorded(fake: Fake, rooms: Any) -> None:
    def planned() -> Iterator[RoomPlan]:
        for number in range(6):
            yield rooms.room(f"room-{number}")
        raise CatalogError("a newer roomreel has written it")

    with pytest.raises(CatalogError):
        compose_rooms(planned(), rooms.settings, fake)
    assert fake.recorded == [[("room-0", "completed"), ("room-1", "completed")]]


def test_the_table_of_what_follows_a_render(rooms: Any, store: Store) -> None:
    room = rooms.room("a")
    (planned,) = room.due
    lost = Result(rooms.failed(planned, StorageFailed("no answer")))
    broken = Result(rooms.failed(planned, RenderError("broken")))
    made, nothing = Result(rooms.completed(planned)), Result(words="Crashed")
    store.is_away = True
    once, twice = Item(planned, room, False), Item(planned, room, True, was_held=True)
    assert [decide_after(one, once, rooms.settings) for one in (lost, broken, made, nothing)] == [
        After.HOLD,
        After.DONE,
        After.DONE,
        After.START_OVER,
    ]
    assert [decide_after(one, twice, rooms.settings) for one in (lost, broken, made, nothing)] == [
        After.DONE,
        After.DONE,
        After.DONE,
        After.FAIL,
    ]
