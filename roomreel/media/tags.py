"""The tags of finished compositions, read in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import av
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable
from roomreel.media.container import open_media
from roomreel.process import isolate
from roomreel.process.in_turn import read_in_turn
from roomreel.storage import environment_for

# Headers only. A file that needs longer is not one of ours.
_BUDGET_S_PER_FILE = 5
_START_S = 30

# What the composer writes into title and comment.
_TITLE = re.compile(r"(.*) \((.*)\)", re.DOTALL)
_COMMENT = re.compile(r"composition CJ[0-9a-f]{32} of room (RM[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a composition's file, by names of columns; None where one is missing.

    Attributes:
        room_name: unique name of its room.
        template: friendly name.
        width: pixels, of the coded picture; likewise `height`.
    """

    room_sid: str | None = None
    room_name: str | None = None
    template: str | None = None
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None


def read_tags(paths: Iterable[str], memory_bytes: int) -> dict[str, Tags]:
    """Return the tags of files, by path; empty ones of those that cannot be read."""
    items = {path: path for path in paths}
    wall_s = _START_S + len(items) * _BUDGET_S_PER_FILE
    budget = isolate.Budget(wall_s, memory_bytes, silence_s=_START_S)
    found = read_in_turn(read_all, items, budget, environment_for(items))
    return {path: tags if isinstance(tags, Tags) else Tags() for path, tags in found.items()}


def read_all(paths: tuple[str, ...], notify: isolate.Notify[tuple[str, Tags]]) -> None:
    """The child's side of `read_tags`: notifies (path, Tags) one by one."""
    av.logging.set_level(av.logging.PANIC)
    for path in paths:
        try:
            with open_media(path) as container:
                notify((path, tags_of(container)))
        except (MediaUnreadable, FFmpegError, OSError, ValueError):
            notify((path, Tags()))


def tags_of(container: av.container.InputContainer) -> Tags:
    """Return the tags of an open file."""
    tags = {name.lower(): value for name, value in container.metadata.items()}
    title = _TITLE.fullmatch(tags.get("title", ""))
    comment = _COMMENT.fullmatch(tags.get("comment", ""))
    video = container.streams.video[0] if container.streams.video else None
    return Tags(
        room_sid=comment[1] if comment else None,
        room_name=title[1] if title else None,
        template=title[2] if title else None,
        # In microseconds.
        duration_ms=None if container.duration is None else round(container.duration / 1000),
        width=video.width if video else None,
        height=video.height if video else None,
    )
