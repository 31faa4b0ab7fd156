"""After a try: delivered, tried again, or given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from roomreel.service.callbacks.callback_url import Overrides, parse_overrides
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.retries import Round, Verdict, decide
from roomreel.service.callbacks.sending import REFUSED, Answer

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
NO_CONNECTION, TOO_SLOW = Answer(None, 1, failure="ct"), Answer(None, 1, failure="rt")
USUAL = Overrides()


def status(code, after=""):
    return Answer(code, 1, retry_after=after)


def verdict(answer, tries=1, *, overrides=USUAL, since=NOW, lasts=DAY, is_hint=False):
    return decide(answer, Round(since, tries, is_hint), overrides, lasts, NOW)


@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_what_is_taken_is_delivered(code):
    assert verdict(status(code)) == Verdict(Delivery.DELIVERED)
    assert verdict(status(code), is_hint=True) == Verdict(Delivery.DELIVERED)


@pytest.mark.parametrize("answer", [NO_CONNECTION, TOO_SLOW, status(500), status(503), status(429)])
def test_what_may_pass_is_tried_again_later_each_time(answer):
    delays = [verdict(answer, tries).due - NOW for tries in range(1, 40)]
    assert delays[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


@pytest.mark.parametrize("code", [100, 301, 302, 307, 400, 401, 404, 410])
def test_what_will_not_pass_is_given_up(code):
    assert verdict(status(code)) == Verdict(Delivery.GIVEN_UP)


def test_what_may_not_be_sent_is_given_up_whatever_its_url_asks():
    refused = Answer(None, 0, failure=REFUSED)
    assert verdict(refused) == Verdict(Delivery.GIVEN_UP)
    assert verdict(refused, overrides=parse_overrides("rc=5&rp=all")).status is Delivery.GIVEN_UP


def test_after_a_day_it_is_given_up():
    since = NOW - DAY
    assert verdict(status(500), 3, since=since).status is Delivery.GIVEN_UP
    since += timedelta(seconds=20)
    assert verdict(status(500), 3, since=since).status is Delivery.WAITING
    assert verdict(status(500), 4, since=since).status is Delivery.GIVEN_UP
    assert verdict(status(500), lasts=timedelta(0)).status is Delivery.GIVEN_UP


def test_a_hint_is_tried_once():
    assert verdict(NO_CONNECTION, is_hint=True) == Verdict(Delivery.GIVEN_UP)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("7", 7),
        ("0", 5),
        ("1", 5),
        ("86400", 3600),
        ("9" * 90, 3600),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=90), usegmt=True), 5),
        ("Sun, 06 Nov 9999 08:49:37 GMT", 3600),
        ("soon", 5),
        ("-7", 5),
        ("٣٠", 5),
        ("", 5),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
def test_who_asks_to_be_left_alone_is(after, seconds, code):
    assert verdict(status(code, after)).due == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fragment", "answer", "tries", "is_tried_again"),
    [
        ("rc=0", NO_CONNECTION, 1, False),
        ("rc=1", NO_CONNECTION, 1, True),
        ("rc=1", NO_CONNECTION, 2, False),
        ("rc=1", TOO_SLOW, 1, False),
        ("rc=2&rp=rt", TOO_SLOW, 2, True),
        ("rc=2&rp=rt", TOO_SLOW, 3, False),
        ("rc=2&rp=rt", NO_CONNECTION, 1, False),
        ("rc=5&rp=4xx", status(404), 5, True),
        ("rc=5&rp=4xx", status(500), 1, False),
        ("rc=5&rp=5xx", status(500), 1, True),
        ("rp=all", status(404), 1, True),
        ("rp=all", status(404), 2, False),
        ("rp=all", status(302), 1, False),
        ("rp=all", TOO_SLOW, 1, True),
    ],
)
def test_what_a_url_asks_for_wins(fragment, answer, tries, is_tried_again):
    # Though the service itself would have given up.
    for lasts in (DAY, timedelta(0)):
        found = verdict(answer, tries, overrides=parse_overrides(fragment), lasts=lasts)
        assert (found.status is Delivery.WAITING) == is_tried_again
