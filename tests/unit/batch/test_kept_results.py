"""Outcomes are kept as they are, whatever their templates say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from roomreel.batch.kept_results import KeptResults
from roomreel.documents.template import parse_template
from roomreel.model.composition import CompositionStatus, Outcome

LAYOUTS = sorted(
    (file for file in resources.files("roomreel.layouts").iterdir() if file.name.endswith(".json")),
    key=lambda file: file.name,
)
BUSY = {
    "schema": "roomreel.template/1",
    "friendly_name": "busy",
    "window": {"start_ms": 1, "end_ms": 2},
    "background": {"color": "#01020304", "image": "a.png", "fit": "stretch"},
    "video_layout": {
        "grid": {
            "video_sources": ["*", {"role": "host"}],
            "video_sources_excluded": [{"identity": "bot-*"}],
            "border": {"width": 2, "color": "#ffffff"},
            "bars": "none",
            "placeholder": {"kind": "image", "image": "b.png"},
            "mic_icon": {"sources": [{"role": "guest"}]},
        }
    },
    "overlays": [
        {"type": "text", "text": "a", "style": {"box": None, "outline": {"width": 1}}},
        {"type": "clock", "clock": "wall", "between": [{"start_ms": 3}]},
        {"type": "image", "image": "c.png"},
    ],
}


def kept(folder: Path, document: dict[str, Any]) -> tuple[Outcome, Outcome | None]:
    template = parse_template(json.dumps(document).encode(), "template.json")
    outcome = Outcome(
        sid="CJ1",
        room_sid="RM1",
        room_name="room",
        template=template,
        template_json="{}",
        template_sha256="",
        inputs_sha256="",
        status=CompositionStatus.COMPLETED,
        date_created=datetime(2026, 11, 20, tzinfo=UTC),
    )
    results = KeptResults(folder)
    results.keep("key", outcome)
    return outcome, results.read("key")


@pytest.mark.parametrize("file", LAYOUTS, ids=lambda file: file.name)
def test_an_outcome_of_a_layout_is_read_back_as_it_was(tmp_path: Path, file: Any) -> None:
    outcome, found = kept(tmp_path, json.loads(file.read_text()))
    assert found == outcome


def test_an_outcome_of_a_template_with_all_that_is_drawn_is_read_back(tmp_path: Path) -> None:
    outcome, found = kept(tmp_path, BUSY)
    assert found == outcome
    assert found is not None
    assert [type(one) for one in found.template.overlays] == [
        type(one) for one in outcome.template.overlays
    ]
