"""Callbacks by the pages: the log, one with its tries, sent again by whoever may."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from roomreel.service.access.scopes import Scope
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, composition_sid, empty_api, sid_of, usual_api
from console_visit import OWN, Visit, sids_in, signed_in, words_of

LOG = "/console/callbacks"
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}x\r\nSet-Cookie: a=b"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Api, Visit]]:
    with usual_api(tmp_path) as api, signed_in(api) as visit:
        yield api, visit


def change(api: Api, number: int, **values: Any) -> None:
    with api.service.database.write() as connection:
        this = update(DELIVERIES).where(DELIVERIES.c.event_id == number)
        connection.execute(this.values(values))


def state(api: Api, number: int) -> Any:
    with api.service.database.read() as connection:
        of = DELIVERIES.c.event_id == number
        return connection.execute(select(DELIVERIES.c.status, DELIVERIES.c.token).where(of)).one()


def numbers(page: Any) -> list[int]:
    return [int(one) for one in re.findall(rf'href="{LOG}/(\d+)"', page.text)]


def test_the_log_has_filters(made):
    api, visit = made
    assert numbers(visit.get(LOG)) == [6, 5, 4, 3, 2, 1]
    change(api, 5, status="given-up")
    assert numbers(visit.get(f"{LOG}?status=given-up")) == [5]
    assert set(sids_in(visit.get(f"{LOG}?sid={composition_sid(1)}"))) == {composition_sid(1)}
    wrong = visit.get(f"{LOG}?sid=EV1&status=lost")
    assert wrong.status_code == 400
    assert "CJ or RT or RM and 32 hex digits" in words_of(wrong)
    assert "There is no status lost" in words_of(wrong)
    assert "Delete" not in words_of(visit.get(LOG))


@pytest.mark.parametrize(
    ("prefix", "log"), [("CJ", "compositions"), ("RT", "recordings"), ("RM", "rooms")]
)
def test_one_leads_to_what_it_is_about(made, prefix, log):
    api, visit = made
    sid = sid_of(prefix, 0)
    change(api, 5, stream=sid)
    page = visit.get(f"{LOG}/5").text
    assert f'href="/console/{log}/{sid}"' in page
    assert f'href="/console/rooms/{sid_of("RM", 1)}"' not in page
    assert f'href="/console/rooms/{sid_of("RM", 2)}"' in page


def test_without_any_it_says_where_they_come_from(tmp_path):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        assert "No callback has been due yet" in words_of(visit.get(LOG))


def test_a_try_is_shown_as_text(made):
    api, visit = made
    with api.service.database.write() as connection:
        tried = {"event_id": 6, "date": datetime.now(UTC), "url": "https://a.example/", "ms": 31}
        connection.execute(
            insert(CALLBACK_TRIES).values(tried | {"http_status": 500, "answer": HOSTILE})
        )
        connection.execute(insert(CALLBACK_TRIES).values(tried | {"error": "refused"}))
    page = visit.get(f"{LOG}/6")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.text
    words = words_of(page)
    assert "500 31 ms <script>alert(1)</script>" in words
    assert "none 31 ms refused" in words
    assert f"CompositionSid {composition_sid(2)}" in words
    assert "set-cookie" not in page.headers


def test_one_is_sent_again_by_the_account(made):
    api, visit = made
    change(api, 6, status="given-up")
    token = state(api, 6).token
    answer = visit.post(f"{LOG}/6")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LOG}/6")
    assert state(api, 6) == ("waiting", token)


def test_who_may_not_sends_nothing_again(made):
    api, visit = made
    change(api, 6, status="given-up")
    with signed_in(api, {Scope.READ, Scope.WRITE}) as other:
        assert "Send it again" not in words_of(other.get(f"{LOG}/6"))
        assert other.post(f"{LOG}/6").status_code == 403
        stolen = {"token": other.token()}
    assert visit.client.post(f"{LOG}/6", data=stolen, headers=OWN).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    own = {"token": visit.token()}
    assert visit.client.post(f"{LOG}/6", data=own, headers=foreign).status_code == 403
    assert state(api, 6).status == "given-up"


def test_what_is_being_sent_now_is_not_sent_again(made):
    api, visit = made
    change(api, 6, holder="another", held_until=datetime(2100, 1, 1, tzinfo=UTC))
    answer = visit.post(f"{LOG}/6")
    assert answer.status_code == 409
    assert "being sent at this moment" in words_of(answer)


@pytest.mark.parametrize(
    "number", ["7", "0", "-1", "x", "99999999999", "6 ", "\N{ARABIC-INDIC DIGIT SIX}"]
)
def test_there_is_no_other(made, number):
    _, visit = made
    assert visit.get(f"{LOG}/{number}").status_code == 404
    assert visit.post(f"{LOG}/{number}").status_code == 404
