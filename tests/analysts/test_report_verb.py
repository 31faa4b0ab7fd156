"""`roomreel report` as a person types it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from roomreel import cli

Verb = Callable[..., int | str | None]


@pytest.fixture
def verb(month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs the verb over the month in a folder of its own; the exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROOMREEL_STORE", str(month))

    def call(*arguments: str) -> int | str | None:
        monkeypatch.setattr(sys, "argv", ["roomreel", "report", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code

    return call


def test_the_page_is_written_in_place_of_the_old_one(
    verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not verb("--html", "report.html")
    assert not verb("--html", "report.html", "--since", "2026-11-02", "--until", "2026-11-04")
    assert capsys.readouterr().out == "report.html\n" * 2
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "from <b>2026-11-02</b>" in text
    assert "to <b>2026-11-03</b>" in text
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--html", "new.html", "--since", "2026-11-02", "--until", "2026-11-02"), 2),
        (("--html", "new.html", "--since", "last spring"), 2),
        (("--html", "/dev/null/folder.html"), 5),
        (("--html", "."), 2),
    ],
)
def test_what_cannot_be_done_has_a_code_and_leaves_nothing(
    verb: Verb, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert verb(*arguments) == code
    assert list(tmp_path.iterdir()) == []
