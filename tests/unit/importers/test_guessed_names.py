"""Names in fields that applications fill as they like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.importers.delivery.names import MEMBERS, name_in


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('{"userName": "Ana", "name": " Ana Silva "}', "Ana Silva"),
        ('{"name": "", "userId": 997}', "997"),
        ('{"clientData": "{\\"displayName\\": \\"Ana\\"}"}', "Ana"),
        ('{"clientData": {"username": "ana"}}', "ana"),
        ('"Ana"', "Ana"),
        ("username=Bob,userLevel=4", "Bob"),
        ("userLevel=4&userName=Bob", "Bob"),
        ("Ana Silva", "Ana Silva"),
        ("  Zoë O'Neil-Źak ", "Zoë O'Neil-Źak"),
        ("Анна", "Анна"),
        ("", None),
        (None, None),
        ("17", None),
        ('{"role": "host"}', None),
        ('{"name": true, "identity": []}', None),
        ('["Ana"]', None),
        ('{"name": "Ana"', None),
        ("role=host", None),
        ("https://host/ana", None),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc", None),
        ("b81a8b72-4a53-11ee-be56-0242ac120002", None),
        ('{"name": "' + "x" * 101 + '"}', None),
    ],
)
def test_a_name_is_found_or_there_is_none(field: str | None, name: str | None) -> None:
    assert name_in(field) == name


@given(st.dictionaries(st.sampled_from(MEMBERS), st.text("abc", min_size=1), min_size=1))
def test_the_likeliest_member_wins(members: dict[str, str]) -> None:
    best = min(members, key=MEMBERS.index)
    assert name_in(json.dumps(members)) == members[best]


VALUES = st.text(max_size=5) | st.integers() | st.none()
INSIDE = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=2)
OUTSIDE = st.dictionaries(st.sampled_from(MEMBERS), VALUES | INSIDE | INSIDE.map(json.dumps))


@given(st.text() | OUTSIDE.map(json.dumps))
def test_no_field_makes_it_fail(field: str) -> None:
    name = name_in(field)
    assert name is None or name == name.strip() != ""
