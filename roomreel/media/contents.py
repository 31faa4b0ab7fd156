"""The contents of media files, by their headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from roomreel.errors import MediaUnreadable, RenderError
from roomreel.media.container import FormatNotSupported, open_media, tracks
from roomreel.media.tags import tags_of
from roomreel.model.room import MediaType
from roomreel.process import isolate
from roomreel.process.in_turn import read_in_turn
from roomreel.text import counted

FILE_S = 5.0
"""Time budget of a file; its header is read in milliseconds."""

START_S = 30.0
"""Time budget of starting a process on a loaded machine."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The tracks of a file.

    Attributes:
        audio: how many tracks of sound it has; likewise `video`.
        others: what else is in it, in words.
        refused: why nothing in it is a recording; "" where something may be one.
        not_taken: whether its format is the reason.
    """

    audio: int = 0
    video: int = 0
    others: tuple[str, ...] = ()
    refused: str = ""
    not_taken: bool = False


def contents_of(paths: Iterable[Path], memory_bytes: int) -> dict[Path, Contents]:
    """Return the contents of local files; they are opened in a process of its own."""
    items = {str(path): path for path in paths}
    wall_s = START_S + len(items) * FILE_S
    budget = isolate.Budget(wall_s, memory_bytes, silence_s=START_S)
    answers = read_in_turn(look_into_all, {name: name for name in items}, budget)
    return {
        items[name]: Contents(refused=f"reading its header: {answer.message}")
        if isinstance(answer, RenderError)
        else answer
        for name, answer in answers.items()
    }


def look_into_all(paths: tuple[str, ...], notify: isolate.Notify[tuple[str, Contents]]) -> None:
    """The child's side of `contents_of`: notifies (path, Contents) one by one."""
    av.logging.set_level(av.logging.WARNING)
    for path in paths:
        notify((path, _contents(path)))


def _contents(path: str) -> Contents:
    try:
        with open_media(path) as container:
            if tags_of(container).room_sid:
                return Contents(refused="it is a composition made by roomreel")
            audio, video = (len(tracks(container, kind)) for kind in _KINDS)
            return Contents(audio, video, tuple(_others(container)))
    except MediaUnreadable as error:
        return Contents(refused=error.message, not_taken=isinstance(error, FormatNotSupported))


_KINDS = (MediaType.AUDIO, MediaType.VIDEO)


def _others(container: Any) -> Iterator[str]:
    """Yield each kind of stream that is no track of a recording, with how many there are."""
    used = {stream.index for kind in _KINDS for stream in tracks(container, kind)}
    kinds = Counter(_kind(stream) for stream in container.streams if stream.index not in used)
    for kind, count in sorted(kinds.items()):
        yield counted(count, kind)


def _kind(stream: Any) -> str:
    covers = stream.disposition & Disposition.attached_pic
    return "attached picture" if covers else f"{stream.type or 'unknown'} stream"
