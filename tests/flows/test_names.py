"""What runs are called: each name says what and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from roomreel.flows.backfill import backfill
from roomreel.flows.compose_room import compose_room
from roomreel.flows.draw_chunks import draw_chunks
from roomreel.flows.nightly import nightly
from roomreel.flows.orchestration import run_names as names
from roomreel.flows.retention import retention

MORNING = datetime(2026, 11, 26, 2, tzinfo=UTC)
FIRST = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("flow", "given", "name"),
    [
        (nightly, {}, "nightly 2026-11-26"),
        (nightly, {"dry_run": True}, "nightly 2026-11-26, dry run"),
        (nightly, {"room": "retro", "template": "grid"}, "nightly 2026-11-26, retro / grid"),
        (retention, {"dry_run": False}, "retention 2026-11-26"),
        (
            backfill,
            {"first_day": FIRST, "last_day": date(2026, 11, 7)},
            "backfill 2026-11-01..07",
        ),
        (
            backfill,
            {"first_day": FIRST, "last_day": date(2026, 12, 7), "template": "row"},
            "backfill 2026-11-01..12-07, row",
        ),
        (
            backfill,
            {"first_day": FIRST, "last_day": date(2027, 1, 7)},
            "backfill 2026-11-01..2027-01-07",
        ),
        (compose_room, {"what": "retro", "template": "grid"}, "compose-room retro / grid"),
        (compose_room, {"what": "CJ1"}, "compose-room CJ1"),
        (draw_chunks, {"manifest": "s3://calls/retro.json"}, "draw-chunks retro.json"),
    ],
)
def test_a_run_says_what_and_when(
    monkeypatch: pytest.MonkeyPatch, flow: Any, given: dict[str, Any], name: str
) -> None:
    run = SimpleNamespace(flow_name=flow.name, parameters=given, scheduled_start_time=MORNING)
    monkeypatch.setattr(names, "flow_run", run)
    named: Callable[[], str] = flow.flow_run_name
    assert named() == name
