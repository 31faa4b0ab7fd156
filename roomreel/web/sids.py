"""Sids of resources: two letters and 32 hex digits, in any case where clients write them."""

from __future__ import annotations

import re

from roomreel.errors import NotFound

_SID = re.compile(r"[a-zA-Z]{2}[0-9a-fA-F]{32}")


def written(given: str, prefix: str = "") -> str | None:
    """Return a sid as it is written in the catalogs; None where it is none.

    Args:
        prefix: two letters that it begins with; "": any.
    """
    if not _SID.fullmatch(given) or not given.startswith(prefix):
        return None
    return given[:2] + given[2:].lower()


def composition_sid(given: str) -> str:
    """Return the sid of a composition in a path.

    Raises:
        NotFound: it is none.
    """
    return _known(given, "CJ", "composition")


def recording_sid(given: str) -> str:
    """Return the sid of a recording in a path.

    Raises:
        NotFound: it is none.
    """
    return _known(given, "RT", "recording")


def participant_sid(given: str) -> str:
    """Return the sid of a participant in a path.

    Raises:
        NotFound: it is none.
    """
    return _known(given, "PA", "participant")


def hook_sid(given: str) -> str:
    """Return the sid of a hook in a path.

    Raises:
        NotFound: it is none.
    """
    return _known(given, "HK", "hook")


def _known(given: str, prefix: str, what: str) -> str:
    sid = written(given, prefix)
    if sid is None:
        raise NotFound(f"there is no such {what}")
    return sid
