"""The tracks of a Matroska file by its header: their names, and the tags of each. No FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SEGMENT, TRACKS, ENTRY, TAGS, TAG = 0x18538067, 0x1654AE6B, 0xAE, 0x1254C367, 0x7373
UID, TYPE, NAME, CODEC = 0x73C5, 0x83, 0x536E, 0x86
TARGETS, TARGET_UID, SIMPLE_TAG, TAG_NAME, TAG_TEXT = 0x63C0, 0x63C5, 0x67C8, 0x45A3, 0x4487
SOUND = 2
MAGIC = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True, slots=True)
class MkaTrack:
    """A track; `tags` by their names in small letters."""

    uid: int
    is_sound: bool
    name: str
    codec: str
    tags: Mapping[str, str] = field(default_factory=dict)


def tracks_of(head: bytes) -> list[MkaTrack]:
    """Return the tracks that the beginning of a file names, in order; none where it names none.

    Ids are those of RFC 9559.
    """
    if not head.startswith(MAGIC):
        return []
    found = list(_elements(head, 0, len(head)))
    segment = next((span for name, span in found if name == SEGMENT), (0, 0))
    parts = list(_elements(head, *segment))
    tags = dict[int, dict[str, str]]()
    for name, span in parts:
        if name == TAGS:
            for uid, key, text in _tags(head, span):
                tags.setdefault(uid, {})[key] = text
    entries = (
        _Values(head, entry)
        for name, span in parts
        if name == TRACKS
        for inner, entry in _elements(head, *span)
        if inner == ENTRY
    )
    return [
        MkaTrack(
            one.number(UID),
            one.number(TYPE) == SOUND,
            one.text(NAME),
            one.text(CODEC),
            tags.get(one.number(UID), {}),
        )
        for one in entries
    ]


class _Values:
    """The values inside an element, by id."""

    def __init__(self, data: bytes, span: tuple[int, int]) -> None:
        self._data = {name: data[slice(*inner)] for name, inner in _elements(data, *span)}

    def number(self, name: int) -> int:
        return int.from_bytes(self._data.get(name, b"")[:8], "big")

    def text(self, name: int) -> str:
        return self._data.get(name, b"").rstrip(b"\0").decode("utf-8", "replace")


def _tags(data: bytes, span: tuple[int, int]) -> Iterator[tuple[int, str, str]]:
    for name, tag in _elements(data, *span):
        inside = list(_elements(data, *tag)) if name == TAG else []
        targets = (_Values(data, inner) for kind, inner in inside if kind == TARGETS)
        uid = next((one.number(TARGET_UID) for one in targets), 0)
        for kind, inner in inside:
            if kind == SIMPLE_TAG:
                pair = _Values(data, inner)
                yield uid, pair.text(TAG_NAME).lower(), pair.text(TAG_TEXT)


def _elements(data: bytes, start: int, stop: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield id and span of each element, as far as it is there."""
    while start < stop:
        name, start = _number(data, start, keep=True)
        size, start = _number(data, start, keep=False)
        if name < 0 or start > stop:
            return
        end = stop if size < 0 else min(start + size, stop)
        yield name, (start, end)
        start = end


def _number(data: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """Return a number of variable length, and where it ends; -1: none, or an unknown size."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8:
        return -1, at + 1
    value = int.from_bytes(data[at : at + length], "big")
    if keep:
        return value, at + length
    value &= (1 << 7 * length) - 1
    return (-1 if value == (1 << 7 * length) - 1 else value), at + length
