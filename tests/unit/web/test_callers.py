"""Who is let in, with which scope, and how often."""

from __future__ import annotations

import asyncio
import base64

import pytest
from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from starlette.testclient import TestClient

from roomreel.service.access.account import make_account
from roomreel.service.access.callers import Caller, Callers
from roomreel.service.access.keys import create_key, revoke_key
from roomreel.service.access.scopes import Scope
from roomreel.service.database.connections import Database, open_database
from roomreel.settings import Settings
from roomreel.web import rates
from roomreel.web.callers import SignIn, caller, credentials_of, place_of
from roomreel.web.envelope import ApiError, add_error_handlers, in_envelope
from roomreel.web.rates import Rate

ACCOUNT = make_account(None)
TOKEN = (ACCOUNT.sid, ACCOUNT.auth_token)


@pytest.fixture
def settings(tmp_path):
    return Settings(folder=tmp_path, store=tmp_path / "store")


@pytest.fixture
def database(settings):
    opened = open_database(settings)
    yield opened
    opened.close()


def app_of(database: Database, settings: Settings) -> FastAPI:
    app = FastAPI()
    add_error_handlers(app, in_envelope("https://api.example.org"))
    app.state.sign_in = SignIn(Callers(database, lambda: ACCOUNT), settings)
    for scope in Scope:
        # A name of this function cannot be found in an annotation.
        async def who(found: Caller = Depends(caller(scope))) -> str:  # noqa: B008
            return found.sid

        app.add_api_route(f"/{scope}", who)
    return app


@pytest.fixture
def client(database, settings):
    return TestClient(app_of(database, settings))


def test_the_token_lets_do_everything(client):
    for scope in Scope:
        answer = client.get(f"/{scope}", auth=TOKEN)
        assert (answer.status_code, answer.json()) == (200, ACCOUNT.sid)


def test_a_key_lets_do_what_its_scopes_say(client, database):
    key, secret = create_key(database, "one", [Scope.READ, Scope.MEDIA])
    for scope in Scope:
        answer = client.get(f"/{scope}", auth=(key.sid, secret))
        if scope in key.scopes:
            assert answer.json() == key.sid
        else:
            assert answer.status_code == 403
            assert answer.json()["code"] == 20403
            assert str(scope) in answer.json()["message"]


WRONG_HEADERS = [
    "",
    "Basic",
    "Basic ",
    "Basic !!!!",
    "Basic " + base64.b64encode(b"nocolon").decode(),
    "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
    "Basic " + "A" * 100_000,
    "Bearer " + ACCOUNT.auth_token,
    "Digest username=x",
    "basic " + base64.b64encode(f"{ACCOUNT.sid}:".encode()).decode(),
    "Basic " + base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token} ".encode()).decode(),
    "Basic " + base64.b64encode(f" {ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode(),
    "Basic " + base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token.upper()}".encode()).decode(),
    "Basic " + base64.b64encode(f"AC{'0' * 32}:{ACCOUNT.auth_token}".encode()).decode(),
    "Basic " + base64.b64encode(f"{ACCOUNT.auth_token}:{ACCOUNT.sid}".encode()).decode(),
    "Basic " + base64.b64encode("é:é".encode()).decode(),
    "Basic " + base64.b64encode(b"SK\0:\0").decode(),
]


@pytest.mark.parametrize("header", WRONG_HEADERS, ids=range(len(WRONG_HEADERS)))
def test_wrong_auth_is_a_401_that_asks_for_basic(client, header):
    answer = client.get("/read", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["code"] == 20003
    assert answer.headers["www-authenticate"].startswith('Basic realm="roomreel"')
    assert ACCOUNT.auth_token not in answer.text


def test_two_authorizations_are_none(client):
    right = b"Basic " + base64.b64encode(":".join(TOKEN).encode())
    pair = [(b"authorization", right), (b"authorization", b"Basic eDp5")]
    assert client.get("/read", headers=pair[:1]).status_code == 200
    assert client.get("/read", headers=pair).status_code == 401
    assert client.get("/read", headers=pair[::-1]).status_code == 401


def test_a_revoked_key_lets_nobody_in(client, database):
    key, secret = create_key(database, "one", [Scope.READ])
    revoke_key(database, key.sid)
    assert client.get("/read", auth=(key.sid, secret)).status_code == 401


def test_the_description_names_the_scheme_of_the_hosted_service(database, settings):
    described = app_of(database, settings).openapi()
    schemes = described["components"]["securitySchemes"]
    assert schemes == {"accountSid_authToken": {"type": "http", "scheme": "basic"}}
    assert described["paths"]["/read"]["get"]["security"] == [{"accountSid_authToken": []}]


def test_a_database_that_does_not_answer_is_a_503(database, settings):
    client = TestClient(app_of(database, settings))
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE keys")
    answer = client.get("/read", auth=("SK" + "0" * 32, "x"))
    assert (answer.status_code, answer.json()["code"]) == (503, 20503)
    assert "keys" not in answer.text


def test_those_who_guess_have_to_wait_and_others_do_not(database, settings):
    few = settings.model_copy(update={"sign_in_failures": 3})
    client = TestClient(app_of(database, few))
    key, secret = create_key(database, "one", [Scope.READ])
    for _ in range(3):
        assert client.get("/read", auth=(ACCOUNT.sid, "wrong")).status_code == 401
    answer = client.get("/read", auth=TOKEN)
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    # Another client behind the same proxy.
    assert client.get("/read", auth=(key.sid, secret)).status_code == 200
    elsewhere = TestClient(client.app, client=("192.0.2.7", 1))
    assert elsewhere.get("/read", auth=TOKEN).status_code == 200


def test_many_names_from_one_address_have_to_wait_too(database, settings):
    few = settings.model_copy(update={"sign_in_failures": 3})
    client = TestClient(app_of(database, few), client=("2001:db8::1", 1))
    for n in range(30):
        assert client.get("/read", auth=(f"SK{n:032x}", "wrong")).status_code == 401
    assert client.get("/read", auth=("SK" + "f" * 32, "wrong")).status_code == 429
    neighbour = TestClient(client.app, client=("2001:db8::2", 1))
    assert neighbour.get("/read", auth=TOKEN).status_code == 429
    other = TestClient(client.app, client=("2001:db8:0:1::2", 1))
    assert other.get("/read", auth=TOKEN).status_code == 200


def test_requests_without_credentials_are_no_guesses(database, settings):
    client = TestClient(app_of(database, settings.model_copy(update={"sign_in_failures": 1})))
    for _ in range(20):
        assert client.get("/read").status_code == 401
    assert client.get("/read", auth=TOKEN).status_code == 200


def test_a_key_may_send_so_many_requests_a_second(database, settings):
    client = TestClient(app_of(database, settings.model_copy(update={"rate_limit": 2})))
    key, secret = create_key(database, "one", [Scope.READ])
    statuses = [client.get("/read", auth=(key.sid, secret)).status_code for _ in range(20)]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses
    answer = client.get("/read", auth=(key.sid, secret))
    while answer.status_code == 200:
        answer = client.get("/read", auth=(key.sid, secret))
    assert answer.headers["retry-after"] == "1"
    assert client.get("/read", auth=TOKEN).status_code == 200


def test_the_rate_is_off_by_default(client):
    assert {client.get("/read", auth=TOKEN).status_code for _ in range(50)} == {200}


def test_a_rate_lets_so_many_through():
    now = 0.0
    rate = Rate(2, 4, lambda: now)
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert rate.take("a") == rate.wait_s("a") == 0.5
    assert rate.take("b") == 0
    now = 0.5
    assert rate.take("a") == 0
    assert rate.take("a") == 0.5
    now = 100
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert rate.take("a") > 0


@given(
    gaps=st.lists(st.floats(0, 3), max_size=60), per_s=st.floats(0.1, 50), burst=st.integers(1, 9)
)
def test_a_rate_is_never_passed(gaps, per_s, burst):
    now = 0.0
    rate = Rate(per_s, burst, lambda: now)
    taken = 0
    for gap in gaps:
        now += gap
        taken += rate.take("a") == 0
    assert taken <= burst + per_s * now + 1


def test_a_rate_forgets_those_of_long_ago(monkeypatch):
    monkeypatch.setattr(rates, "_MOST_KNOWN", 3)
    rate = Rate(1, 1, lambda: 0)
    for who in range(10):
        rate.take(who)
    assert list(rate._paid_until) == [7, 8, 9]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
        ("unix:", "unix:"),
    ],
)
def test_whom_an_address_counts_for(address, place):
    assert place_of(address) == place


@given(header=st.text() | st.binary().map(lambda b: "Basic " + base64.b64encode(b).decode()))
def test_any_header_is_credentials_or_none(header):
    found = credentials_of(header)
    if found is not None:
        assert base64.b64encode(":".join(found).encode()).decode() == header.split(" ")[1].strip()


@given(name=st.text(), password=st.text())
@hypothesis(deadline=None, max_examples=200)
def test_nobody_gets_in_by_chance(name, password):
    class Empty:
        def is_at_hand(self, _name: str) -> bool:
            return True

        find = Callers(None, lambda: ACCOUNT).find  # type: ignore[arg-type]

    sign_in = SignIn(Empty(), Settings(sign_in_failures=10**9))  # type: ignore[arg-type]
    with pytest.raises(ApiError) as failure:
        asyncio.run(sign_in.caller_of((name, password), "", Scope.READ))
    assert failure.value.status == 401
