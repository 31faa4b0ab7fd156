"""Members of checked documents: what of them is set, and the values that several have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roomreel.model.template import Selection


def given(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are set: null and a missing key are the same."""
    return {key: value for key, value in node.items() if value is not None}


def selection(node: Mapping[str, Any], key: str) -> Selection:
    """Return the sources that a member names, without those that `<member>_excluded` names."""
    return Selection(tuple(node.get(key, ())), tuple(node.get(f"{key}_excluded", ())))
