"""Events of Jitsi's exporter of sound, one a line: tracks that begin, and packets of Opus.

Numbers are texts of digits in it, and times count samples of 48 kHz from the exporter's start.
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from bisect import insort
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from roomreel.model.opus import opus_samples

LARGEST = 2**53
"""Numbers from there on are none."""

LATEST = 64
"""Packets that a track may be ahead of one that comes late; one that is later is left out."""


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


class Packet(NamedTuple):
    """A packet of sound. There are millions: a tuple, which is ordered by time.

    Attributes:
        timestamp: samples since the exporter's start.
        line: its number in the file, from 0.
        part: as in the event by which it began.
        chunk: counts packets of the track, also those that never came.
        samples: how many it lasts.
        data: the packet itself.
    """

    timestamp: int
    line: int
    part: str
    chunk: int
    samples: int
    data: bytes


def events(lines: Iterable[bytes]) -> Iterator[Started | Packet | None]:
    """Yield the events of a file that are known; None for a line that is none."""
    parts, counts = dict[str, str](), dict[str, int]()
    for number, line in enumerate(lines):
        event = _read(line)
        started, media = event.get("start"), event.get("media")
        if isinstance(started, dict) and isinstance(tag := started.get("tag"), str):
            count = counts[tag] = counts.get(tag, -1) + 1
            parts[tag] = f"{tag}/{count}" if count else tag
            yield _started(number, tag, parts[tag], started)
        elif isinstance(media, dict):
            yield _packet(number, parts, media)
        elif not event and line.strip():
            yield None


def in_order(packets: Iterable[Packet]) -> Iterator[Packet]:
    """Yield the packets of each part by rising timestamps, without what comes twice or too late."""
    waiting, last = defaultdict[str, deque[Packet]](deque), dict[str, int]()
    for packet in packets:
        queue = waiting[packet.part]
        if queue and packet < queue[-1]:
            insort(queue, packet)
        else:
            queue.append(packet)
        if len(queue) > LATEST and _is_next(first := queue.popleft(), last):
            yield first
    for queue in waiting.values():
        yield from (packet for packet in queue if _is_next(packet, last))


def _is_next(packet: Packet, last: dict[str, int]) -> bool:
    """Note the time of a packet, and return whether it is later than what was before."""
    is_later = packet.timestamp > last.get(packet.part, -1)
    if is_later:
        last[packet.part] = packet.timestamp
    return is_later


def _read(line: bytes) -> dict[str, Any]:
    """Return the object that a line is; an empty one where it is none."""
    try:
        value = orjson.loads(line)
    except ValueError:
        value = _read_slowly(line)
    return value if isinstance(value, dict) else {}


def _read_slowly(line: bytes) -> Any:
    """Return what a line is that orjson refuses: json takes halves of pairs of UTF-16, too."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


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
    if not isinstance(payload, str):
        return None
    data = _bytes_of(payload)
    samples = opus_samples(data)
    return Packet(timestamp, line, part, chunk, samples, data) if samples else None


def _bytes_of(payload: str) -> bytes:
    """Return what a text in base64 stands for; none where it is no such text."""
    try:
        data = a2b_base64(payload, strict_mode=True)
    except ValueError:
        return b""
    # The strict mode minds everything but padding behind a text that needs none.
    return data if 4 * (len(data) + payload.count("=")) == 3 * len(payload) else b""


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        is_number = len(value) <= 16 and value.isascii() and value.isdecimal()
        value = int(value) if is_number else -1
    elif not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < LARGEST else None
