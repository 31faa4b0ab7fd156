"""Receivers share the places of a sender: none holds up another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roomreel.service.callbacks.receivers import (
    MOST_AT_ONCE,
    MOST_KNOWN,
    MOST_OF_QUICK_ONE,
    MOST_OF_SLOW,
    MOST_OF_SLOW_ONE,
    PAUSE_S,
    SILENT_AFTER,
    Receivers,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def due(*hosts):
    return {host: NOW + timedelta(seconds=place) for place, host in enumerate(hosts)}


def begin(receivers, shared, clock=0.0):
    for host, places in shared.items():
        for _ in range(places):
            receivers.begin(host, clock)


def answer(receivers, host, seconds, clock=0.0):
    receivers.begin(host, clock)
    receivers.end(host, clock, seconds)


def test_a_receiver_that_answers_quickly_gets_more_places():
    receivers = Receivers()
    assert receivers.share(due("a"), 0) == {"a": MOST_OF_SLOW_ONE}
    answer(receivers, "a", 0.1)
    assert receivers.share(due("a"), 0) == {"a": MOST_OF_QUICK_ONE}
    answer(receivers, "a", 9.0)
    assert receivers.share(due("a"), 0) == {"a": MOST_OF_SLOW_ONE}


def test_places_that_are_taken_are_not_given_again():
    receivers = Receivers()
    begin(receivers, receivers.share(due("a"), 0))
    assert receivers.share(due("a"), 0) == {}
    receivers.end("a", 0, 0.1)
    assert receivers.share(due("a"), 0) == {"a": MOST_OF_QUICK_ONE - MOST_OF_SLOW_ONE + 1}


def test_a_silent_receiver_is_asked_one_thing_at_a_time_and_not_at_once():
    receivers = Receivers()
    for _ in range(SILENT_AFTER):
        answer(receivers, "a", None, 10.0)
    assert receivers.share(due("a"), 10.0) == {}
    assert receivers.share(due("a"), 10.0 + PAUSE_S) == {"a": 1}
    receivers.begin("a", 11.0)
    assert receivers.share(due("a"), 99.0) == {}
    receivers.end("a", 99.0, 0.1)
    assert receivers.share(due("a"), 99.0) == {"a": MOST_OF_QUICK_ONE}


def test_however_many_do_not_answer_the_quick_one_has_its_places():
    receivers = Receivers()
    answer(receivers, "quick", 0.1)
    silent = [f"silent {number}" for number in range(500)]
    shared = receivers.share(due(*silent), 0)
    assert sum(shared.values()) == MOST_OF_SLOW
    begin(receivers, shared, 1.0)
    assert receivers.share(due(*silent, "quick"), 1.0) == {"quick": MOST_OF_QUICK_ONE}


def test_there_are_never_more_tries_than_places():
    receivers = Receivers()
    hosts = [f"quick {number}" for number in range(100)]
    for host in hosts:
        answer(receivers, host, 0.1)
    shared = receivers.share(due(*hosts), 0)
    assert sum(shared.values()) == MOST_AT_ONCE


def test_who_was_served_longest_ago_is_next():
    receivers = Receivers()
    hosts = [f"host {number:03}" for number in range(MOST_OF_SLOW // MOST_OF_SLOW_ONE * 2)]
    first = receivers.share(due(*hosts), 0)
    begin(receivers, first, 1.0)
    for host, places in first.items():
        for _ in range(places):
            receivers.end(host, 2.0, 5.0)
    second = receivers.share(due(*hosts), 3.0)
    assert len(second) == len(first)
    assert not second.keys() & first.keys()


def test_receivers_are_forgotten_when_there_are_too_many():
    receivers = Receivers()
    for number in range(MOST_KNOWN + 10):
        answer(receivers, f"host {number}", 0.1, number)
    receivers.share(due(), 0)
    assert receivers.share(due("host 0", "host 1009"), 0) == {
        "host 0": MOST_OF_SLOW_ONE,
        "host 1009": MOST_OF_QUICK_ONE,
    }
