"""The rules of the active speaker: JSON to nouns and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roomreel.documents.members import given, patterns, sources
from roomreel.model.selection import Selection
from roomreel.model.speaker import USUAL_SPEAKER, Evidence, SpeakerRules
from roomreel.model.talk import Sensitivity

TIMES = ("min_talk_ms", "pause_ms", "hold_ms", "lead_ms")


def parse_speaker(node: Mapping[str, Any]) -> SpeakerRules:
    """Return the rules that a checked `speaker` describes."""
    node, usual = given(node), USUAL_SPEAKER
    return SpeakerRules(
        evidence=Evidence(node.get("evidence", usual.evidence)),
        sources=Selection(
            patterns(node["sources"]) if "sources" in node else usual.sources.included,
            patterns(node.get("sources_excluded", ())),
        ),
        sensitivity=Sensitivity(node.get("sensitivity", usual.sensitivity)),
        **{name: node.get(name, getattr(usual, name)) for name in TIMES},
    )


def speaker_document(rules: SpeakerRules) -> dict[str, Any]:
    """Return the object that is parsed to equal rules, with every key."""
    return {
        "evidence": rules.evidence.value,
        "sources": sources(rules.sources.included),
        "sources_excluded": sources(rules.sources.excluded),
        "sensitivity": rules.sensitivity.value,
        **{name: getattr(rules, name) for name in TIMES},
    }
