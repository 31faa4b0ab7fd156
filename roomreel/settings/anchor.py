"""Relative paths of settings made absolute: those of a file start at its folder."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from roomreel.model.location import is_url


@dataclass(frozen=True, slots=True)
class Anchor:
    """Marks the type of a setting whose relative values start at a folder.

    Attributes:
        only_with_slash: a name without a slash is no path (a program is searched for in PATH).
    """

    only_with_slash: bool = False

    def absolute(self, value: Any, folder: Path) -> Any:
        """Return a value, or each of a list, as an absolute path; a URL as it is."""
        if isinstance(value, list):
            return [self.absolute(each, folder) for each in value]
        if isinstance(value, Path):
            return Path(os.path.abspath(folder / value))  # noqa: PTH100  without following links
        if not isinstance(value, str) or is_url(value):
            return value
        if self.only_with_slash and "/" not in value:
            return value
        if glob.has_magic(value):
            # As it stands: of `**/..` nothing may be cut away.
            return str(Path(glob.escape(str(folder)), value))
        return os.path.abspath(folder / value)  # noqa: PTH100


PATH = Anchor()
PROGRAM = Anchor(only_with_slash=True)


def anchors(settings: type) -> dict[str, Anchor]:
    """Return the settings that are paths, by name."""
    hints = get_type_hints(settings, include_extras=True)
    found = {name: _anchor(hint) for name, hint in hints.items()}
    return {name: anchor for name, anchor in found.items() if anchor}


def _anchor(hint: Any) -> Anchor | None:
    """Return the mark of a type, or of a type it is made of (`list[Location] | None`)."""
    parts = (*getattr(hint, "__metadata__", ()), *get_args(hint))
    return next(
        (found for part in parts if (found := part if isinstance(part, Anchor) else _anchor(part))),
        None,
    )
