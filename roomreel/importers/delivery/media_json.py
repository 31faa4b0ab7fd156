"""Events of Jitsi's exporter of sound, one a line: tracks that begin, and packets of Opus.

Numbers are texts of digits in it, and times count samples of 48 kHz from the exporter's start.
"""

from __future__ import annotations

import base64
import heapq
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from roomreel.model.opus import opus_samples

LARGEST = 2**53
"""Numbers from there on are none."""

LATEST = 64
"""Packets that a track may be ahead of one that comes late; one that is later is left out."""

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True, slots=True)
class Started:
    """A track that begins, or begins again.

    Attributes:
        line: its number in the file, from 0.
        part: the packets from here on: the tag, and how often it began before.
        endpoint: the participant, where it is said.
    """

    line: int
    tag: str
    part: str
    encoding: str
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of sound.

    Attributes:
        part: as in the event by which it began.
        chunk: counts packets of the track, also those that never came.
        timestamp: samples since the exporter's start.
        payload: in base64.
    """

    line: int
    part: str
    chunk: int
    timestamp: int
    payload: str

    @property
    def samples(self) -> int:
        """The samples that it lasts."""
        return opus_samples(base64.b64decode(self.payload[:4]))

    @property
    def data(self) -> bytes:
        """The packet itself."""
        return base64.b64decode(self.payload)


def events(lines: Iterable[bytes]) -> Iterator[Started | Packet | None]:
    """Yield the events of a file that are known; None for a line that is none."""
    parts, counts = dict[str, str](), dict[str, int]()
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        event = _read(line)
        started, media = event.get("start"), event.get("media")
        if isinstance(started, dict) and isinstance(tag := started.get("tag"), str):
            count = counts[tag] = counts.get(tag, -1) + 1
            parts[tag] = f"{tag}/{count}" if count else tag
            yield _started(number, tag, parts[tag], started)
        elif isinstance(media, dict):
            yield _packet(number, parts, media)
        elif not event:
            yield None


def in_order(packets: Iterable[Packet]) -> Iterator[Packet]:
    """Yield the packets of each part by rising timestamps, without what comes twice or too late."""
    waiting = dict[str, list[tuple[int, int, Packet]]]()
    last = dict[str, int]()
    for packet in packets:
        heap = waiting.setdefault(packet.part, [])
        heapq.heappush(heap, (packet.timestamp, packet.line, packet))
        if len(heap) > LATEST:
            yield from _next(heap, last)
    for heap in waiting.values():
        while heap:
            yield from _next(heap, last)


def _next(heap: list[tuple[int, int, Packet]], last: dict[str, int]) -> Iterator[Packet]:
    timestamp, _, packet = heapq.heappop(heap)
    if timestamp > last.get(packet.part, -1):
        last[packet.part] = timestamp
        yield packet


def _read(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _started(line: int, tag: str, part: str, said: dict[str, Any]) -> Started:
    form, custom = said.get("mediaFormat"), said.get("customParameters")
    encoding = form.get("encoding") if isinstance(form, dict) else None
    endpoint = custom.get("endpointId") if isinstance(custom, dict) else None
    return Started(
        line,
        tag,
        part,
        encoding if isinstance(encoding, str) else "opus",
        endpoint if isinstance(endpoint, str) and endpoint else None,
    )


def _packet(line: int, parts: dict[str, str], said: dict[str, Any]) -> Packet | None:
    tag, payload = said.get("tag"), said.get("payload")
    chunk, timestamp = _whole(said.get("chunk")), _whole(said.get("timestamp"))
    part = parts.get(tag) if isinstance(tag, str) else None
    if part is None or chunk is None or timestamp is None:
        return None
    if not isinstance(payload, str) or not _BASE64.fullmatch(payload):
        return None
    packet = Packet(line, part, chunk, timestamp, payload)
    return packet if packet.samples else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdecimal():
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < LARGEST else None
