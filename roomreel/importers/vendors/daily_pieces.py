"""Files of Daily's raw tracks: the clock of each, and the claims about it."""

from __future__ import annotations

import re
from dataclasses import replace

from roomreel.importers.claims import Anchor, Claim, Clock, Grade, Piece
from roomreel.importers.port import Listing
from roomreel.importers.vendors.daily_log import LoggedTrack

APART_MS = 1000
"""How far stamps may be from the packets: some are taken before the first one, some after."""

_MATROSKA = b"\x1a\x45\xdf\xa3"
_GAPLESS = re.compile(rb"RIFF|\xff[\xf0-\xf9]|....ftyp", re.DOTALL)
"""The beginnings of WAV, AAC and MP4: sound without gaps, which counts from its own start."""


def piece_of(
    zero: int, files: Listing, name: str, parts: re.Match[str], logged: LoggedTrack | None
) -> Piece:
    """Return the piece of a file; the packets of WebM count from the recording's start themselves.

    Args:
        zero: the recording's start in Unix ms.
        name: of the file; `parts`: what it says.
        logged: what the log says of its track.
    """
    stamp = Claim(int(parts["start"]) - zero, name, APART_MS)
    if _is_gapless(files.head(name), parts["ending"]):
        clock = Clock(Claim(stamp.value, name), Anchor.FIRST, Grade.GOOD, "daily/file-name")
    else:
        clock = Clock(Claim(0, name), Anchor.ZERO, Grade.EXACT, "daily/recording-start")
    if logged is None:
        return Piece(name, clock, also=(stamp,))
    started = _on_clock(zero, logged.started)
    also = (stamp,) if started is None else (stamp, replace(started, resolution_ms=APART_MS))
    return Piece(name, clock, _on_clock(zero, logged.removed), also, pauses=_pauses(zero, logged))


def absent(zero: int, logged: LoggedTrack) -> Piece:
    """Return the piece of a track whose file is not there."""
    began = _on_clock(zero, logged.started or logged.added)
    clock = Clock(began, Anchor.FIRST, Grade.GOOD, "daily/log") if began else None
    return Piece(None, clock, _on_clock(zero, logged.removed), pauses=_pauses(zero, logged))


def _on_clock(zero: int, claim: Claim | None) -> Claim | None:
    return claim and replace(claim, value=claim.value - zero)


def _pauses(zero: int, logged: LoggedTrack) -> tuple[tuple[Claim, Claim], ...]:
    return tuple(
        (replace(begin, value=begin.value - zero), replace(end, value=end.value - zero))
        for begin, end in logged.pauses
        if end is not None
    )


def _is_gapless(head: bytes, ending: str | None) -> bool:
    if head.startswith(_MATROSKA):
        return False
    return bool(_GAPLESS.match(head)) or ending not in {None, "webm"}
