"""Members of regions of templates, and of placements of plans, that frame pictures in cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roomreel.model.framing import WHOLE, Framing
from roomreel.model.look import Anchor, Fit


def parse_framing(node: Mapping[str, Any]) -> Framing:
    """Return the framing that checked members describe."""
    return Framing(
        fit=Fit(node.get("fit", Fit.CONTAIN)),
        anchor=Anchor(node.get("fit_anchor", Anchor.CENTER)),
        mirror=node.get("mirror", False),
    )


def framing_members(framing: Framing) -> dict[str, Any]:
    """Return the members of a framing that are not at their default."""
    found, plain = _members(framing), _members(WHOLE)
    return {name: value for name, value in found.items() if value != plain[name]}


def _members(framing: Framing) -> dict[str, Any]:
    return {
        "fit": framing.fit.value,
        "fit_anchor": framing.anchor.value,
        "mirror": framing.mirror,
    }
