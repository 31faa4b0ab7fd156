"""Lines of Jitsi's exporter: which are events, and the order of their packets."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roomreel.importers.delivery.media_json import LATEST, Packet, Started, events, in_order

BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
SILENCE = b64encode(bytes([0xF8, 0xFF, 0xFE])).decode()
START = b'{"start":{"tag":"a"}}\n'


def line_of(**changes: Any) -> bytes:
    media = {"tag": "a", "chunk": "1", "timestamp": "2", "payload": SILENCE, **changes}
    return json.dumps({"event": "media", "media": media}).encode() + b"\n"


def read(line: bytes) -> Started | Packet | None:
    """What a line is behind a beginning of the track `a`."""
    _, found = events([START, line])
    return found


@given(st.one_of(st.text(), st.text("AQ+/= -_\n", max_size=12), st.binary().map(b64encode)))
@example("+P/+====")
@example("+P=/")
@example("+P==+P==")
def test_payloads_are_base64_and_nothing_else(text: str | bytes) -> None:
    payload = text.decode() if isinstance(text, bytes) else text
    full = f"{SILENCE}{payload}"
    found = read(line_of(payload=full))
    if BASE64.fullmatch(full):
        assert isinstance(found, Packet)
        assert found.data == b64decode(full)
    else:
        assert found is None


@given(st.one_of(st.integers(), st.text("0123456789 _+-.²", max_size=18)))
@example(2**53 - 1)
@example(2**53)
@example("9" * 16)
@example("٣")
def test_numbers_are_digits_of_ascii_or_whole(value: int | str) -> None:
    text = str(value) if isinstance(value, int) else value
    good = re.fullmatch("[0-9]{1,16}", text) is not None and int(text) < 2**53
    found = read(line_of(timestamp=value))
    assert (found.timestamp if isinstance(found, Packet) else None) == (int(text) if good else None)


@pytest.mark.parametrize("value", [True, False, None, 1.0, [], {}])
def test_other_values_are_no_numbers(value: object) -> None:
    assert read(line_of(chunk=value)) is None


@pytest.mark.parametrize(
    ("note", "is_event"),
    [(b'"\\ud800"', True), (b"NaN", True), (b'"\xff"', False)],
)
def test_a_line_that_one_parser_refuses_is_shown_to_the_other(note: bytes, is_event: bool) -> None:
    line = line_of().replace(b'"chunk"', b'"note":' + note + b',"chunk"')
    assert isinstance(read(line), Packet) is is_event


@given(st.lists(st.integers(0, 3 * LATEST), max_size=4 * LATEST))
def test_packets_come_by_rising_times_and_only_late_ones_are_left_out(times: list[int]) -> None:
    given_ = [Packet(time, line, "a", line, 960, b"") for line, time in enumerate(times)]
    taken = list(in_order(given_))
    stamps = [one.timestamp for one in taken]
    assert stamps == sorted(set(stamps))
    # What is at most so many packets late, is not: it waits among those before it.
    for line, time in enumerate(times):
        if max(times[: max(line - LATEST, 0)], default=-1) < time:
            assert time in stamps


@given(st.permutations(range(LATEST)))
def test_so_many_packets_are_put_in_order_whatever_theirs_was(times: list[int]) -> None:
    packets = (Packet(time, line, "a", 0, 960, b"") for line, time in enumerate(times))
    assert [one.timestamp for one in in_order(packets)] == sorted(times)
