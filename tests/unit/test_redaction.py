"""What is shown and recorded never has what lets somebody in."""

from __future__ import annotations

import json

import pytest

from roomreel.errors import DocumentInvalid, RenderError, Violation
from roomreel.redaction import redacted, redacted_error, redacted_value

SECRET = "hunter2secret"  # noqa: S105


@pytest.mark.parametrize(
    "text",
    [
        f"https://s3.example.org/b/k?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
        f"GET /b/k?AWSAccessKeyId={SECRET}&Expires=1&Signature={SECRET} failed",
        f"Authorization: AWS4-HMAC-SHA256 Credential=x, Signature={SECRET}",
        f'{{"Authorization": "Bearer {SECRET}"}}',
        f"with Bearer {SECRET}",
        f"https://user:{SECRET}@example.org/hook",
        f"https://{SECRET}@example.org/hook",
        f"https://example.org/,https://{SECRET}@example.org/hook",
        f"postgresql+asyncpg://prefect:{SECRET}@db/prefect",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"AGE-SECRET-KEY-1{SECRET.upper()}",
        f"X-Amz-Security-Token: {SECRET}",
        f"the secret is {SECRET}",
    ],
)
def test_secrets_are_hidden(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if text.startswith("the secret"):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    shown = redacted(f"before {text}")
    assert shown.startswith("before ")
    assert SECRET not in shown
    assert SECRET.upper() not in shown


@pytest.mark.parametrize(
    "text",
    [
        "https://s3.example.org/bucket/a%20b.mkv?versionId=7 by grid@home: 1 = 1 & 2",
        "cannot read s3://calls/rooms/alice@example.org/camera:1.mkv: it does not exist",
        "see http://127.0.0.1:4200/runs/1",
        "the Secret block is not there; name it in s3_credentials",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_every_text_of_an_error_is_redacted() -> None:
    signed = f"https://s3.example.org/k?X-Amz-Signature={SECRET}"
    error = DocumentInvalid(
        f"no {signed}", f"see {signed}", [Violation("/a", "a", signed, signed, signed, line=7)]
    )
    error.__cause__ = OSError("cause")
    clean = redacted_error(error)
    assert (type(clean), clean.__cause__) == (DocumentInvalid, error.__cause__)
    assert "no https" in clean.message
    assert "see https" in clean.remedy
    assert clean.violations[0].line == 7
    assert SECRET not in f"{clean} {clean.args} {clean.remedy} {clean.violations}"


def test_an_error_without_secrets_stays_what_it_is() -> None:
    error = RenderError("a", "b")
    assert redacted_error(error).args == error.args


def test_a_json_value_stays_one_without_its_secrets() -> None:
    value = {
        "token": "canary",
        "deep": [{"apiKey": "canary", "url": "s3://a?token=canary", "n": 1.5}, None],
        "text": "password: canary",
    }
    clean = redacted_value(value)
    assert "canary" not in json.dumps(clean)
    assert clean["deep"][0]["n"] == 1.5
    assert clean["deep"][1] is None
    assert redacted_value({"names": ["Ana", "é"]}) == {"names": ["Ana", "é"]}
