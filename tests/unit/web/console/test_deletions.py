"""Deleting what a filter matches, by the pages: count, confirm, watch; and who may not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomreel.model.table import Table
from roomreel.service.access.scopes import Scope
from roomreel.service.deletions.work import delete_confirmed

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, composition, composition_sid, empty_api, sid_of
from console_visit import Visit, sids_in, signed_in, words_of

LOG = "/console/compositions"
COUNT = "/console/deletions"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Api, Visit]]:
    with empty_api(tmp_path) as api:
        for number in range(4):
            api.room(number)
        rows = [composition(n, status="completed", date_deleted=None) for n in range(8)]
        api.record(Table.COMPOSITIONS, *rows)
        api.look()
        with signed_in(api) as visit:
            yield api, visit


def work(api: Api) -> None:
    while delete_confirmed(api.service):
        pass


def test_what_a_filter_matches_is_counted_then_deleted(made):
    api, visit = made
    at = visit.post(COUNT, {"log": "compositions", "room": "call 1"}).headers["location"]
    assert "2 compositions will be deleted" in words_of(visit.get(at))
    work(api)
    assert len(sids_in(visit.get(LOG))) == 8
    assert visit.post(at).headers["location"] == at
    assert "0 of 2 compositions are deleted" in words_of(visit.get(at))
    assert 'hx-trigger="every 2s"' in visit.get(at).text
    visit.post(at)  # pressed twice
    work(api)
    done = visit.get(at)
    assert "2 compositions are deleted" in words_of(done)
    assert "hx-trigger" not in done.text
    deleted = visit.get(f"{LOG}?status=deleted")
    assert sids_in(deleted) == [composition_sid(5), composition_sid(1)]


def test_what_comes_in_after_the_count_stays(made):
    api, visit = made
    at = visit.post(COUNT, {"log": "compositions"}).headers["location"]
    api.record(Table.COMPOSITIONS, composition(20, status="completed", date_deleted=None))
    api.look()
    visit.post(at)
    work(api)
    assert sids_in(visit.get(f"{LOG}?status=completed")) == [composition_sid(20)]


def test_the_form_of_a_log_asks_for_what_it_shows(made):
    _, visit = made
    page = visit.get(f"{LOG}?room=call+1&status=completed").text
    for name, value in (("log", "compositions"), ("room", "call 1"), ("status", "completed")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_where_nothing_can_be_deleted_nothing_is_offered(made):
    _, visit = made
    fields = {"log": "recordings", "sid": sid_of("RT", 1, "audio")}
    at = visit.post(COUNT, fields).headers["location"]
    told = words_of(visit.get(at))
    assert "Nothing that matches can be deleted" in told
    assert "1 stays: in no catalog yet" in told
    assert f'action="{at}"' not in visit.get(at).text


def test_who_may_only_read_deletes_nothing(made):
    api, visit = made
    at = visit.post(COUNT, {"log": "compositions"}).headers["location"]
    with signed_in(api, [Scope.READ, Scope.ADMIN]) as reader:
        for answer in (reader.post(COUNT, {"log": "compositions"}), reader.post(at)):
            assert answer.status_code == 403
            assert "scope write" in words_of(answer)
        assert reader.get(at).status_code == 403
    work(api)
    assert len(sids_in(visit.get(f"{LOG}?status=completed"))) == 8


@pytest.mark.parametrize(
    "fields", [{"log": "rooms"}, {"log": "compositions", "from": "x"}, {"room": "nobody"}]
)
def test_what_cannot_be_counted_is_told(made, fields):
    _, visit = made
    answer = visit.post(COUNT, fields)
    assert answer.status_code == 400
    assert "<h1>This cannot be read</h1>" in answer.text


def test_a_deletion_that_there_is_not_is_not_found(made):
    _, visit = made
    for path in (f"{COUNT}/nothing", f"{COUNT}/%00", f"{COUNT}/{'x' * 5000}"):
        assert visit.get(path).status_code in {400, 404}
    assert visit.post(f"{COUNT}/nothing").status_code == 404
