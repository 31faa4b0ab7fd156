"""`roomreel delete`: what it lists, asks, refuses and leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.cli import app
from roomreel.compose.publish import files_beside
from roomreel.errors import Cancelled, NotFound
from roomreel.model.composition import Outcome
from roomreel.model.table import Table
from roomreel.settings import load


@pytest.fixture
def media(
    tmp_path: Path,
    room_record: Callable[..., RoomRecord],
    outcome_of: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> list[Path]:
    """The media of two rooms by two templates each."""
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path))
    items = [room_record(1), room_record(2)]
    outcomes = []
    for item in items:
        for template in ("grid", "row"):
            outcome = outcome_of(item, template)
            path = tmp_path / "compositions" / "date=2026-11-20" / f"{outcome.sid}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"media")
            outcomes.append(outcome_of(item, template, files=files_beside(path, load())))
    record(Catalog.open(tmp_path / "catalog", tmp_path / "journal"), items, outcomes, None)
    return [Path(outcome.files.media) for outcome in outcomes if outcome.files]


def delete(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["delete", *words], input=answer)


def statuses(media: list[Path]) -> list[str]:
    store = media[0].parents[2]
    catalog = Catalog.open(store / "catalog", store / "journal")
    found: dict[str, Any] = catalog.find(Table.COMPOSITIONS, [path.stem for path in media])
    return [found[path.stem]["status"] for path in media]


def test_by_sid_without_asking(media: list[Path]) -> None:
    result = delete("compositions", media[0].stem, media[3].stem, "--yes")
    assert result.exit_code == 0, result.output
    assert statuses(media) == ["deleted", "completed", "completed", "deleted"]
    assert [path.exists() for path in media] == [False, True, True, False]


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (["--room", "room-1"], [0, 1]),
        (["--template", "row"], [1, 3]),
        (["--room", "room-2", "--template", "row"], [3]),
        (["--status", "failed"], []),
        (["--since", "2026-11-21"], []),
        (["--until", "2026-11-21"], [0, 1, 2, 3]),
    ],
)
def test_by_filter(media: list[Path], words: list[str], gone: list[int]) -> None:
    result = delete("compositions", *words, "--yes")
    assert result.exit_code == 0, result.output
    assert [number for number, path in enumerate(media) if not path.exists()] == gone


def test_a_dry_run_lists_and_changes_nothing(media: list[Path]) -> None:
    result = delete("compositions", "--room", "room-1", "--dry-run")
    assert result.exit_code == 0
    assert set(re.findall(r"CJ[0-9a-f]{32}(?= )", result.output)) == {
        path.stem for path in media[:2]
    }
    assert statuses(media) == ["completed"] * 4


@pytest.mark.parametrize("answer", ["n\n", "", "\n"])
def test_unless_somebody_says_yes_nothing_goes(media: list[Path], answer: str) -> None:
    result = delete("compositions", media[0].stem, answer=answer)
    assert isinstance(result.exception, Cancelled)
    assert "Permanently delete 1 composition" in result.output
    assert statuses(media) == ["completed"] * 4


def test_somebody_says_yes(media: list[Path]) -> None:
    assert delete("compositions", media[0].stem, answer="y\n").exit_code == 0
    assert statuses(media) == ["deleted", *["completed"] * 3]


def test_again_it_is_no_failure(media: list[Path]) -> None:
    for _ in range(2):
        assert delete("compositions", media[0].stem, "--yes").exit_code == 0


def test_what_has_no_row_is_refused_and_nothing_goes(media: list[Path]) -> None:
    result = delete("compositions", media[0].stem, "CJ" + "0" * 32, "--yes")
    assert isinstance(result.exception, NotFound)
    assert "cancel it first" in result.exception.remedy
    assert statuses(media) == ["completed"] * 4


@pytest.mark.parametrize("words", [[], ["CJ" + "0" * 32, "--room", "a"]])
def test_it_wants_sids_or_a_filter(media: list[Path], words: list[str]) -> None:
    result = delete("compositions", *words, "--yes")
    assert result.exit_code == 2
    assert "say which" in result.output
    assert statuses(media) == ["completed"] * 4
