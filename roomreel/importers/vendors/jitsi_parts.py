"""Tracks in events of Jitsi's exporter: what came of each, what was lost, where it paused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from roomreel.importers.delivery.media_json import Packet, Started, events, in_order
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.model.opus import RATE
from roomreel.text import counted

PAUSE_SAMPLES = RATE
"""A step of time from there on, between packets of which none is missing, is a pause; a shorter one
is silence that was not sent."""


@dataclass(slots=True)
class Part:
    """The packets of a tag, from where it began.

    Attributes:
        count: how many came, `taken`: of these, how many are neither twice nor too late.
        low: the lowest number of them; `high`: the highest.
        pauses: each by the packets before and after it.
    """

    started: Started
    first: Packet | None = None
    last: Packet | None = None
    count: int = 0
    taken: int = 0
    low: int = 0
    high: int = 0
    pauses: list[tuple[Packet, Packet]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """The number of packets that never came."""
        return max(self.high - self.low + 1 - self.count, 0) if self.count else 0

    def count_in(self, packet: Packet) -> None:
        """Note a packet that came, in whatever order."""
        chunk = packet.chunk
        if not self.count:
            self.low = self.high = chunk
        elif chunk > self.high:
            self.high = chunk
        elif chunk < self.low:
            self.low = chunk
        self.count += 1

    def take(self, packet: Packet) -> None:
        """Note the next packet by time."""
        before = self.last
        if before is None:
            self.first = packet
        elif (
            packet.chunk == before.chunk + 1
            and packet.timestamp - before.timestamp >= PAUSE_SAMPLES + before.samples
        ):
            self.pauses.append((before, packet))
        self.last = packet
        self.taken += 1


def parts_of(lines: Iterable[bytes]) -> tuple[list[Part], int]:
    """Return the parts of all tracks in the order of their beginnings, and count broken lines."""
    parts, broken = dict[str, Part](), 0

    def packets() -> Iterator[Packet]:
        nonlocal broken
        for event in events(lines):
            if isinstance(event, Packet):
                parts[event.part].count_in(event)
                yield event
            elif event is None:
                broken += 1
            else:
                parts[event.part] = Part(event)

    for packet in in_order(packets()):
        parts[packet.part].take(packet)
    return list(parts.values()), broken


def losses(name: str, part: Part) -> Iterator[Finding]:
    """Yield what is to be said about packets that are not heard."""
    subject, late = f"{name}#{part.started.part}", part.count - part.taken
    if part.lost:
        text = f"{counted(part.lost, 'packet')} of {subject} never came: silence takes their place"
        yield Finding(Code.PACKETS_LOST, subject, text, Severity.NOTE)
    if late:
        text = f"{counted(late, 'packet')} of {subject} came twice or too late, and are left out"
        yield Finding(Code.PACKETS_LATE, subject, text, Severity.NOTE)


def unknown_codec(name: str, part: Part) -> Finding:
    """Return what is to be said about a track of a codec that is not known here."""
    text = f"{part.started.encoding} is no codec that is known here: it is not heard"
    return Finding(Code.CODEC_UNSUPPORTED, f"{name}#{part.started.part}", text)
