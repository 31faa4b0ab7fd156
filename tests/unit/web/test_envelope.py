"""Every error is the documented JSON, with nothing in it that is not for the client."""

from __future__ import annotations

import logging
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from starlette.testclient import TestClient

from roomreel import errors
from roomreel.errors import Violation
from roomreel.web import codes
from roomreel.web.envelope import (
    ApiError,
    add_error_handlers,
    as_api_error,
    in_envelope,
    invalid,
)

URL = "https://media.example.org"


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    add_error_handlers(made, in_envelope(URL))

    @made.get("/v1/Things/{sid}")
    def thing(sid: str, page_size: Annotated[int, Query(alias="PageSize", le=100)] = 50) -> str:
        return sid

    return made


def fail_with(app: FastAPI, error: Exception) -> TestClient:
    @app.get("/fail")
    async def fail() -> None:
        raise error

    return TestClient(app)


def envelope(code: int, status: int, message: str) -> dict[str, object]:
    more = f"{URL}/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def test_an_unknown_path_is_a_404(app):
    answer = TestClient(app).get("/v1/Nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    message = "The requested resource /v1/Nothing was not found"
    assert answer.json() == envelope(20404, 404, message)


def test_another_method_is_a_405_that_says_which_there_are(app):
    answer = TestClient(app).post("/v1/Things/1")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["code"] == 20004


def test_a_parameter_that_fastapi_refuses_is_named(app):
    answer = TestClient(app).get("/v1/Things/1", params={"PageSize": "9" * 1000})
    assert answer.status_code == 400
    assert answer.json()["code"] == 20001
    assert answer.json()["message"].startswith("Parameter PageSize: Input should be")
    assert "999" not in answer.json()["message"]


def test_an_error_of_the_api_is_answered_as_it_is(app):
    error = ApiError(409, 20409, "It is processing", {"X-Why": "busy"})
    answer = fail_with(app, error).get("/fail")
    assert answer.json() == envelope(20409, 409, "It is processing")
    assert answer.headers["x-why"] == "busy"


def test_who_is_not_let_in_is_asked_for_basic_credentials(app):
    answer = fail_with(app, ApiError(401, 20003, "Authenticate")).get("/fail")
    assert answer.headers["www-authenticate"].startswith('Basic realm="roomreel"')


def test_all_violations_are_said_within_limits(app):
    many = [Violation(f"/a/{n}", "a number", '"x"') for n in range(1000)]
    error = errors.TemplateInvalid("the template is invalid", "", many)
    message = fail_with(app, error).get("/fail").json()["message"]
    assert message.startswith('/a/0: expected a number, found "x"; /a/1: expected')
    assert len(message) < 2100


def test_what_is_unseen_is_escaped(app):
    error = invalid("Name\r\n\u202e\x1b[31m", "is invalid")
    message = fail_with(app, error).get("/fail").json()["message"]
    assert message == "Parameter Name\\r\\n\\u202e\\u001b[31m is invalid"


MAPPED = [
    (errors.NotFound("there is no template 'x'"), 404, 20404, "there is no template 'x'"),
    (errors.RoomNotCompleted("it is going on"), 400, 20001, "it is going on"),
    (errors.Conflict("it is processing", "wait"), 409, 20409, "it is processing"),
    (errors.TooManyRequests("9 wait", "raise x"), 429, 20429, "9 wait"),
    (errors.StorageFailed("/srv/secret: no space"), 503, 20503, "The store cannot be read"),
    (errors.StoreUnreachable("https://s3"), 503, 20503, "The store cannot be read"),
    (errors.ServiceDatabaseFailed("10.0.0.1 refused"), 503, 20503, "The database of the service"),
    (errors.CatalogError("/srv/x.parquet"), 503, 20503, "The catalogs cannot be read"),
    (errors.OrchestratorFailed("http://prefect"), 503, 20503, "The server that runs"),
    (errors.SettingsInvalid("/etc/roomreel.toml"), 500, 20500, "The service failed"),
    (errors.RenderError("x264"), 500, 20500, "The service failed"),
]


@pytest.mark.parametrize("case", MAPPED, ids=lambda case: type(case[0]).__name__)
def test_failures_of_roomreel_have_a_status(app, case):
    error, status, code, words = case
    answer = fail_with(app, error).get("/fail")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].startswith(words)
    assert ("retry-after" in answer.headers) is (status in {429, 503})
    if status >= 500:
        assert error.message not in answer.text


def test_what_nobody_expected_is_logged_and_not_shown(caplog):
    def fail() -> None:
        secret = "password=hunter2secret"  # noqa: S105
        raise KeyError(secret)

    with caplog.at_level(logging.ERROR), pytest.raises(KeyError) as failure:
        fail()
    shown = as_api_error(failure.value, "/v1/Rooms")
    assert (shown.status, shown.code) == (500, 20500)
    assert "KeyError" not in shown.message
    assert "/v1/Rooms" in caplog.text
    assert "in fail" in caplog.text
    assert "hunter2" not in caplog.text


def test_every_code_has_a_page(app):
    client = TestClient(app)
    for code, words in codes.CODES.items():
        assert words in client.get(f"/docs/errors/{code}").text
    for other in ("1", "abc", "..%2f..", "0x20001"):
        assert client.get(f"/docs/errors/{other}").status_code == 404


def test_a_status_without_a_code_of_its_own_has_one():
    assert codes.code_of(422) == 20001
    assert codes.code_of(404) == codes.NOT_FOUND
    assert codes.code_of(418) == 20418
