"""Sids of what a service gives none: digests of its own keys, the same wherever files lie."""

from __future__ import annotations

import hashlib
import json
import re


def sid_of(prefix: str, *keys: str | int, given: str | None = None) -> str:
    """Return the sid that is given, where it is a real one, else a digest of the keys.

    Args:
        prefix: RM, PA, MT or RT.
        keys: vendor and id of the room, then keys of the participant, the track and the piece.
        given: by the service; anything else than prefix and 32 hex digits does not count.
    """
    if given and re.fullmatch(f"{prefix}[0-9a-fA-F]{{32}}", given):
        return given
    # As JSON no two lists of keys are one text, whatever characters stand in them.
    text = json.dumps([prefix, *keys])
    return prefix + hashlib.sha256(text.encode()).hexdigest()[:32]
