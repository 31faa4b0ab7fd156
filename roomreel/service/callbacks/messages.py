"""Requests that tell of events: parameters as the hosted service has them, and signatures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import roomreel
from roomreel.model.callback import Callback
from roomreel.service.access.account import Account
from roomreel.service.callbacks.callback_url import Target, parse_target
from roomreel.service.callbacks.sending import Message
from roomreel.service.callbacks.signing import signatures

COMPOSITIONS = "/v1/Compositions"

_FORM = "application/x-www-form-urlencoded"
# Of this one there is no composition.
_NOT_MADE = "composition-hook-failed"


@dataclass(frozen=True, slots=True)
class Told:
    """An event that is told to somebody.

    Attributes:
        token: the same for each try.
        data: its own parameters.
    """

    stream: str
    room_sid: str
    name: str
    date: datetime
    data: Mapping[str, Any]
    callback: Callback
    token: str

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Told:
        """Return the event of a row with the columns of events and of their deliveries."""
        callback = Callback(row["url"], row["method"])
        members = ("stream", "room_sid", "name", "date", "data", "token")
        return cls(callback=callback, **{name: row[name] for name in members})


def parameters_of(told: Told, account_sid: str) -> list[tuple[str, str]]:
    """Return the parameters of an event, each with its value as it is sent."""
    common: dict[str, Any] = {"AccountSid": account_sid, "RoomSid": told.room_sid}
    if told.stream.startswith("CJ") and told.name != _NOT_MADE:
        uri = f"{COMPOSITIONS}/{told.stream}"
        common |= {"CompositionSid": told.stream, "CompositionUri": uri}
    common |= {"StatusCallbackEvent": told.name, "Timestamp": timestamp_of(told.date)}
    given = {**common, **told.data}
    return [(name, str(value)) for name, value in given.items() if value is not None]


def timestamp_of(date: datetime) -> str:
    """Return an instant as callbacks write it: `2020-09-02T15:29:19.010Z`."""
    return date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_of(told: Told, account: Account, now: datetime) -> tuple[Target, Message]:
    """Return the request that tells an event.

    Raises:
        CallbackRefused: its URL is none.
    """
    target = parse_target(told.callback.url)
    given = parameters_of(told, account.sid)
    in_body: Sequence[tuple[str, str]] = given
    if told.callback.method == "GET":
        joint = "&" if "?" in target.path else "?"
        target = replace(target, path=f"{target.path}{joint}{urlencode(given)}")
        in_body = ()
    body = urlencode(in_body).encode()
    headers = {
        "User-Agent": f"roomreel/{roomreel.__version__}",
        "I-Twilio-Idempotency-Token": told.token,
        **signatures(account, told.token, int(now.timestamp()), target.url, body, in_body),
    }
    if in_body:
        headers["Content-Type"] = _FORM
    return target, Message(told.callback.method, headers, body)
