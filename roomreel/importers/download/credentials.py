"""The credentials of an account: from variables or standard input, never stored or shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from roomreel.errors import ArgumentsInvalid

ACCOUNT = "TWILIO_ACCOUNT_SID"
TOKEN = "TWILIO_AUTH_TOKEN"  # noqa: S105  its name, not its value
KEY = "TWILIO_API_KEY"
SECRET = "TWILIO_API_KEY_SECRET"  # noqa: S105  likewise

_REMEDY = (
    f"set {KEY} and {KEY}_SECRET, or {TOKEN}, or write SK...:SECRET or the auth token to standard"
    " input"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The means to sign in.

    Attributes:
        user: sid of the account, or of an API key of it.
        source: where they came from, for messages.
    """

    account: str
    user: str
    password: str = field(repr=False)
    source: str = ""


def credentials_from(
    account: str, environment: Mapping[str, str], ask: Callable[[], str]
) -> Credentials:
    """Return the credentials of an account: those of variables, else what is asked for.

    Args:
        account: its sid.
        ask: returns a line of standard input; "" where there is none.

    Raises:
        ArgumentsInvalid: there are none, or they are of another account.
    """
    if not re.fullmatch(r"AC[0-9a-f]{32}", account):
        raise ArgumentsInvalid(
            "--account is not the sid of an account", "it is AC and 32 digits, as its console shows"
        )
    if environment.get(ACCOUNT, account) != account:
        raise ArgumentsInvalid(
            f"--account and {ACCOUNT} are not the same account", f"unset {ACCOUNT}, or name it"
        )
    if key := environment.get(KEY):
        return _of_key(account, key, environment.get(SECRET, ""), f"{KEY} and {SECRET}")
    if token := environment.get(TOKEN):
        return Credentials(account, account, token, TOKEN)
    given = ask().strip()
    if given.startswith("SK"):
        key, _, secret = given.partition(":")
        return _of_key(account, key, secret, "standard input")
    if not given:
        raise ArgumentsInvalid("there are no credentials of the account", _REMEDY)
    return Credentials(account, account, given, "standard input")


def _of_key(account: str, key: str, secret: str, source: str) -> Credentials:
    if not re.fullmatch(r"SK[0-9a-f]{32}", key) or not secret:
        raise ArgumentsInvalid(f"{source}: no API key with its secret", _REMEDY)
    return Credentials(account, key, secret, source)
