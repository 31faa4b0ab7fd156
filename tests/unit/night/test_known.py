"""What is remembered of documents that cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import damage
import pytest
import users

from roomreel.errors import StorageFailed
from roomreel.night import known
from roomreel.night.report import Line, State

BAD = Line(State.FAILED, "bad.json", code="document-invalid", message="no sid")


def test_said_again_it_is_known_said_otherwise_it_is_news(tmp_path: Path) -> None:
    file = tmp_path / "store" / "known.json"
    assert known.recall(file) == frozenset()
    known.remember(file, known.digests([BAD]))
    before = known.recall(file)
    assert known.settled([BAD], before) == [replace(BAD, state=State.KNOWN_FAILURE)]
    for other in (replace(BAD, message="no room"), replace(BAD, room="other.json")):
        assert known.settled([other], before) == [other]


@pytest.mark.parametrize("code", ["storage-failed", "render-failed", "not-found"])
def test_only_what_the_document_decides_is_remembered(code: str) -> None:
    assert known.digests([replace(BAD, code=code)]) == frozenset()


def test_compositions_have_their_own_memory() -> None:
    assert known.digests([replace(BAD, composition="CJ1")]) == frozenset()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x", "known": []}', '{"known": 5}'])
def test_a_file_that_is_none_of_ours_remembers_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    assert known.recall(file) == frozenset()


@pytest.mark.parametrize("kind", damage.DAMAGES)
def test_a_damaged_file_is_written_again(kind: str) -> None:
    def damage_one() -> None:
        file = folder / "known.json"
        known.remember(file, ["a" * 64])
        damage.DAMAGES[kind](file)
        known.recall(file)
        if kind == "a full folder":  # it may be anything
            with pytest.raises(StorageFailed, match="it is a folder"):
                known.remember(file, ["b"])
        else:
            known.remember(file, ["b"])
            assert known.recall(file) == {"b"}

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StorageFailed):
        known.remember(tmp_path / "store" / "known.json", ["x"])


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    known.remember(tmp_path / "store" / "known.json", ["x"])
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["known.json"]
