"""Rooms by the pages: the log, one with its timeline, and its rules changed by whoever may."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.service.access.scopes import Scope
from roomreel.web.console.timeline import WIDTH, bars_of

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, empty_api, sid_of
from console_visit import OWN, Visit, sids_in, signed_in, words_of

LOG = "/console/rooms"
ROOM = f"{LOG}/{sid_of('RM', 1)}"
HOSTILE = [
    "<script>alert(1)</script>",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "x" * 128,
    "' or 1=1 --",
]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Api, Visit]]:
    with empty_api(tmp_path) as api:
        api.room(0, status="in-progress")
        for number in (1, 2):
            api.room(number)
        api.look()
        with signed_in(api) as visit:
            yield api, visit


def rules_in(page: Any) -> Any:
    return json.loads(written_in(page))


def written_in(page: Any) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert found
    return html.unescape(found[1])


def test_the_log_has_filters(made):
    _, visit = made
    assert sids_in(visit.get(LOG)) == [sid_of("RM", number) for number in (2, 1, 0)]
    assert sids_in(visit.get(f"{LOG}?status=in-progress")) == [sid_of("RM", 0)]
    assert sids_in(visit.get(f"{LOG}?room=call+2")) == [sid_of("RM", 2)]
    assert sids_in(visit.get(f"{LOG}?from=2001-01-01&to=2001-01-02")) == []
    assert "Delete" not in words_of(visit.get(LOG))


def test_without_any_it_says_where_they_come_from(tmp_path):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        assert "There are no rooms yet" in words_of(visit.get(LOG))


def test_a_room_has_its_people_and_recordings(made):
    _, visit = made
    for named in (ROOM, f"{LOG}/call%201"):
        words = words_of(visit.get(named))
        for said in (
            "call 1",
            sid_of("RM", 1),
            sid_of("PA", 1, "audio"),
            "audio of 1",
            "video of 1",
        ):
            assert said in words
    assert visit.get(ROOM).text.count('<svg class="strip') == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(tmp_path, name):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        api.room(1, unique_name=name)
        api.look()
        for path in (LOG, ROOM):
            page = visit.get(path)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.text


@pytest.mark.parametrize("room", ["RM" + "0" * 32, "nobody", "../x", "<b>", "x" * 5000])
def test_there_is_no_other(made, room):
    _, visit = made
    assert visit.get(f"{LOG}/{room}").status_code == 404
    assert visit.post(f"{LOG}/{room}/rules", {"Rules": "[]"}).status_code == 404


def test_rules_are_changed(made):
    _, visit = made
    assert rules_in(visit.get(ROOM)) == [{"type": "include", "all": True}]
    wanted = [{"type": "include", "all": True}, {"type": "exclude", "kind": "audio"}]
    answer = visit.post(f"{ROOM}/rules", {"Rules": json.dumps(wanted)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOM}#rules")
    assert rules_in(visit.get(ROOM)) == wanted


def test_a_room_is_composed_once_by_a_form_that_is_sent_twice(made):
    _, visit = made
    nonce = re.search(r'name="nonce" value="(\w+)"', visit.get(ROOM).text)
    assert nonce
    asked = {"template": '{"audio_sources": ["*"]}', "nonce": nonce[1]}
    first, second = (visit.post(f"{ROOM}/compose", asked).headers["location"] for _ in range(2))
    assert first == second
    assert "It waits for its turn" in words_of(visit.get(first))
    for template in ("", "none-such", "{"):
        answer = visit.post(f"{ROOM}/compose", {"template": template})
        assert answer.status_code == 400
        assert "emplate" in words_of(answer)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[{"type": "both"}]', "/0/type"),
        ("[{", "no JSON"),
        ("{}", "expected"),
        ("</textarea><script>alert(1)</script>", "no JSON"),
        ("", "Rules"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_stays(made, written, said):
    _, visit = made
    answer = visit.post(f"{ROOM}/rules", {"Rules": written})
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert written_in(answer) == written
    assert "<script>alert" not in answer.text
    assert rules_in(visit.get(ROOM)) == [{"type": "include", "all": True}]


def test_who_may_not_changes_nothing(made):
    api, visit = made
    with signed_in(api, {Scope.READ}) as other:
        assert "Put these rules" not in words_of(other.get(ROOM))
        assert "Compose now" not in words_of(other.get(ROOM))
        assert other.post(f"{ROOM}/rules", {"Rules": "[]"}).status_code == 403
        assert other.post(f"{ROOM}/compose", {"template": "grid"}).status_code == 403
        stolen = {"token": other.token(LOG), "Rules": "[]"}
    assert visit.client.post(f"{ROOM}/rules", data=stolen, headers=OWN).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    own = {"token": visit.token(), "Rules": "[]"}
    assert visit.client.post(f"{ROOM}/rules", data=own, headers=foreign).status_code == 403
    assert rules_in(visit.get(ROOM)) == [{"type": "include", "all": True}]


instants = st.none() | st.integers(-(2**40), 2**40)
recordings = st.fixed_dictionaries(
    dict.fromkeys(("start_ms", "end_ms", "offset_ms", "duration_ms"), instants)
    | {"claimed_duration_ms": instants}
)


@given(st.lists(recordings, max_size=8))
def test_bars_lie_within_the_timeline_in_the_order_of_time(rows):
    rows = [row | {"sid": f"RT{number}"} for number, row in enumerate(rows)]
    bars = bars_of(rows)
    assert sorted(bar.row["sid"] for bar in bars) == [row["sid"] for row in rows]
    begins = [bar.begin_ms for bar in bars if bar.begin_ms is not None]
    assert begins == sorted(begins)
    assert not begins or begins[0] == 0
    for bar in bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.2
        assert (bar.width > 0) == (bar.begin_ms is not None)
