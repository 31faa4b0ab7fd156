"""The way into the console and out: keys, links, sessions that end, and what others try."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.service.access import sessions, sign_in_links
from roomreel.service.access.keys import create_key, revoke_key
from roomreel.service.access.scopes import Scope
from roomreel.web.console.entry import own_path
from roomreel.web.console.pages import PAGES, POLICY

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import URL, Api, composition_sid, sid_of, usual_api
from console_visit import OWN, Visit, signed_in, token_in, visiting, words_of

PAGE = "/console/compositions"
OF_ONE = (
    f"{PAGE}/{composition_sid(0)}",
    f"{PAGE}/{composition_sid(1)}",
    f"/console/recordings/{sid_of('RT', 0, 'audio')}",
    f"/console/recordings/{sid_of('RT', 0, 'audio')}/compositions",
    "/console/hooks/new",
    f"/console/hooks/{sid_of('HK', 0)}",
    f"/console/hooks/{sid_of('HK', 0)}/edit",
    f"/console/hooks/{sid_of('HK', 0)}/delete",
)


@pytest.fixture
def visit(api: Api) -> Iterator[Visit]:
    with visiting(api) as visit:
        yield visit


def link_of(api: Api, now: datetime | None = None) -> str:
    database, account = api.service.database, api.account
    return sign_in_links.make_link(database, account, URL, now or datetime.now(UTC))


def use(visit: Visit, link: str) -> int:
    fields = {"token": token_in(visit.get(link)), "link": link.partition("link=")[2]}
    return visit.client.post("/console/sign-in", data=fields, headers=OWN).status_code


def is_in(visit: Visit) -> bool:
    answer = visit.get(PAGE)
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def test_nobody_sees_a_page_before_signing_in(visit):
    for path, _ in PAGES:
        answer = visit.get(f"{path}?status=failed")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/console/sign-in?next={path}%3Fstatus%3Dfailed"
    assert visit.get("/").headers["location"] == PAGE
    assert visit.get("/console").headers["location"] == PAGE
    assert visit.get("/console/").headers["location"] == PAGE


def test_a_part_of_a_page_leads_all_of_it_to_the_sign_in(visit):
    answer = visit.get(PAGE, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"] == f"/console/sign-in?next={PAGE}"


def test_the_account_and_a_key_sign_in(api, visit):
    for sid, secret in (api.auth, key_of(api, Scope.READ)):
        answer = visit.sign_in(sid, secret, next="/console/recordings?status=failed")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/console/recordings?status=failed"
        assert is_in(visit)


def key_of(api: Api, *scopes: Scope) -> tuple[str, str]:
    key, secret = create_key(api.service.database, f"key {datetime.now(UTC)}", scopes)
    return key.sid, secret


def test_what_is_wrong_is_told_in_the_page(api, visit):
    sid, token = api.auth
    for name, secret in ((sid, "x"), ("", ""), ("<b>", "x"), (sid, token.upper())):
        answer = visit.sign_in(name, secret)
        assert answer.status_code == 403
        assert "wrong" in words_of(answer)
        assert "<b>" not in answer.text
        assert "www-authenticate" not in answer.headers
    assert not is_in(visit)


def test_a_key_that_may_not_read_does_not_sign_in(api, visit):
    answer = visit.sign_in(*key_of(api, Scope.WRITE))
    assert answer.status_code == 403
    assert "scope read" in words_of(answer)


def test_who_fails_often_waits(tmp_path):
    with usual_api(tmp_path, sign_in_failures=3) as api, visiting(api) as visit:
        states = [visit.sign_in(api.account.sid, "x").status_code for _ in range(5)]
        assert states == [403, 403, 403, 429, 429]
        assert "Try again in" in words_of(visit.sign_in(*api.auth))


def test_a_link_is_good_once(api, visit):
    link = link_of(api)
    assert visit.get(link).status_code == 200  # who only looks at it uses it not
    assert use(visit, link) == 303
    assert is_in(visit)
    with visiting(api) as other:
        assert use(other, link) == 403
        assert not is_in(other)


def test_a_link_is_good_for_ten_minutes(api, visit):
    now = datetime.now(UTC)
    assert use(visit, link_of(api, now - timedelta(minutes=11))) == 403
    assert use(visit, f"{URL}/console/sign-in?link=nonsense") == 403
    assert not is_in(visit)
    assert use(visit, link_of(api, now - timedelta(minutes=9))) == 303


def test_each_sign_in_begins_another_session(api, visit):
    before = visit.client.cookies.get("roomreel")
    visit.sign_in(*api.auth)
    first = visit.client.cookies["roomreel"]
    visit.sign_in(*api.auth)
    second = visit.client.cookies["roomreel"]
    assert len({before, first, second}) == 3
    with visiting(api) as other:
        other.client.cookies.set("roomreel", first, path="/console")
        assert not is_in(other)


def test_who_signs_out_is_out(api, visit):
    visit.sign_in(*api.auth)
    kept = visit.client.cookies["roomreel"]
    assert visit.post("/console/sign-out").headers["location"] == "/console/sign-in"
    assert "roomreel" not in visit.client.cookies
    visit.client.cookies.set("roomreel", kept, path="/console")
    assert not is_in(visit)


def test_a_revoked_key_ends_its_sessions(api, visit):
    sid, secret = key_of(api, Scope.READ)
    visit.sign_in(sid, secret)
    assert is_in(visit)
    revoke_key(api.service.database, sid)
    assert not is_in(visit)


def test_another_token_ends_all_sessions(api):
    database, account = api.service.database, api.account
    now = datetime.now(UTC)
    secret = sessions.begin_session(database, account, account.sid, now)
    assert sessions.find_session(database, account, secret, now)
    assert not sessions.find_session(database, account.with_new_token(), secret, now)


@pytest.mark.parametrize(
    ("uses", "lives"),
    [
        ([0, 59, 118], True),
        ([0, 59, 119, 179], False),
        ([0, 61], False),
        ([*range(0, 720, 30)], True),
        ([*range(0, 721, 30)], False),
    ],
)
def test_a_session_ends_when_it_is_idle_or_long(api, uses, lives):
    database, account = api.service.database, api.account
    start = datetime.now(UTC)
    secret = sessions.begin_session(database, account, account.sid, start)
    seen = [
        sessions.find_session(database, account, secret, start + timedelta(minutes=minutes))
        for minutes in uses
    ]
    assert (seen[-1] is not None) == lives


def test_the_cookie_is_the_browser_s_and_this_site_s_alone(api, visit):
    cookie = visit.sign_in(*api.auth).headers["set-cookie"]
    assert re.fullmatch(r"roomreel=[\w-]{43}; HttpOnly; Path=/console; SameSite=lax", cookie)


def test_by_https_the_cookie_travels_by_nothing_else(tmp_path):
    with usual_api(tmp_path) as api:
        api.app.state.console = type(api.app.state.console)(
            api.service, api.app.state.sign_in, is_secure=True
        )
        with visiting(api) as visit:
            cookie = visit.get("/console/sign-in").headers["set-cookie"]
    assert cookie.startswith("__Host-roomreel=")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=lax; Secure")


def test_credentials_of_the_api_open_no_page_and_a_session_no_api(api):
    with signed_in(api) as visit:
        assert is_in(visit)
        assert visit.get("/v1/Compositions").status_code == 401
        assert visit.get("/v1/Compositions", auth=api.auth).status_code == 200
    with visiting(api) as visit:
        visit.client.auth = api.auth
        assert not is_in(visit)


FORMS = (
    "/console/sign-out",
    "/console/deletions",
    "/console/deletions/x",
    "/console/hooks",
    "/console/hooks/preview",
)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_another_session_changes_nothing(api, path):
    with signed_in(api) as visit, signed_in(api) as other:
        for token in ("", "x", other.token()):
            answer = visit.client.post(path, data={"token": token}, headers=OWN)
            assert answer.status_code == 403
            assert "another session" in words_of(answer)
        assert is_in(visit)


@pytest.mark.parametrize("path", [*FORMS, "/console/sign-in"])
def test_a_form_of_another_site_changes_nothing(api, path):
    with signed_in(api) as visit:
        token = visit.token()
        for told in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = visit.client.post(path, data={"token": token}, headers=told)
            assert answer.status_code == 403
            assert "another site" in words_of(answer)
        assert is_in(visit)


def test_nobody_is_signed_in_by_a_form_that_is_not_theirs(api, visit):
    fields = {"sid": api.auth[0], "secret": api.auth[1], "token": "x"}
    answer = visit.client.post("/console/sign-in", data=fields, headers=OWN)
    assert answer.status_code == 403
    assert not is_in(visit)


HEADERS = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}


def test_pages_are_framed_kept_and_guessed_by_nobody(api):
    with signed_in(api) as visit:
        for path in (*dict(PAGES), *OF_ONE, "/console/sign-in", "/console/nothing"):
            answer = visit.get(path)
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "frame-ancestors 'none'" in POLICY
    assert "unsafe" not in POLICY


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(api):
    with signed_in(api) as visit:
        pages = [visit.get(path) for path in (*dict(PAGES), *OF_ONE, "/console/sign-in")]
        for page in pages:
            assert not re.search(r"<style|\bstyle=|<script>|\bon\w+=|javascript:", page.text)
            for url in re.findall(r'(?:src|href|action)="([^"]*)"', page.text):
                assert url.startswith(("/console", "#")), url


def test_what_pages_are_made_of_is_kept_for_good(api, visit):
    page = visit.get("/console/sign-in").text
    for url in re.findall(r'(?:src|href)="(/console/static/[^"]*)"', page):
        answer = visit.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "charset" in answer.headers["content-type"] or url.endswith(".svg")
        old = re.sub(r"static/\w+/", "static/0/", url)
        assert visit.get(old).headers["cache-control"] == "no-store"
    assert visit.get("/console/static/0/../pages.py").status_code == 404
    assert visit.get("/console/static/0/nothing.js").status_code == 404


def test_what_goes_wrong_is_a_page_that_repeats_nothing_unescaped(api):
    with signed_in(api) as visit:
        for path in ("<script>alert(1)</script>", "\N{RIGHT-TO-LEFT OVERRIDE}x", "x" * 5000):
            answer = visit.get(f"/console/{quote(path)}")
            assert answer.status_code == 404
            assert "<h1>Not found</h1>" in answer.text
            assert len(answer.text) < 4000
            assert "<script>" not in answer.text
            assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in answer.text
        body = {"token": visit.token(), "x": "x" * 2_000_000}
        answer = visit.client.post("/console/sign-out", data=body, headers=OWN)
        assert answer.status_code == 413
        assert "at most" in words_of(answer)
        answer = visit.get("/console/recordings", headers={"Host": "evil.example"})
        assert answer.status_code == 421
        assert "Recordings" not in words_of(answer)


def test_what_breaks_is_a_page_without_a_trace(api, monkeypatch):
    with signed_in(api) as visit:
        token = visit.token()

        def fail(*_):
            raise KeyError("password=hunter2")

        monkeypatch.setattr("roomreel.web.console.deletions.find_deletion", fail)
        answer = visit.get("/console/deletions/x")
        assert answer.status_code == 500
        assert "its log says why" in words_of(answer)
        assert "hunter2" not in answer.text
        assert token in answer.text  # who is signed in stays so


OURS = ["/console", "/console/", "/console/recordings?room=a%20b&status=failed", "/console?x=//y"]
FOREIGN = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/console.evil.example",
    "/consoles",
    "/console\\@evil.example",
    "/console/\n//evil.example",
    "javascript:alert(1)",
    "/v1/Compositions",
    " /console",
    "/console/é",
    "/console/" + "x" * 3000,
    "",
    None,
]


def test_after_signing_in_nobody_is_sent_elsewhere():
    assert [own_path(path) for path in OURS] == OURS
    assert {own_path(path) for path in FOREIGN} == {"/console"}


@given(st.text() | st.text(alphabet="/\\.:@?#%\t\n\rconsole", max_size=20))
def test_wherever_one_is_sent_is_a_page_of_ours(path):
    for wanted in (path, f"/console{path}", f"//{path}", f"/\\{path}"):
        assert re.fullmatch(r"/console([/?][\x21-\x7e]*)?", own_path(wanted))
        assert "\\" not in own_path(wanted)
