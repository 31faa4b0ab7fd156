"""Deletions of many: what was counted goes, whatever else comes, and kills cost nothing."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from roomreel.catalog.catalog import open_catalog
from roomreel.documents.template import parse_template
from roomreel.errors import Conflict, NotFound, StorageFailed
from roomreel.model.table import Partition, Table
from roomreel.service.access.account import make_account
from roomreel.service.database.tables import DELETIONS, DOOMED
from roomreel.service.deletions import jobs, work
from roomreel.service.deletions.jobs import confirm_deletion, count_deletion, find_deletion
from roomreel.service.deletions.work import delete_confirmed
from roomreel.service.lists.compositions import Order, create_composition, delete_composition
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    list_compositions,
    list_recordings,
)
from roomreel.service.lists.recordings import delete_recording
from roomreel.service.lists.stays import Stays
from roomreel.service.projection.projection import refresh
from roomreel.service.purge import forget
from roomreel.service.requests.settle import settle_requests
from roomreel.service.rooms.manifests import look
from roomreel.service.service import Service

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import DAY, NOON, Api, composition, composition_sid, recording, sid_of
from killing import Killed, killed_at

CALLER = "SK" + "0" * 32
ALL = CompositionFilter()


@pytest.fixture
def service(settings, database):
    account = make_account(None)
    open_catalog(settings)
    return Service(settings, database, lambda: account, "http://127.0.0.1:8080")


def record(service, table, *rows):
    service.catalog.commit(Partition(table, DAY), list(rows))
    refresh(service.database, service.catalog, settle=settle_requests)


def publish(service, number, **said):
    """Write a composition with its file, and return both."""
    folder = service.settings.compositions_root / f"date={DAY}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{composition_sid(number)}.mp4"
    file.write_bytes(b"{}")
    said = {"status": "completed", "date_deleted": None, "media_url": str(file)} | said
    return composition(number, size_bytes=2, **said), file


def count(service, wanted=ALL):
    return count_deletion(service.database, wanted, CALLER, datetime.now(UTC))


def finish(service, deletion):
    confirm_deletion(service.database, deletion, datetime.now(UTC))
    while delete_confirmed(service):
        pass
    return find_deletion(service.database, deletion)


def states(service, wanted=ALL):
    page = list_compositions(service.database, wanted, 100)
    return {row["sid"]: row["status"] for row in page.rows}


def test_what_was_counted_is_deleted_and_what_came_later_stays(service):
    made = [publish(service, number) for number in range(5)]
    record(service, Table.COMPOSITIONS, *(row for row, _ in made))
    deletion = count(service)
    # Of an earlier date, a later one, and the same.
    late = [publish(service, n, date_created=NOON + timedelta(hours=n - 11)) for n in (10, 11, 12)]
    record(service, Table.COMPOSITIONS, *(row for row, _ in late))
    done = finish(service, deletion)
    assert (done.total, done.done, done.kept) == (5, 5, {})
    assert done.date_ended is not None
    assert Counter(states(service).values()) == {"deleted": 5, "completed": 3}
    assert [file.exists() for _, file in made] == [False] * 5
    assert [file.exists() for _, file in late] == [True] * 3


def test_nothing_happens_before_it_is_confirmed(service):
    row, file = publish(service, 1)
    record(service, Table.COMPOSITIONS, row)
    deletion = count(service)
    assert not delete_confirmed(service)
    assert file.exists()
    assert find_deletion(service.database, deletion).date_confirmed is None


def test_what_failed_is_kept_and_what_is_deleted_is_no_more(service):
    record(service, Table.COMPOSITIONS, *(composition(number) for number in range(9)))
    deletion = count(service)
    counted = find_deletion(service.database, deletion)
    assert counted.total == 3
    assert counted.kept == {str(Stays.FAILED): 3, str(Stays.DELETED): 3}
    done = finish(service, deletion)
    assert (done.done, done.kept) == (3, counted.kept)
    assert Counter(states(service).values()) == {"deleted": 6, "failed": 3}


def test_what_fails_after_it_was_counted_is_kept(service):
    row, _ = publish(service, 1)
    record(service, Table.COMPOSITIONS, row)
    deletion = count(service)
    later = row["updated_at"] + timedelta(seconds=1)
    record(service, Table.COMPOSITIONS, row | {"status": "failed", "updated_at": later})
    done = finish(service, deletion)
    assert (done.total, done.done, done.kept) == (1, 0, {str(Stays.FAILED): 1})


def test_two_who_delete_the_same_are_both_told_that_it_is_gone(service):
    record(service, Table.COMPOSITIONS, *(publish(service, n)[0] for n in range(4)))
    first, second = count(service), count(service)
    delete_composition(service, composition_sid(0))
    forget(service.database, [composition_sid(1)])
    assert finish(service, first).kept == {}
    assert finish(service, second).kept == {}
    assert set(states(service).values()) == {"deleted"}


def write_room(service, number, status):
    folder = Path(service.settings.manifests)
    folder.mkdir(exist_ok=True)
    Api(FastAPI(), service, service.account, folder.parent).room(number, status)
    looked = look(service.database, service.settings)
    assert not looked.problems


def test_recordings_of_a_room_that_goes_on_stay(service):
    for number, status in enumerate(("completed", "completed", "in-progress")):
        write_room(service, number, status)
    kinds = ("audio", "video")
    record(service, Table.RECORDINGS, *(recording(0, kind) for kind in kinds))
    deletion = count(service, RecordingFilter())
    done = finish(service, deletion)
    assert (done.table, done.total, done.done) == (Table.RECORDINGS, 2, 2)
    assert done.kept == {str(Stays.NOT_RECORDED): 2, str(Stays.GOES_ON): 2}
    rows = list_recordings(service.database, RecordingFilter()).rows
    gone = {row["sid"] for row in rows if row["status"] == "deleted"}
    assert gone == {sid_of("RT", 0, kind) for kind in kinds}


def test_a_recording_whose_room_goes_on_again_stays(service):
    write_room(service, 0, "completed")
    record(service, Table.RECORDINGS, recording(0, "audio"))
    deletion = count(service, RecordingFilter(status="completed", sid=sid_of("RT", 0, "audio")))
    write_room(service, 0, "in-progress")
    done = finish(service, deletion)
    assert (done.total, done.done, done.kept) == (1, 0, {str(Stays.GOES_ON): 1})
    with pytest.raises(Conflict, match="in progress"):
        delete_recording(service, sid_of("RT", 0, "audio"))


def test_requests_that_wait_are_deleted_too(service):
    template = parse_template(
        json.dumps(
            {"schema": "roomreel.template/1", "friendly_name": "a", "audio_sources": ["*"]}
        ).encode(),
        "a",
    )
    asked = [create_composition(service, Order(sid_of("RM", 1), "x", template)) for _ in range(3)]
    deletion = count(service, CompositionFilter(status="enqueued"))
    create_composition(service, Order(sid_of("RM", 1), "x", template))
    done = finish(service, deletion)
    assert (done.total, done.done) == (3, 3)
    deleted = CompositionFilter(status="deleted")
    assert set(states(service, deleted)) == {row["sid"] for row in asked}
    assert len(states(service, CompositionFilter(status="enqueued"))) == 1


def test_a_kill_anywhere_is_made_good_by_whoever_comes_next(service, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 2)
    # Of a step of its own each time, in the order of statements of a piece.
    for step in range(1, 90, 7):
        numbers = range(step * 10, step * 10 + 3)
        made = [publish(service, n) for n in numbers]
        record(service, Table.COMPOSITIONS, *(row for row, _ in made))
        deletion = count(service, CompositionFilter(status="completed"))
        confirm_deletion(service.database, deletion, datetime.now(UTC))
        with killed_at(service.database, step):
            try:
                while delete_confirmed(service):
                    pass
            except Killed:
                was_killed = True
            else:
                was_killed = False
        done = finish(service, deletion)  # pressed once more
        assert (done.total, done.done, done.kept) == (3, 3, {})
        assert not any(file.exists() for _, file in made)
        assert set(states(service, CompositionFilter(status="completed"))) == set()
        with service.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(DOOMED)).scalar() == 0
        if not was_killed:
            break
    else:
        pytest.fail("it was killed however far it got")
    assert step > 10


def test_what_cannot_be_done_now_is_said_and_tried_again(service, monkeypatch):
    row, file = publish(service, 1)
    record(service, Table.COMPOSITIONS, row)
    deletion = count(service)

    def fail(*_):
        raise StorageFailed("s3://user:hush@bucket/catalog is away")

    with monkeypatch.context() as patch:
        patch.setitem(work._DELETE, Table.COMPOSITIONS, fail)
        with pytest.raises(StorageFailed):
            finish(service, deletion)
    told = find_deletion(service.database, deletion)
    assert "is away" in (told.problem or "")
    assert "hush" not in (told.problem or "")
    done = finish(service, deletion)
    assert (done.done, done.problem) == (1, None)
    assert not file.exists()


def test_of_more_than_a_person_can_imagine_the_newest_are_counted(service, monkeypatch):
    monkeypatch.setattr(jobs, "MOST", 3)
    record(service, Table.COMPOSITIONS, *(publish(service, n)[0] for n in range(5)))
    # What stays is newer, and does not stand in the way of what goes.
    record(service, Table.COMPOSITIONS, *(composition(n, status="failed") for n in range(50, 60)))
    deletion = count(service)
    assert find_deletion(service.database, deletion).has_more
    finish(service, deletion)
    left = CompositionFilter(status="completed")
    assert set(states(service, left)) == {composition_sid(0), composition_sid(1)}
    rest = count(service)
    counted = find_deletion(service.database, rest)
    assert (counted.total, counted.has_more) == (2, False)
    assert counted.kept == {str(Stays.FAILED): 10, str(Stays.DELETED): 3}
    finish(service, rest)
    assert states(service, left) == {}


def test_a_count_cannot_be_confirmed_for_ever(service):
    record(service, Table.COMPOSITIONS, publish(service, 1)[0])
    now = datetime.now(UTC)
    old = count_deletion(service.database, ALL, CALLER, now - timedelta(minutes=61))
    with pytest.raises(NotFound):
        confirm_deletion(service.database, old, now)
    with pytest.raises(NotFound):
        confirm_deletion(service.database, "nonsense", now)
    count(service)  # removes it
    with pytest.raises(NotFound):
        find_deletion(service.database, old)
    with service.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(DELETIONS)).scalar() == 1
        assert connection.execute(select(func.count()).select_from(DOOMED)).scalar() == 1


def test_what_is_purged_is_forgotten_here_too(service):
    record(service, Table.COMPOSITIONS, publish(service, 1)[0])
    deletion = count(service)
    forget(service.database, [composition_sid(1)])
    with service.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(DOOMED)).scalar() == 0
    assert finish(service, deletion).date_ended is not None
