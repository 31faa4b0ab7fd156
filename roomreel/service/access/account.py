"""The account that the API answers for: its sid and token, and keys that links are signed with.

These are the only secrets that the service keeps. They are in one file of its home, or in a
variable of the environment where several instances are to have the same; never in the database, a
setting or a log.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from roomreel.documents import text as json_text
from roomreel.documents.findings import pointer
from roomreel.errors import SettingsInvalid

VARIABLE = "ROOMREEL_ACCOUNT"
"""The environment variable that may have the text of the file."""

WEBHOOK_PREFIX = "whsec_"
_KEY_BYTES = 32

# What each member looks like.
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "account_sid": re.compile(r"AC[0-9a-f]{32}"),
    "auth_token": re.compile(r"[0-9a-f]{32}"),
    "link_key": re.compile(r"[0-9a-f]{64}"),
    # At least 24 bytes, as Standard Webhooks asks for.
    "webhook_secret": re.compile(WEBHOOK_PREFIX + r"[A-Za-z0-9+/]{32,88}={0,2}"),
}


# No repr: it would be shown wherever an account is in a message.
@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """One account per installation.

    Attributes:
        sid: AC and 32 hex digits.
        auth_token: 32 hex digits; lets whoever has it do everything, and signs callbacks.
        link_key: signs links to media.
        webhook_secret: `whsec_` and Base64; signs callbacks beside the token.
    """

    sid: str
    auth_token: str
    link_key: bytes
    webhook_secret: str

    def with_new_token(self) -> Account:
        """Return the account with another auth token; links that are out there stay valid."""
        return replace(self, auth_token=secrets.token_hex(16))


def make_account(sid: str | None) -> Account:
    """Return a new account, with the sid that is set if there is one."""
    webhook = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    return Account(
        sid=sid or f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        link_key=secrets.token_bytes(_KEY_BYTES),
        webhook_secret=WEBHOOK_PREFIX + webhook,
    )


def text_of(account: Account) -> str:
    """Return an account as JSON: what its file has in it, secrets included."""
    members = {
        "account_sid": account.sid,
        "auth_token": account.auth_token,
        "link_key": account.link_key.hex(),
        "webhook_secret": account.webhook_secret,
    }
    return json.dumps(members, indent=2) + "\n"


def parse_account(text: bytes, source: str) -> Account:
    """Return the account that a text says.

    Args:
        source: where the text came from, for messages. Nothing of the text is in one.

    Raises:
        SettingsInvalid: it is no JSON, or a member is missing or is none.
    """
    members = _members(text, source)
    wrong = [name for name, shape in _SHAPES.items() if not _fits(members.get(name), shape)]
    if wrong:
        raise SettingsInvalid(
            f"{source}: {', '.join(wrong)}: missing, or not what roomreel writes",
            "put back the file of your backup; without one, remove it, and roomreel serve makes "
            "another account",
        )
    return Account(
        sid=members["account_sid"],
        auth_token=members["auth_token"],
        link_key=bytes.fromhex(members["link_key"]),
        webhook_secret=members["webhook_secret"],
    )


def _members(text: bytes, source: str) -> dict[str, Any]:
    read = json_text.read(text)
    if read.findings:
        first = read.findings[0]
        # Not what was found: it may be a part of a secret.
        where = pointer(first.path) or f"line {read.line_of(first) or 1}"
        raise SettingsInvalid(f"{source} is not JSON: {where}: expected {first.expected}")
    if not isinstance(read.value, dict):
        raise SettingsInvalid(f"{source} is not a JSON object")
    return read.value


def _fits(value: object, shape: re.Pattern[str]) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None
