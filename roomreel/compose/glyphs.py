"""Characters that texts of a plan have, and no font."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from roomreel.media.fonts import missing_glyphs
from roomreel.model.look import Initials, Text
from roomreel.model.plan import Plan, PlanWarning, WarningCode
from roomreel.text import listed


def with_missing_glyphs(plan: Plan, fonts: Sequence[Path]) -> Plan:
    """Return a plan with a warning of characters of its texts that no font has, if there are any.

    Args:
        fonts: folders of fonts beside those that come with roomreel.
    """
    states = (state for overlay in plan.overlays for state in overlay.states)
    texts = {state.drawing.text for state in states if isinstance(state.drawing, Text | Initials)}
    missed = missing_glyphs("".join(sorted(texts)), fonts)
    if not missed:
        return plan
    message = f"no font has {listed(map(_named, missed))}"
    found = PlanWarning(WarningCode.GLYPH_MISSING, "", message)
    return replace(plan, warnings=tuple(sorted((*plan.warnings, found))))


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
