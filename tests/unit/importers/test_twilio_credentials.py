"""The credentials of an account of the hosted service: given, refused, and ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from account import account_with, credentials, sid
from hosted import Fault, hosted

from roomreel.errors import ArgumentsInvalid
from roomreel.importers.download.credentials import Credentials, credentials_from
from roomreel.importers.download.rooms import Selection
from roomreel.importers.download.twilio import How, download


def test_credentials_that_are_refused_name_their_variable(tmp_path: Path) -> None:
    service = account_with(calls=1)
    given = Credentials(service.account[0], service.account[0], "wrong", "TWILIO_AUTH_TOKEN")
    with hosted(service), pytest.raises(ArgumentsInvalid, match=r"of TWILIO_AUTH_TOKEN \(401\)"):
        download(Selection(), tmp_path, given, How(base_url=service.url))
    assert not list(tmp_path.iterdir())


def test_credentials_that_end_while_media_are_fetched_stop_it(tmp_path: Path) -> None:
    service = account_with(calls=1, people=("ann", "ben", "cid", "dan", "eve"))
    service.fault = lambda path: Fault(status=401) if path.endswith("/Media") else None
    with hosted(service), pytest.raises(ArgumentsInvalid, match="401"):
        download(Selection(), tmp_path, credentials(service), How(base_url=service.url))


@pytest.mark.parametrize(
    ("environment", "line", "expected"),
    [
        ({"TWILIO_AUTH_TOKEN": "t"}, "", ("A", "t")),
        ({"TWILIO_API_KEY": sid("SK", "k"), "TWILIO_API_KEY_SECRET": "s"}, "", ("S", "s")),
        ({}, "token\n", ("A", "token")),
        ({}, sid("SK", "k") + ":a:b\n", ("S", "a:b")),
    ],
)
def test_credentials_come_from_variables_or_a_line(
    environment: dict[str, str], line: str, expected: tuple[str, str]
) -> None:
    account = sid("AC", "us")
    found = credentials_from(account, environment | {"TWILIO_ACCOUNT_SID": account}, lambda: line)
    assert (found.user[0], found.password) == expected
    assert found.account == account


@pytest.mark.parametrize(
    ("account", "environment", "words"),
    [
        ("AC12", {}, "not the sid of an account"),
        (sid("AC", "us"), {"TWILIO_ACCOUNT_SID": sid("AC", "them")}, "not the same account"),
        (sid("AC", "us"), {}, "no credentials"),
        (sid("AC", "us"), {"TWILIO_API_KEY": "SK1", "TWILIO_API_KEY_SECRET": "x"}, "no API key"),
        (sid("AC", "us"), {"TWILIO_API_KEY": sid("SK", "k")}, "no API key"),
    ],
)
def test_credentials_that_cannot_be_are_refused(
    account: str, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(ArgumentsInvalid, match=words):
        credentials_from(account, environment, lambda: "")
