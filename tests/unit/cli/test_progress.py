"""How far `compose` is, on a terminal, and where standard error is a file."""

from __future__ import annotations

import re
import time
from fractions import Fraction

import pytest
from rich.console import Console

from roomreel.cli import console
from roomreel.cli.progress import progress_of
from roomreel.compose import progress
from roomreel.compose.progress import Progress


def test_a_long_render_has_a_line_a_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress_of("retro\x1b[2J / grid", 1000, Fraction(25)) as advance:
        for tick in range(180):
            now = 100.0 + tick
            advance(Progress(tick * 5, 1000, float(tick)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "retro\\u001b[2J / grid: 30 %, 300 of 1000 frames, about 3 min left",
        "retro\\u001b[2J / grid: 60 %, 600 of 1000 frames, about 2 min left",
    ]


def test_a_short_one_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_of("retro / grid", 50, Fraction(25)) as advance:
        advance(Progress(50, 50, 2.0))
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    screen = Console(stderr=True, force_terminal=True, width=120)
    monkeypatch.setattr(console, "errors", lambda: screen)
    with progress_of("retro / grid", 1000, Fraction(25)) as advance:
        advance(Progress(250, 1000, 5.0))
    err = capsys.readouterr().err
    assert "250/1000 frames, 2.0x real time" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", err)
    assert "retro" not in err
