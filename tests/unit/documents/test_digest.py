"""Keys of what is kept outlive members that are added later."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import Enum
from fractions import Fraction

import pytest

from roomreel.documents.digest import digest_of, digested_value


class Kind(Enum):
    ONE = "one"


@dataclass(frozen=True)
class Inner:
    at: Fraction


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...] = ()
    kind: Kind = Kind.ONE


@dataclass(frozen=True)
class Grown(Outer):
    """As a later version has it."""

    colour: str = "black"
    marks: list[int] = field(default_factory=list)


FIRST = {Inner: ("at",), Outer: ("name", "inner", "kind")}
VALUE = Outer("é", (Inner(Fraction(1, 3)),))
GROWN = Grown("é", (Inner(Fraction(1, 3)),))


def test_a_value_is_digested_as_this() -> None:
    assert digested_value([VALUE, range(2, 9), {"a": True}], FIRST) == [
        {"name": "é", "inner": [{"at": "1/3"}], "kind": "one"},
        [2, 9, 1],
        {"a": True},
    ]


def test_a_younger_member_at_its_default_changes_no_digest() -> None:
    assert digest_of("x/1", GROWN, FIRST) == digest_of("x/1", VALUE, FIRST)


@pytest.mark.parametrize("change", [{"colour": "red"}, {"marks": [1]}])
def test_a_younger_member_that_is_used_enters(change: dict[str, object]) -> None:
    assert digest_of("x/1", replace(GROWN, **change), FIRST) != digest_of("x/1", VALUE, FIRST)


CHANGED = {"name": "b", "inner": (), "kind": None}


@pytest.mark.parametrize("name", CHANGED)
def test_every_member_of_the_first_version_enters(name: str) -> None:
    assert CHANGED.keys() == {one.name for one in fields(Outer)}
    changed = replace(VALUE, **{name: CHANGED[name]})
    assert digest_of("x/1", changed, FIRST) != digest_of("x/1", VALUE, FIRST)


def test_the_schema_enters() -> None:
    assert digest_of("x/2", VALUE, FIRST) != digest_of("x/1", VALUE, FIRST)


@pytest.mark.parametrize("value", [1.5, b"x", object(), {1, 2}, Outer])
def test_what_has_no_exact_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        digest_of("x/1", value, FIRST)


def test_a_dataclass_without_a_list_is_refused() -> None:
    with pytest.raises(TypeError, match="Outer has no place in a digest"):
        digest_of("x/1", VALUE, {})
