"""Signatures of callbacks: that of the hosted service, and that of Standard Webhooks. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from roomreel.service.access.account import WEBHOOK_PREFIX, Account

Parameters = Iterable[tuple[str, str]]


def sign_request(token: str, url: str, parameters: Parameters = ()) -> str:
    """Return the value of `X-Twilio-Signature`.

    Args:
        token: the auth token of the account.
        url: as it is sent, with its query.
        parameters: of the body; none of a GET.
    """
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(parameters)))
    # SHA-1 is what the validators in use know; as a MAC it is not broken.
    digest = hmac.digest(token.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def sign_webhook(secret: str, token: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Return the three headers of Standard Webhooks.

    Args:
        secret: with its prefix.
        token: of the event, the same for each try.
        timestamp: seconds since 1970, of this try.
    """
    key = base64.b64decode(secret.removeprefix(WEBHOOK_PREFIX))
    digest = hmac.digest(key, f"{token}.{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": token,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def signatures(
    account: Account, token: str, timestamp: int, url: str, body: bytes, parameters: Parameters
) -> Mapping[str, str]:
    """Return all headers by which a receiver knows that a request is ours.

    Args:
        parameters: of the body; none of a GET.
    """
    return {
        "X-Twilio-Signature": sign_request(account.auth_token, url, parameters),
        **sign_webhook(account.webhook_secret, token, timestamp, body),
    }
