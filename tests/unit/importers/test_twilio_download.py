"""The download of an account of the hosted service: all of it, once, and no secret of it."""

from __future__ import annotations

import json
import logging
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from account import (
    IN_FLIGHT_BYTES,
    JOBS,
    OFFSET,
    SIGNATURE,
    TOKEN,
    Killer,
    account_with,
    add_recording,
    credentials,
    faults,
    files_of,
    sid,
)
from deliveries import MemoryListing
from hosted import Fault, Hosted, hosted

from roomreel.errors import ArgumentsInvalid, NotFound, StorageFailed
from roomreel.importers.download import twilio as module
from roomreel.importers.download.media import Outcome
from roomreel.importers.download.rooms import Selection
from roomreel.importers.download.twilio import Downloaded, How, download
from roomreel.importers.port import Options
from roomreel.importers.vendors.twilio import Twilio
from roomreel.storage import discover
from roomreel.storage.lock import try_hold

ROOM = sid("RM", "lesson-0")
ANN = sid("RT", "lesson-0/ann")


def get(service: Hosted, out: Path, selection: Selection | None = None, **how: Any) -> Downloaded:
    chosen = How(base_url=service.url, first_wait_s=0.001, **how)
    return download(selection or Selection(), out, credentials(service), chosen)


def check_whole(service: Hosted, out: Path) -> None:
    for own, path in files_of(service, out).items():
        assert path.read_bytes() == service.media[own]
    assert not [path for path in out.rglob("*") if ".part" in path.name]


def listing(out: Path) -> MemoryListing:
    files = [path for path in out.rglob("*") if path.is_file()]
    return MemoryListing({str(path.relative_to(out)): path.read_bytes() for path in files})


def test_an_account_becomes_a_delivery(tmp_path: Path) -> None:
    service = account_with(calls=2)
    person = sid("PA", "lesson-0/ann")
    for name, status in (("late", "processing"), ("gone", "deleted"), ("lost", "failed")):
        add_recording(service, name, ROOM, person, b"")
        service.recordings[-1]["status"] = status
        del service.media[sid("RT", name)]
    service.rooms.append({"sid": sid("RM", "silent"), "status": "completed"})
    with hosted(service):
        done = get(service, tmp_path)
    assert done.outcomes == {Outcome.FETCHED: 4}
    assert (done.processing, done.going_on, done.failed) == (1, 1, ())
    assert set(done.rooms) == {ROOM, sid("RM", "lesson-1")}
    assert done.text == (
        "2 rooms, 4 recordings fetched, 1 processed still, 1 room going on, left for the next time"
    )
    # Nothing of a room in which nothing was recorded.
    assert {path.name for path in tmp_path.iterdir()} == set(done.rooms)
    # No run takes what is kept for manifests.
    assert discover(str(tmp_path)) == []
    files = listing(tmp_path)
    assert Twilio().detect(files).score == 95
    draft = next(one for one in Twilio().read(files, Options()) if one.id == ROOM)
    assert draft.name == "lesson-0"
    assert {one.identity for one in draft.participants} == {"ann", "ben"}
    pieces = [piece for track in draft.tracks for piece in track.pieces]
    assert {piece.sid: piece.status for piece in pieces} == {
        ANN: "completed",
        sid("RT", "lesson-0/ben"): "completed",
        sid("RT", "late"): "processing",
        sid("RT", "gone"): "deleted",
        sid("RT", "lost"): "failed",
    }
    assert {piece.clock and piece.clock.start.value for piece in pieces} == {OFFSET}


def test_a_second_run_fetches_what_is_missing_alone(tmp_path: Path) -> None:
    service = account_with(calls=2)
    with hosted(service):
        get(service, tmp_path)
        stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        service.sent.clear()
        again = get(service, tmp_path)
        assert again.outcomes == {Outcome.THERE: 4}
        assert not service.sent
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps
        files_of(service, tmp_path)[ANN].unlink()
        assert get(service, tmp_path).outcomes == {Outcome.THERE: 3, Outcome.FETCHED: 1}
        assert [one.sid for one in service.sent] == [ANN]
    check_whole(service, tmp_path)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"room": ROOM}, {"lesson-0"}),
        ({"since": datetime(2026, 11, 2, tzinfo=UTC)}, {"lesson-1", "lesson-2"}),
        (
            {
                "since": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
                "until": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
            },
            {"lesson-1"},
        ),
        ({"until": datetime(2026, 11, 1, 10, tzinfo=UTC)}, set()),
        ({}, {"lesson-0", "lesson-1", "lesson-2"}),
    ],
)
def test_rooms_that_ended_in_a_span(
    tmp_path: Path, selection: dict[str, Any], expected: set[str]
) -> None:
    service = account_with(calls=3, size=10, people=("ann",))
    with hosted(service):
        done = get(service, tmp_path, Selection(**selection), with_media=False)
    assert set(done.rooms) == {sid("RM", name) for name in expected}
    assert not service.sent
    assert not list(tmp_path.rglob("*.mka"))


def test_a_list_that_has_become_shorter_leaves_no_page(tmp_path: Path) -> None:
    service = account_with(calls=1)
    with hosted(service):
        get(service, tmp_path, with_media=False)
        folder = tmp_path / ROOM / "twilio"
        assert (folder / "recordings-1.import.json").exists()
        service.recordings.pop()
        get(service, tmp_path, with_media=False)
    assert {path.name for path in folder.iterdir()} == {
        "room.import.json",
        "recordings-0.import.json",
        "recordings-deleted-0.import.json",
        "participants-0.import.json",
        "participants-1.import.json",
    }


def test_headers_of_encryption_are_kept_beside(tmp_path: Path) -> None:
    service = account_with(calls=1)
    service.media_headers[ANN] = {
        "x-amz-meta-x-amz-key": "a2V5",
        "x-amz-meta-x-amz-iv": "aWlpaWlpaWlpaWlpaWlpaQ==",
        "x-amz-meta-x-amz-unencrypted-content-length": "99990",
        "x-amz-request-id": SIGNATURE,
    }
    with hosted(service):
        get(service, tmp_path)
    kept = json.loads((tmp_path / ROOM / f"{ANN}.mka.import.json").read_text())
    assert kept.keys() == service.media_headers[ANN].keys() - {"x-amz-request-id"}
    (draft,) = Twilio().read(listing(tmp_path), Options())
    sealed = {piece.sid for track in draft.tracks for piece in track.pieces if piece.encryption}
    assert sealed == {ANN}


@pytest.mark.parametrize("cut", [1, 2**14, 99_999])
def test_an_answer_that_breaks_off_goes_on_where_it_was(tmp_path: Path, cut: int) -> None:
    service = account_with(calls=1, people=("ann",))
    cuts = [Fault(cut=cut)]
    service.fault = lambda path: cuts.pop() if path.startswith("/media/") and cuts else None
    with hosted(service):
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1}
    assert [(one.start, one.count) for one in service.sent] == [(0, cut), (cut, 100_000 - cut)]
    check_whole(service, tmp_path)


def test_what_has_changed_in_between_is_fetched_anew(tmp_path: Path) -> None:
    service = account_with(calls=1, people=("ann",))
    answers = [Fault(status=500)] * 5 + [Fault(cut=5000)]
    service.fault = lambda path: answers.pop() if path.startswith("/media/") and answers else None
    with hosted(service):
        assert len(get(service, tmp_path).failed) == 1
        part = tmp_path / ROOM / f"{ANN}.mka.part"
        assert part.stat().st_size == 5000
        service.media[ANN] = service.media[ANN][::-1]
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1}
    check_whole(service, tmp_path)


def test_of_what_has_no_etag_no_part_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = account_with(calls=1, people=("ann",))
    monkeypatch.setattr(Hosted, "etag", lambda *_: "")
    cuts = [Fault(cut=5000)]
    service.fault = lambda path: cuts.pop() if path.startswith("/media/") and cuts else None
    with hosted(service):
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1}
    assert [one.start for one in service.sent] == [0, 0]
    check_whole(service, tmp_path)


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("where", ["/v1/Rooms", "/v1/Recordings/", "/media/"])
def test_what_passes_is_tried_again(tmp_path: Path, where: str, status: int) -> None:
    service = account_with(calls=1, size=10, people=("ann",))
    answers = [Fault(status=status)] * 4
    service.fault = lambda path: answers.pop() if path.startswith(where) and answers else None
    with hosted(service):
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1}
    assert not answers
    check_whole(service, tmp_path)


def test_a_link_that_has_expired_is_asked_for_once_more(tmp_path: Path) -> None:
    service = account_with(calls=1, size=10)
    ben = sid("RT", "lesson-0/ben")
    answers = {f"/media/{ANN}": [Fault(status=403)], f"/media/{ben}": [Fault(status=403)] * 2}
    service.fault = lambda path: answers[path].pop() if answers.get(path) else None
    with hosted(service):
        done = get(service, tmp_path)
        assert done.outcomes == {Outcome.FETCHED: 1}
        assert done.failed == (f"{ben}: the storage refuses a new link (403)",)
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1, Outcome.THERE: 1}
    check_whole(service, tmp_path)


def test_a_failure_keeps_nothing_else_from_being_fetched(tmp_path: Path) -> None:
    service = account_with(calls=1, size=10)
    service.fault = lambda path: Fault(status=500) if path == f"/media/{ANN}" else None
    with hosted(service):
        done = get(service, tmp_path, jobs=1)
    assert done.outcomes == {Outcome.FETCHED: 1}
    assert done.failed == (f"{ANN}: the storage answers 500 (5 tries)",)


def test_what_was_never_heard_has_no_media(tmp_path: Path) -> None:
    service = account_with(calls=1, size=10)
    del service.media[ANN]
    with hosted(service):
        done = get(service, tmp_path)
    assert done.outcomes == {Outcome.FETCHED: 1, Outcome.NONE: 1}
    assert not list(tmp_path.rglob(f"{ANN}*"))


def test_two_processes_do_not_fetch_the_same(tmp_path: Path) -> None:
    service = account_with(calls=1, size=10)
    (tmp_path / ROOM).mkdir()
    held = try_hold(tmp_path / ROOM / f"{ANN}.mka.part", os.O_CREAT)
    assert held is not None
    with hosted(service):
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1, Outcome.BUSY: 1}
        os.close(held)
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 1, Outcome.THERE: 1}


def test_a_disk_without_space_is_refused_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = account_with(calls=2)
    free = SimpleNamespace(free=399_999)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: free)
    with hosted(service):
        with pytest.raises(StorageFailed, match=r"free, what is to be fetched takes"):
            get(service, tmp_path)
        assert not service.sent
        free.free = 400_000
        assert get(service, tmp_path).outcomes == {Outcome.FETCHED: 4}


def test_no_secret_is_kept_or_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = account_with(calls=1)
    service.recordings[0]["track_name"] = f"https://u:{TOKEN}@a.example/b?token={SIGNATURE} x"
    service.recordings[0]["media_external_location"] = f"https://s3.example/?sig={SIGNATURE}"
    answers = [Fault(status=403), Fault(cut=10), Fault(status=500), Fault(cut=0)]
    service.fault = lambda path: answers.pop() if path.startswith("/media/") and answers else None
    said: list[str] = []
    with hosted(service):
        how = How(base_url=service.url, first_wait_s=0.001)
        done = download(Selection(), tmp_path, credentials(service), how, said.append)
        service.fault = lambda _: Fault(cut=0, status=500)
        with pytest.raises(StorageFailed) as failed:
            get(service, tmp_path)
    unreachable = Hosted(service.account, url="http://127.0.0.1:1")
    with pytest.raises(StorageFailed, match="there is no connection") as lost:
        get(unreachable, tmp_path)
    told = [
        repr(done),
        done.text,
        *said,
        str(failed.value),
        str(lost.value),
        repr(credentials(service)),
    ]
    texts = [caplog.text, *told]
    for path in tmp_path.rglob("*"):
        texts += [str(path.relative_to(tmp_path))]
        texts += [path.read_bytes().decode("latin-1")] if path.suffix == ".json" else []
    for secret in (TOKEN, SIGNATURE, *([service.account[0]])):
        # The account's own sid is part of what credentials are.
        known = [one for one in texts if secret in one and one != repr(credentials(service))]
        assert not known
    assert TOKEN not in repr(credentials(service))
    assert "://" not in "".join(texts).replace("https://a.example/b", "")


def test_a_room_that_is_not_there(tmp_path: Path) -> None:
    with hosted(account_with(calls=1)) as service:
        with pytest.raises(NotFound, match="has no room"):
            get(service, tmp_path, Selection(room=sid("RM", "other")))
        assert get(service, tmp_path, Selection(room=sid("RM", "now"))).going_on == 1


@pytest.mark.parametrize(
    "given",
    [
        {"room": "lesson-1"},
        {"room": ROOM, "since": datetime(2026, 1, 1, tzinfo=UTC)},
        {"since": datetime(2026, 1, 2, tzinfo=UTC), "until": datetime(2026, 1, 2, tzinfo=UTC)},
    ],
)
def test_selections_that_contradict_themselves(given: dict[str, Any]) -> None:
    with pytest.raises(ArgumentsInvalid):
        Selection(**given)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_t5_killed_at_any_instant_each_byte_is_fetched_once(tmp_path: Path, kills: int) -> None:
    choose = random.Random(kills)
    people = ("ann", "ben") if kills == 2 else ("ann", "ben", "cid", "dan", "eve")
    service = account_with(calls=2, size=600_000, people=people)
    service.fault = faults(choose, 0.1)
    total = sum(map(len, service.media.values()))
    with hosted(service):
        killer = Killer(service, tmp_path, choose)
        for _ in range(kills):
            status = killer.run(2 * total // (3 * kills))
            assert status == -9, killer.said
        while killer.run(0, to_its_end=True) != 0:  # a link that expired twice, say
            assert "failed" in killer.said[0], killer.said
    check_whole(service, tmp_path)
    # It goes on exactly where the part ends: nothing that is on the disk is fetched again.
    assert killer.kills == kills
    assert [(one, start) for one, start, _ in killer.resumed_at] == [
        (one, there) for one, _, there in killer.resumed_at
    ]
    sent = sum(one.count for one in service.sent)
    cuts = len(service.sent)
    assert total <= sent <= total + (kills * JOBS + cuts) * IN_FLIGHT_BYTES
    assert any(start for _, start, _ in killer.resumed_at)
