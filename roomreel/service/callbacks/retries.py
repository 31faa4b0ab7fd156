"""After a try: whether an event is delivered, tried again, or given up. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from roomreel.service.callbacks.callback_url import Overrides
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.sending import REFUSED, Answer

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)

# Longer than all that is waited in between.
_MOST_DOUBLED = 12


@dataclass(frozen=True, slots=True)
class Round:
    """The tries of an event since it was first due, or was to be delivered again.

    Attributes:
        since: when it began.
        tries: with the one that was just made.
        is_hint: whether there is one try alone.
    """

    since: datetime
    tries: int
    is_hint: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a delivery after a try.

    Attributes:
        due: when it is tried again, where it waits.
    """

    status: Delivery
    due: datetime | None = None


def decide(
    answer: Answer, round_: Round, overrides: Overrides, lasts: timedelta, now: datetime
) -> Verdict:
    """Return what becomes of a delivery after a try.

    Args:
        overrides: of its URL, which win over the service's retries.
        lasts: how long the service tries.
    """
    if answer.status is not None and 200 <= answer.status < 300:
        return Verdict(Delivery.DELIVERED)
    if round_.is_hint or answer.failure == REFUSED:
        return Verdict(Delivery.GIVEN_UP)
    delay = max(_delay(round_.tries), _asked_for(answer, now))
    if overrides.retries is None:
        goes_on = _is_passing(answer) and now + delay <= round_.since + lasts
    else:
        is_meant = _is_meant(answer, overrides.conditions)
        goes_on = is_meant and round_.tries <= overrides.retries
    return Verdict(Delivery.WAITING, now + delay) if goes_on else Verdict(Delivery.GIVEN_UP)


def _delay(tries: int) -> timedelta:
    times: int = 2 ** min(tries - 1, _MOST_DOUBLED)
    return min(FIRST * times, LONGEST)


def _asked_for(answer: Answer, now: datetime) -> timedelta:
    """Return how long a receiver asks to be left alone, at most an hour."""
    text = answer.retry_after.strip()
    if answer.status not in {429, 503} or not text:
        return timedelta(0)
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=min(int(text), 10**6)), LONGEST)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST)


def _is_passing(answer: Answer) -> bool:
    """Return whether a failure may pass by itself."""
    return answer.status is None or answer.status >= 500 or answer.status == 429


def _is_meant(answer: Answer, conditions: Collection[str]) -> bool:
    """Return whether a failure is one of those that a URL asks retries for."""
    match answer.status:
        case None:
            kind = answer.failure
        case status:
            kind = f"{status // 100}xx"
    known = {"4xx", "5xx", "ct", "rt"}
    return kind in conditions or ("all" in conditions and kind in known)
