"""Signatures of callbacks, as the validators in use check them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from roomreel.errors import CallbackRefused
from roomreel.model.callback import Callback
from roomreel.service.access.account import make_account
from roomreel.service.callbacks.messages import Told, parameters_of, request_of, timestamp_of
from roomreel.service.callbacks.signing import sign_request

ACCOUNT = make_account(None)
SID, ROOM = "CJ" + "a" * 32, "RM" + "b" * 32
DATE = datetime(2020, 9, 2, 15, 29, 19, 10_999, UTC)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


def told(url="https://app.example.org/events", method="POST", name="composition-started", **data):
    return Told(SID, ROOM, name, DATE, data, Callback(url, method), "a token")


def sent(one):
    return request_of(one, ACCOUNT, datetime.now(UTC))


def test_the_documented_signature():
    given_ = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign_request("12345", url, given_.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_the_validator_of_the_sdk_takes_signatures_of_any_parameters(pairs):
    url = "https://example.org/a?x=y"
    signature = sign_request("12345", url, pairs)
    assert RequestValidator("12345").validate(url, MultiDict(pairs), signature)


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.org/events",
        "https://app.example.org",
        "https://app.example.org:443/events?a=b%20c",
        "https://app.example.org:8443/?a=1#rc=3&ct=500",
        "http://user:secret@app.example.org/x",
        "http://[2001:db8::1]:8080/x",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_both_validators_take_what_is_sent(url, method):
    target, message = sent(told(url, method, ErrorMessage="ä & b=c +"))
    signature = message.headers["X-Twilio-Signature"]
    form = dict(parse_qsl(message.body.decode(), keep_blank_values=True))
    validator = RequestValidator(ACCOUNT.auth_token)
    assert validator.validate(target.url, form, signature)
    assert not validator.validate(target.url + "&x=1", form, signature)
    assert not RequestValidator("0" * 32).validate(target.url, form, signature)
    webhook = Webhook(ACCOUNT.webhook_secret)
    webhook.verify(message.body, message.headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(message.body + b"x", message.headers, json_parse=False)
    query = dict(parse_qsl(target.path.partition("?")[2]))
    assert (query if method == "GET" else form)["ErrorMessage"] == "ä & b=c +"
    assert not any(hidden in target.url for hidden in ("#", "secret"))


def test_parameters_of_a_composition():
    given_ = dict(parameters_of(told(Duration=38, Size=None), ACCOUNT.sid))
    assert given_ == {
        "AccountSid": ACCOUNT.sid,
        "RoomSid": ROOM,
        "CompositionSid": SID,
        "CompositionUri": f"/v1/Compositions/{SID}",
        "StatusCallbackEvent": "composition-started",
        "Timestamp": "2020-09-02T15:29:19.010Z",
        "Duration": "38",
    }


def test_a_hook_that_failed_has_made_no_composition():
    given_ = dict(parameters_of(told(name="composition-hook-failed", HookSid="HK1"), ACCOUNT.sid))
    assert not {"CompositionSid", "CompositionUri"} & given_.keys()
    assert given_["HookSid"] == "HK1"


def test_events_of_rooms_and_recordings_have_no_composition():
    for stream in (ROOM, "RT" + "c" * 32):
        one = Told(stream, ROOM, "room-ended", DATE, {"RoomName": "x"}, Callback("http://a"), "t")
        assert {name for name, _ in parameters_of(one, ACCOUNT.sid)} == {
            "AccountSid",
            "RoomSid",
            "StatusCallbackEvent",
            "Timestamp",
            "RoomName",
        }


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_have_milliseconds(date):
    text = timestamp_of(date)
    assert len(text) == 24
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) <= date


def test_the_check_of_the_documentation():
    text = (Path(__file__).parents[3] / "docs/api.md").read_text()
    (code,) = re.findall(r"```python\n(from standardwebhooks.*?)```", text, re.DOTALL)
    namespace = {}
    exec(code, namespace)  # noqa: S102  it is ours
    target, message = sent(told(Size=3))
    form = dict(parse_qsl(message.body.decode()))
    secrets = ACCOUNT.auth_token, ACCOUNT.webhook_secret
    check = namespace["is_of_roomreel"]
    assert check(target.url, form, message.body, message.headers, *secrets)
    assert not check(target.url, form | {"Size": "4"}, message.body, message.headers, *secrets)


@given(TEXTS, TEXTS, st.sampled_from(["GET", "POST"]))
def test_whatever_is_asked_for_can_be_written_into_a_request(rest, value, method):
    try:
        target, message = sent(told(f"https://example.org/{rest}", method, ErrorMessage=value))
    except CallbackRefused:
        return
    for name, header in message.headers.items():
        assert (name + header).isascii()
        assert (name + header).isprintable()
    assert target.path.isascii()
    assert message.body.isascii()
