"""What is remembered of documents that cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import damage
import pytest
import users

from roomreel.batch import known
from roomreel.batch.report import Line, State
from roomreel.errors import StorageFailed

BAD = Line(State.FAILED, "bad.json", code="document-invalid", message="no sid")
FIRST = known.Seen("2026-11-20", "run-1")


def test_said_again_it_is_known_said_otherwise_it_is_news(tmp_path: Path) -> None:
    file = tmp_path / "store" / "known.json"
    assert known.load(file) == {}
    known.save(file, known.seen_in([BAD], {}, FIRST))
    before = known.load(file)
    again = replace(BAD, state=State.KNOWN_FAILURE, since="2026-11-20")
    assert (
        known.mark_known([BAD], before) == known.mark_known([BAD], before, {"another"}) == [again]
    )
    assert str(again).endswith("no sid (since 2026-11-20)")
    for other in (replace(BAD, message="no room"), replace(BAD, room="other.json")):
        assert known.mark_known([other], before) == [other]


def test_what_a_run_reported_first_fails_it_again_until_it_is_fixed() -> None:
    first = known.seen_in([BAD], {}, FIRST)
    assert known.mark_known([BAD], first, {"run-1"}) == [BAD]
    # A later night does not become the first.
    later = known.seen_in([BAD], first, known.Seen("2026-11-21", "run-2"))
    assert later == first
    assert known.mark_known([BAD], later, {"run-2"})[0].state is State.KNOWN_FAILURE
    assert known.seen_in([], first, FIRST) == {}


def test_what_an_earlier_version_remembered_is_known(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    (digest,) = known.seen_in([BAD], {}, FIRST)
    file.write_text(json.dumps({"schema": known.SCHEMA, "known": [digest]}))
    assert known.mark_known([BAD], known.load(file)) == [replace(BAD, state=State.KNOWN_FAILURE)]


@pytest.mark.parametrize("code", ["storage-failed", "render-failed", "not-found"])
def test_only_what_the_document_decides_is_remembered(code: str) -> None:
    assert known.seen_in([replace(BAD, code=code)], {}, FIRST) == {}


def test_compositions_have_their_own_memory() -> None:
    assert known.seen_in([replace(BAD, composition="CJ1")], {}, FIRST) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x", "known": []}', '{"known": 5}'])
def test_a_file_that_is_none_of_ours_remembers_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    assert known.load(file) == {}


@pytest.mark.parametrize("kind", damage.DAMAGES)
def test_a_damaged_file_is_written_again(kind: str) -> None:
    def damage_one() -> None:
        file = folder / "known.json"
        known.save(file, {"a" * 64: FIRST})
        damage.DAMAGES[kind](file)
        known.load(file)
        if kind == "a full folder":  # it may be anything
            with pytest.raises(StorageFailed, match="it is a folder"):
                known.save(file, {"b": FIRST})
        else:
            known.save(file, {"b": FIRST})
            assert known.load(file) == {"b": FIRST}

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StorageFailed):
        known.save(tmp_path / "store" / "known.json", {"x": FIRST})


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    known.save(tmp_path / "store" / "known.json", {"x": FIRST})
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["known.json"]
