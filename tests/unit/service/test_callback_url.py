"""URLs of receivers: what is sent where, and what their fragments ask for."""

from __future__ import annotations

import string
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import CallbackRefused
from roomreel.service.callbacks.callback_url import (
    CONDITIONS,
    Overrides,
    odd_overrides,
    parse_overrides,
    parse_target,
)


@pytest.mark.parametrize(
    ("url", "seen", "port"),
    [
        ("https://example.org", "https://example.org/", 443),
        ("HTTP://Example.ORG/A?b=c&d", "http://example.org/A?b=c&d", 80),
        ("http://example.org:8080/a#rc=1", "http://example.org:8080/a", 8080),
        ("https://example.org:443/a", "https://example.org:443/a", 443),
        ("http://[2001:db8::1]:81/", "http://[2001:db8::1]:81/", 81),
        ("http://user:p%40ss@example.org/", "http://example.org/", 80),
        ("http://bücher.example/ä?ö=%20", "http://xn--bcher-kva.example/%C3%A4?%C3%B6=%20", 80),
        ("http://example.org/a%2Fb", "http://example.org/a%2Fb", 80),
    ],
)
def test_a_receiver_sees_its_url_without_user_and_fragment(url, seen, port):
    target = parse_target(url)
    assert target.url == seen
    assert target.connect_port == port


def test_the_user_of_a_url_is_a_header_and_in_no_message():
    target = parse_target("http://user:p%40ss@example.org/")
    assert target.authorization == "Basic dXNlcjpwQHNz"
    assert "dXNlcjpwQHNz" not in repr(target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://example.org/\0",
        "http://example.org\\@localhost/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://[::1",
        "http://exa_mple..org/",
        "http://-example.org/",
        "http://example.org/%s" % ("a" * 5000),
        f"http://{'a.' * 200}org/",
        "http://a|b/",
    ],
)
def test_what_is_no_url_of_a_receiver_is_refused(url):
    with pytest.raises(CallbackRefused):
        parse_target(url)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_taken_for_a_url_can_be_written_into_a_request(rest):
    try:
        target = parse_target(f"http://{rest}")
    except CallbackRefused:
        return
    line = target.path + target.host_header + target.authorization.removeprefix("Basic ")
    assert not {"\r", "\n", " "} & set(line)
    assert (target.path + target.host_header).isascii()
    assert "#" not in target.url
    assert 0 < target.connect_port < 65536


@pytest.mark.parametrize(
    ("fragment", "asked"),
    [
        ("", Overrides()),
        ("ct=1000&rt=5000&tt=9000", Overrides(1000, 5000, 9000)),
        ("rc=0", Overrides(retries=0, conditions=frozenset({"ct"}))),
        ("rc=3&rp=5xx,rt", Overrides(retries=3, conditions=frozenset({"5xx", "rt"}))),
        ("rp=ALL", Overrides(retries=1, conditions=frozenset({"all"}))),
        ("rc=99", Overrides(retries=5, conditions=frozenset({"ct"}))),
        ("ct=1&rt=999999999&tt=20000", Overrides(100, 15_000, 15_000)),
        ("ct=-5&rt=x&tt=&rc=many&rp=sometimes", Overrides()),
        ("rc=٣", Overrides()),
        ("anything else", Overrides()),
    ],
)
def test_a_fragment_has_overrides_that_are_bounded(fragment, asked):
    assert parse_overrides(fragment) == asked


@given(st.text(string.printable, max_size=80))
def test_no_fragment_is_out_of_bounds(fragment):
    asked = parse_overrides(fragment)
    assert 100 <= asked.connect_ms <= 10_000
    assert 100 <= asked.read_ms <= 15_000
    assert 100 <= asked.total_ms <= 15_000
    assert asked.retries is None or 0 <= asked.retries <= 5
    assert asked.conditions <= CONDITIONS


NUMBERS = st.integers(-10, 20_000).map(str) | st.text("0123456789x+ ", max_size=6)
PARTS = st.lists(
    st.sampled_from(["ct", "rt", "tt", "rc"]).flatmap(
        lambda name: NUMBERS.map(lambda value: (name, value))
    )
    | st.lists(st.sampled_from([*CONDITIONS, "6xx", ""]), max_size=3).map(
        lambda some: ("rp", ",".join(some))
    )
    | st.tuples(st.just("mine"), st.text("ab1", max_size=3)),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


@given(parts=PARTS)
def test_overrides_that_are_told_of_are_those_that_would_not_be_as_they_say(parts):
    fragment = urlencode(parts)
    odd = list(odd_overrides(f"https://app.example.org/x#{fragment}"))
    given_by = dict(parts)
    read = parse_overrides(fragment)
    as_read = {"ct": read.connect_ms, "rt": read.read_ms, "tt": read.total_ms, "rc": read.retries}
    for name, value in as_read.items():
        is_told = any(words.startswith(f"{name} is") for words in odd)
        assert is_told == (
            name in given_by and given_by[name].lstrip("0") != str(value).lstrip("0")
        )
    told = any(words.startswith("rp is") for words in odd)
    assert told == ("rp" in given_by and not {*given_by["rp"].split(",")} <= CONDITIONS)
    assert len(odd) <= len(parts)
