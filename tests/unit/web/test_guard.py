"""The guard: what it lets in, and what every answer bears; as browsers and attackers come."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from roomreel.errors import SettingsInvalid
from roomreel.settings import Settings
from roomreel.web.forms import BODY_LIMIT_BYTES
from roomreel.web.site import site_of

sys.path.insert(0, str(Path(__file__).parent))
from guarded import FORM, URL, app_of, call, code


@pytest.fixture
def app() -> FastAPI:
    return app_of(service_url=URL)


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app, base_url=URL)


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
        assert code(client.get(path)) == (503, 20503)


def test_a_long_answer_may_take_its_time():
    client = TestClient(app_of(service_url=URL, request_timeout_s=0.2), base_url=URL)
    assert client.get("/long").content == b"xxxx"


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
