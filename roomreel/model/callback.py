"""A receiver of events: an application that wants to be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """A receiver of events.

    Attributes:
        url: as it was given: it may hold a secret, and overrides in its fragment.
        method: `POST` or `GET`.
    """

    url: str
    method: str = "POST"


def callback_to(url: str | None, method: str | None) -> Callback | None:
    """Return a receiver as documents say it; None where they name no URL."""
    return Callback(url, method or "POST") if url else None
