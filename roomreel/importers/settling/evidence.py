"""Evidence: what the media files themselves say, read in a process of its own, nothing decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from roomreel.importers.settling.parts import Part
from roomreel.media.contents import Contents, contents_of
from roomreel.media.probe import Probe, index_isolated
from roomreel.model.media import PacketIndex, Problem, TrackPath
from roomreel.model.room import MediaType
from roomreel.model.time import decimal_text
from roomreel.plan.packets import activity


class State(StrEnum):
    """The state of the file of a piece."""

    MEASURED = "measured"
    MISSING = "missing"
    EMPTY = "empty"
    LACKING = "lacking"
    """It was opened, and has no track of the kind."""
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    DATA = "data"
    """It is of no kind that has packets."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts about the track of a piece; times in ms of the container.

    Attributes:
        first: first packet; `end`: end of the last one. None where nothing is measured.
        packets: how many there are.
        problem: why nothing is measured, or "".
        size_bytes: of the file; None where there is none.
        modified_s: when it was last written, in seconds since 1970.
        truncated: whether it ends in the middle of an element.
        growing: whether it was written to while it was read.
    """

    state: State
    first: Fraction | None = None
    end: Fraction | None = None
    packets: int = 0
    codec: str | None = None
    problem: str = ""
    size_bytes: int | None = None
    modified_s: float | None = None
    truncated: bool = False
    growing: bool = False

    @property
    def is_usable(self) -> bool:
        """True where there is something to show or to hear, as far as can be known."""
        return self.state in (State.MEASURED, State.ENCRYPTED)

    def document(self) -> dict[str, Any]:
        """Return it as the record has it: seconds of the container, as decimals."""
        if self.first is None or self.end is None:
            return {"how": f"not measured: {self.problem or self.state}"}
        return {
            "first_packet": decimal_text(self.first / 1000, 6),
            "end": decimal_text(self.end / 1000, 6),
            "packets": self.packets,
            "how": "packet index",
        }


def evidence_of(
    parts: Sequence[Part], media: Mapping[str, Path], memory_bytes: int
) -> dict[str, Evidence]:
    """Return what is found in the file of each part, by sid.

    Args:
        media: the files of a delivery on this machine, by their names in it.
        memory_bytes: most memory of the process that reads them.
    """
    looked = {part.sid: _look(part, media) for part in parts}
    asked = [part for part in parts if looked[part.sid].state is State.MEASURED]
    paths = {part.sid: media[part.piece.file or ""] for part in asked}
    contents = contents_of(dict.fromkeys(paths.values()), memory_bytes)
    for part in asked:
        looked[part.sid] = _by_contents(looked[part.sid], part, contents[paths[part.sid]])
    probes = [
        Probe(
            part.sid,
            TrackPath(str(paths[part.sid]), part.piece.track_index),
            looked[part.sid].size_bytes or 0,
            part.track.kind,
        )
        for part in asked
        if looked[part.sid].state is State.MEASURED
    ]
    indexed = index_isolated(probes, memory_bytes) if probes else {}
    for sid, found in indexed.items():
        measured = _by_packets(looked[sid], found)
        looked[sid] = replace(measured, growing=_grew(looked[sid], paths[sid]))
    return looked


def _look(part: Part, media: Mapping[str, Path]) -> Evidence:
    """Return what is known of a file before it is opened; MEASURED: it is to be."""
    path = media.get(part.piece.file or "")
    if path is None:
        return Evidence(State.MISSING, problem="there is no such file")
    try:
        about = path.stat()
    except OSError as error:
        return Evidence(State.MISSING, problem=error.strerror or "it cannot be looked at")
    known = Evidence(State.MEASURED, size_bytes=about.st_size, modified_s=about.st_mtime)
    if not about.st_size:
        return replace(known, state=State.EMPTY, problem="it has no byte")
    if part.piece.encryption is not None:
        return replace(known, state=State.ENCRYPTED, problem="it is encrypted")
    if part.track.kind is MediaType.DATA:
        return replace(known, state=State.DATA, problem="it holds data")
    return known


def _by_contents(known: Evidence, part: Part, held: Contents) -> Evidence:
    if held.refused:
        return replace(known, state=State.UNREADABLE, problem=held.refused)
    count = held.audio if part.track.kind is MediaType.AUDIO else held.video
    if part.piece.track_index < count:
        return known
    if not held.audio and not held.video:
        return replace(known, state=State.EMPTY, problem="it has neither sound nor pictures")
    return replace(known, state=State.LACKING, problem=f"it has no {part.track.kind}")


def _by_packets(known: Evidence, found: PacketIndex | Problem) -> Evidence:
    if isinstance(found, Problem):
        return replace(known, state=State.UNREADABLE, problem=found.message)
    known = replace(known, codec=found.codec or None, truncated=found.truncated)
    if not len(found):
        return replace(known, state=State.EMPTY, problem="it has no packet")
    active = activity(found)
    if active is None:
        return replace(known, state=State.UNREADABLE, problem="it has no key frame")
    first = active.span.start - active.before - found.delay
    return replace(known, first=first * 1000, end=active.span.end * 1000, packets=len(found))


def _grew(known: Evidence, path: Path) -> bool:
    try:
        about = path.stat()
    except OSError:
        return False
    return (about.st_size, about.st_mtime) != (known.size_bytes, known.modified_s)
