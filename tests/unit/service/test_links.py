"""Links that expire: nothing that they say can be changed."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.service.media.links import Link, LinkKind, verify_link

KEY = bytes(range(32))
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SID = "CJ" + "0a" * 16
LINK = Link(LinkKind.MEDIA, SID, "sha256:abc", 'attachment; filename="a b.mp4"', 1_795_953_601)


def query_of(link: Link, key: bytes = KEY) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(link.query(key)).items()}


def test_a_link_says_what_was_signed():
    assert datetime.fromtimestamp(LINK.expires, UTC) == NOW + timedelta(seconds=1)
    assert verify_link(LINK.kind, SID, query_of(LINK), KEY, NOW) == LINK


def test_it_expires():
    query = query_of(LINK)
    for later in (1, 2, 3600, 10**9):
        assert verify_link(LINK.kind, SID, query, KEY, NOW + timedelta(seconds=later)) is None


def test_another_key_made_it():
    assert verify_link(LINK.kind, SID, query_of(LINK, bytes(32)), KEY, NOW) is None


@pytest.mark.parametrize("kind", [kind for kind in LinkKind if kind is not LINK.kind])
def test_it_leads_to_one_kind_of_file(kind):
    assert verify_link(kind, SID, query_of(LINK), KEY, NOW) is None


def test_it_leads_to_one_sid():
    assert verify_link(LINK.kind, "CJ" + "0b" * 16, query_of(LINK), KEY, NOW) is None


CHANGES = [
    {"v": "sha256:abd"},
    {"v": ""},
    {"d": "inline"},
    {"d": 'attachment; filename="a b.mp4"\r\nSet-Cookie: a=b'},
    {"e": "1795953602"},
    {"e": "9" * 12},
    {"e": "9" * 5000},
    {"e": "01795953601x"},
    {"e": "-1"},
    {"e": "inf"},
    {"e": "١٧٩٥٩٥٣٦٠١"},
    {"e": ""},
    {"sig": ""},
    {"sig": "é"},
    {"sig": "\ud800"},
    {"sig": "A" * 43},
    {"sig": "A" * 100_000},
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_nothing_of_it_can_be_changed(change):
    assert verify_link(LINK.kind, SID, query_of(LINK) | change, KEY, NOW) is None


@pytest.mark.parametrize("name", ["v", "d", "e", "sig"])
def test_nothing_of_it_can_be_left_out(name):
    query = query_of(LINK)
    del query[name]
    assert verify_link(LINK.kind, SID, query, KEY, NOW) is None


def test_a_part_cannot_move_into_its_neighbour():
    one = Link(LINK.kind, SID, "ab", "c", LINK.expires)
    other = Link(LINK.kind, SID, "a", "bc", LINK.expires)
    assert query_of(one)["sig"] != query_of(other)["sig"]
    quoted = Link(LINK.kind, SID, 'a", "b', "c", LINK.expires)
    assert query_of(quoted)["sig"] != query_of(Link(LINK.kind, SID, "a", 'b", "c', 1))["sig"]


def test_what_it_says_more_changes_nothing():
    assert verify_link(LINK.kind, SID, query_of(LINK) | {"x": "y"}, KEY, NOW) == LINK


def test_signatures_are_compared_in_constant_time(monkeypatch):
    compared = []
    compare = hmac.compare_digest

    def note(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    query = query_of(LINK)
    monkeypatch.setattr(hmac, "compare_digest", note)
    verify_link(LINK.kind, SID, query | {"sig": "forged"}, KEY, NOW)
    verify_link(LINK.kind, SID, query, KEY, NOW)
    assert [other for _, other in compared] == [b"forged", query["sig"].encode()]


@given(
    version=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    disposition=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    sid=st.text(),
    kind=st.sampled_from(LinkKind),
    key=st.binary(min_size=1),
)
def test_whatever_is_signed_is_verified_and_its_signature_is_of_nothing_else(
    version, disposition, sid, kind, key
):
    link = Link(kind, sid, version, disposition, LINK.expires)
    pairs = parse_qs(link.query(key), keep_blank_values=True)
    query = {name: value for name, (value,) in pairs.items()}
    assert verify_link(kind, sid, query, key, NOW) == link
    assert verify_link(kind, sid, query | {"v": version + "x"}, key, NOW) is None
    assert verify_link(kind, sid + "x", query, key, NOW) is None


@given(query=st.dictionaries(st.sampled_from(["v", "d", "e", "sig", "x"]), st.text()))
def test_nobody_signs_by_chance(query):
    assert verify_link(LinkKind.MEDIA, SID, query, KEY, NOW) is None
