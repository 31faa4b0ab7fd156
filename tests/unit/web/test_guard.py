"""The guard: what it lets in, and what every answer bears; as browsers and attackers come."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from typing import Any

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from roomreel.errors import SettingsInvalid
from roomreel.logs import LOG, JsonLines
from roomreel.settings import Settings
from roomreel.web import access_log
from roomreel.web.access_log import ACCESS
from roomreel.web.envelope import add_error_handlers
from roomreel.web.forms import BODY_LIMIT_BYTES, read_form
from roomreel.web.guard import add_guard
from roomreel.web.site import Site, site_of

URL = "https://api.example.org"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def app_of(**given: Any) -> FastAPI:
    """An application behind the guard, as `serve` makes it."""
    settings = Settings(**given)
    site = site_of(settings, "127.0.0.1", 8765)
    app = FastAPI()
    add_error_handlers(app, site.url)
    app.state.changes = []

    @app.get("/healthz")
    async def healthz() -> str:
        return "ok"

    @app.get("/things")
    @app.post("/things")
    @app.put("/things")
    @app.delete("/things")
    async def things(request: Request) -> list[str]:
        form = await read_form(request)
        app.state.changes.append(request.method)
        request.state.caller = "SK1"
        return form.names

    @app.get("/who")
    async def who(request: Request) -> str:
        return request.client.host if request.client else ""

    @app.get("/media")
    async def media() -> Response:
        headers = {"Cache-Control": "private", "content-security-policy": "sandbox"}
        return Response(b"x", headers=headers)

    add_failures(app)
    add_guard(app, site, settings)
    return app


def add_failures(app: FastAPI) -> None:
    @app.get("/fail")
    async def fail() -> None:
        raise KeyError("password=hunter2secret")

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def body() -> Any:
            yield b"half"
            raise KeyError

        return StreamingResponse(body())

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(60)

    @app.get("/slow-thread")
    def slow_thread() -> None:
        time.sleep(1.5)

    @app.get("/long")
    async def long() -> StreamingResponse:
        async def body() -> Any:
            for _ in range(4):
                yield b"x"
                await asyncio.sleep(0.1)

        return StreamingResponse(body())


@pytest.fixture
def app() -> FastAPI:
    return app_of(service_url=URL)


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app, base_url=URL)


def code(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


# Hosts

FORGED = [
    "evil.example",
    "api.example.org.evil.example",
    "127.0.0.1",
    "localhost",
    "xapi.example.org",
]


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_host_is_refused_and_changes_nothing(app, client, host):
    answer = client.post("/things", headers={"Host": host, **FORM}, content=b"a=1")
    assert code(answer) == (421, 20421)
    assert answer.json()["more_info"].startswith(URL)
    assert app.state.changes == []


MALFORMED = [
    "",
    " ",
    "a b",
    "user@api.example.org",
    "api.example.org/..",
    "api.example.org:x",
    "[::1",
]


@pytest.mark.parametrize("host", MALFORMED)
def test_a_malformed_host_is_refused(client, host):
    assert code(client.get("/things", headers={"Host": host})) == (400, 20001)


@pytest.mark.parametrize("host", ["API.example.org", "api.example.org:443", "api.example.org."])
def test_the_own_host_is_answered_however_it_is_written(client, host):
    assert client.get("/things", headers={"Host": host}).status_code == 200


def test_several_hosts_are_none(client):
    pair = [(b"host", b"api.example.org"), (b"host", b"evil.example")]
    assert client.get("/things", headers=pair).status_code == 400


def test_healthz_answers_any_host(client):
    for host in ("10.0.0.7:8765", "evil.example", ""):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_without_service_url_it_answers_where_it_listens():
    client = TestClient(app_of(), base_url="http://127.0.0.1:8765")
    for host in ("127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:8765"):
        assert client.get("/things", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "10.0.0.7", "127.0.0.1.nip.io"):
        assert client.get("/things", headers={"Host": host}).status_code == 421


def test_urls_begin_with_the_setting_or_where_it_listens():
    assert site_of(Settings(service_url=f"{URL}/"), "::1", 1).url == URL
    assert site_of(Settings(), "::1", 8765).url == "http://[::1]:8765"
    assert site_of(Settings(), "10.0.0.7", 443, "https").url == "https://10.0.0.7"


@pytest.mark.parametrize("url", ["https://müller.example", "https://a b", "https://a:99999"])
def test_a_url_whose_host_no_request_can_name_is_refused(url):
    with pytest.raises(SettingsInvalid, match="service_url"):
        site_of(Settings(service_url=url), "127.0.0.1", 1)


# Browsers

OTHER_SITES = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://api.example.org"},
    {"Origin": "https://api.example.org:8443"},
    {"Origin": "https://api.example.org.evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "SAME-ORIGIN"},
    {"Sec-Fetch-Site": "cross-site", "Origin": URL},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


@pytest.mark.parametrize("headers", OTHER_SITES, ids=map(str, OTHER_SITES))
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_form_of_another_site_is_refused_and_changes_nothing(app, client, headers, method):
    answer = client.request(method, "/things", headers=headers, auth=("AC1", "remembered"))
    assert code(answer) == (403, 20403)
    assert app.state.changes == []


def test_two_origins_are_refused(client):
    pair = [(b"origin", URL.encode()), (b"origin", b"https://evil.example")]
    assert client.post("/things", headers=pair).status_code == 403


OWN = [
    {},
    {"Origin": URL},
    {"Origin": f"{URL}:443", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", OWN, ids=map(str, OWN))
def test_clients_and_own_pages_may_change_things(app, client, headers):
    assert client.post("/things", headers=headers).status_code == 200
    assert app.state.changes == ["POST"]


def test_reading_from_another_site_changes_nothing_and_is_not_refused(client):
    answer = client.get("/things", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_without_service_url_the_origin_is_that_of_the_host():
    client = TestClient(app_of(), base_url="http://127.0.0.1:8765")
    for origin, status in (
        ("http://127.0.0.1:8765", 200),
        ("http://127.0.0.1:9999", 403),
        ("http://localhost:8765", 403),
        ("https://127.0.0.1:8765", 403),
    ):
        assert client.post("/things", headers={"Origin": origin}).status_code == status


def test_cors_is_off_unless_origins_are_named(client):
    preflight = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
    assert client.options("/things", headers=preflight).status_code == 405
    named = TestClient(
        app_of(service_url=URL, cors_origins=["https://app.example.org"]), base_url=URL
    )
    answer = named.options("/things", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
    posted = {"Origin": "https://app.example.org", "Sec-Fetch-Site": "cross-site"}
    assert named.post("/things", headers=posted).status_code == 200
    answer = named.post("/things", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in named.post("/things", headers=posted).headers


# What answers bear


@pytest.mark.parametrize("path", ["/things", "/nothing", "/fail", "/healthz"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["strict-transport-security"].startswith("max-age=")


def test_what_is_refused_has_them_too(client):
    headers = client.get("/things", headers={"Host": "evil.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"


def test_an_answer_that_says_otherwise_keeps_its_own(client):
    answer = client.get("/media")
    assert answer.headers.get_list("cache-control") == ["private"]
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_plain_http_promises_no_https():
    client = TestClient(app_of(), base_url="http://127.0.0.1:8765")
    assert "strict-transport-security" not in client.get("/things").headers


# Limits


def test_a_long_body_is_refused_by_its_length_alone(app, client):
    answer = client.post("/things", headers={"content-length": "9" * 30, **FORM})
    assert code(answer) == (413, 20413)
    assert app.state.changes == []


def test_a_long_body_is_refused_without_a_length(app, client):
    def body() -> Any:
        for _ in range(BODY_LIMIT_BYTES // 65536 + 1):
            yield b"x" * 65536

    answer = client.post("/things", headers=FORM, content=body())
    assert code(answer) == (413, 20413)
    assert app.state.changes == []


def test_a_body_at_the_limit_is_read(client):
    content = b"&".join([b"a=" + b"x" * 200_000] * 5)
    answer = client.post("/things", headers=FORM, content=content)
    assert (answer.status_code, answer.json()) == (200, ["a"])


@pytest.mark.parametrize(
    "headers",
    [{f"x-{n}": "1" for n in range(120)}, {"x-long": "x" * 40_000}, {"x" * 40_000: "1"}],
    ids=["many", "long", "long name"],
)
def test_too_many_or_long_headers_are_refused(client, headers):
    assert code(client.get("/things", headers=headers)) == (431, 20431)


@pytest.mark.parametrize("url", ["/things?a=%00", "/thi%00ngs", "/things?%00=1"])
def test_nul_in_a_url_is_refused(client, url):
    assert code(client.get(url)) == (400, 20001)


def test_what_takes_too_long_is_a_503():
    client = TestClient(app_of(service_url=URL, request_timeout_s=0.2), base_url=URL)
    for path in ("/slow", "/slow-thread"):
        begun = time.monotonic()
        assert code(client.get(path)) == (503, 20503)
        assert time.monotonic() - begun < 1.2


def test_a_long_answer_may_take_its_time():
    client = TestClient(app_of(service_url=URL, request_timeout_s=0.2), base_url=URL)
    assert client.get("/long").content == b"xxxx"


def call(app: FastAPI, scope: dict[str, Any], receive: Any) -> list[dict[str, Any]]:
    """What an application sends by ASGI alone."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    usual = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "scheme": "https"}
    given = {"query_string": b"", "client": None, "server": ("127.0.0.1", 1), "root_path": ""}
    headers = [(b"host", b"api.example.org"), *scope.pop("headers", [])]
    asyncio.run(app({**usual, **given, **scope, "headers": headers}, receive, send))
    return sent


def test_a_body_that_never_ends_is_a_408():
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"a", "more_body": True}

    app = app_of(service_url=URL, request_timeout_s=0.2)
    headers = [(b"transfer-encoding", b"chunked"), (b"content-type", FORM["content-type"].encode())]
    sent = call(app, {"method": "POST", "path": "/things", "headers": headers}, receive)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["code"] == 20408
    assert app.state.changes == []


def test_websockets_are_refused(app):
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    assert call(app, {"type": "websocket"}, receive) == [{"type": "websocket.close", "code": 1008}]


# Failures


def test_what_nobody_expected_is_a_500_in_the_envelope(client, caplog):
    with caplog.at_level(logging.ERROR):
        answer = client.get("/fail")
    assert code(answer) == (500, 20500)
    assert "KeyError" not in answer.text
    assert "KeyError" in caplog.text
    assert "hunter2" not in caplog.text + answer.text


def test_half_an_answer_is_not_followed_by_another(client, caplog):
    with caplog.at_level(logging.ERROR):
        assert client.get("/half").content == b"half"
    assert "KeyError" in caplog.text


# Proxies


@pytest.mark.parametrize(
    ("allowed", "forwarded", "seen"),
    [
        ([], "192.0.2.1", "10.0.0.7"),
        (["10.0.0.8"], "192.0.2.1", "10.0.0.7"),
        (["10.0.0.7"], "192.0.2.1", "192.0.2.1"),
        (["10.0.0.0/24"], "6.6.6.6, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
    ],
)
def test_only_a_named_proxy_says_who_the_client_is(allowed, forwarded, seen):
    app = app_of(service_url=URL, forwarded_allow=allowed)
    client = TestClient(app, base_url=URL, client=("10.0.0.7", 1))
    assert client.get("/who", headers={"X-Forwarded-For": forwarded}).json() == seen


def test_a_proxy_cannot_name_the_host(client):
    answer = client.get("/things", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forwarded_allow", ["*"]),
        ("forwarded_allow", ["proxy.example"]),
        ("cors_origins", ["*"]),
        ("cors_origins", ["null"]),
        ("cors_origins", ["https://a.example/path"]),
        ("cors_origins", ["https://user@a.example"]),
        ("cors_origins", ["ftp://a.example"]),
        ("rate_limit", 0),
        ("request_timeout_s", 0),
    ],
)
def test_settings_that_let_anybody_in_are_refused(name, value):
    with pytest.raises(ValueError):
        Settings(**{name: value})


def test_origins_are_as_browsers_write_them():
    settings = Settings(cors_origins=["HTTPS://App.Example.org:443/", "http://[::1]:8080"])
    assert settings.cors_origins == ["https://app.example.org", "http://[::1]:8080"]


# The log


@pytest.fixture
def lines():
    """The lines of the log file, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    LOG.removeHandler(handler)
    LOG.setLevel(level)


def test_a_request_is_one_line(client, lines):
    client.post("/things", headers=FORM, content=b"a=1&secret=sesame", auth=("SK1", "sesame"))
    (line,) = lines()
    assert line["message"].startswith("POST /things 200 ")
    about = {"method": "POST", "path": "/things", "status": 200, "caller": "SK1", "sent": 14}
    assert line.items() >= (about | {"received": 17, "address": "testclient"}).items()
    assert line["ms"] >= 0
    assert "sesame" not in str(line)


def test_signatures_of_links_are_not_in_it(client, lines):
    client.get("/nothing?sig=sesame&exp=1", headers={"Authorization": "Basic sesame"})
    assert "sesame" not in str(lines())
    assert lines()[0]["path"] == "/nothing"


def test_what_is_refused_is_in_it(client, lines):
    client.get("/things", headers={"Host": "evil.example"})
    assert lines()[0]["status"] == 421


def test_nobody_writes_lines_of_their_own(client, lines):
    client.get("/x%0a%7b%22level%22%3a1%7d%1b%5b31m" + "y" * 5000)
    (line,) = lines()
    assert "\n" not in line["path"]
    assert "\x1b" not in line["message"]
    assert len(line["path"]) < 1000


def test_without_a_level_nothing_is_written(client, lines):
    LOG.setLevel(logging.WARNING)
    client.get("/things")
    assert lines() == []
    assert ACCESS.name == "roomreel.access"
    assert access_log.ACCESS.parent is LOG


# By generation

NAMES = ["host", "origin", "sec-fetch-site", "content-length", "authorization", "x-forwarded-for"]


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "BREW"]),
    path=st.text(max_size=40).map(lambda text: f"/{text}"),
    query=st.binary(max_size=40),
    headers=st.lists(
        st.tuples(st.sampled_from(NAMES), st.text(max_size=30).map(lambda t: t.encode("utf-8"))),
        max_size=5,
    ),
    body=st.binary(max_size=100),
)
@hypothesis(deadline=None, max_examples=300)
def test_whatever_comes_is_answered_in_the_envelope(method, path, query, headers, body):
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    app = shared_app()
    pairs = [(name.encode(), value) for name, value in headers]
    scope = {"method": method, "path": path, "query_string": query, "headers": pairs}
    sent = call(app, scope, receive)
    assert sent[0]["type"] == "http.response.start"
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    status = sent[0]["status"]
    assert status < 500
    if status >= 400:
        envelope = json.loads(sent[1]["body"])
        assert envelope.keys() == {"code", "message", "more_info", "status"}
        assert envelope["status"] == status


_SHARED: list[FastAPI] = []


def shared_app() -> FastAPI:
    if not _SHARED:
        _SHARED.append(app_of(service_url=URL))
    return _SHARED[0]


@given(host=st.text(max_size=60), origin=st.text(max_size=60))
def test_no_host_or_origin_but_the_own_is_let_in(host, origin):
    from starlette.datastructures import Headers

    from roomreel.web.envelope import ApiError

    site = Site(URL, frozenset({"api.example.org"}), URL)
    raw = [(b"host", host.encode("utf-8")), (b"origin", origin.encode("utf-8"))]
    with pytest.raises(ApiError):
        site.refuse_host("/", Headers(raw=raw))
    with pytest.raises(ApiError):
        site.refuse_other_site("POST", "https", Headers(raw=raw))
