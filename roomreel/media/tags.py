"""What finished compositions say of themselves, read in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import av
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable, RenderError
from roomreel.media import isolate
from roomreel.media.container import open_media

# Headers only. A file that needs longer is not one of ours.
_BUDGET_S_PER_FILE = 5
_START_S = 30

# What the composer writes into title and comment.
_TITLE = re.compile(r"(.*) \((.*)\)", re.DOTALL)
_COMMENT = re.compile(r"composition CJ[0-9a-f]{32} of room (RM[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a composition's file tells; None where it does not.

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
    """What files tell, by path; nothing (but a `Tags`) of those that cannot be read."""
    left = list(paths)
    found: dict[str, Tags] = {}

    def receive(message: object) -> None:
        match message:
            case (str(path), Tags() as tags):
                found[path] = tags
                left.remove(path)

    while left:
        budget = isolate.Budget(_START_S + len(left) * _BUDGET_S_PER_FILE, memory_bytes)
        try:
            isolate.run(read_all, tuple(left), budget, receive)
        except RenderError:
            # They are read in order: the first without an answer is the one that did it.
            receive((left[0], Tags()))
    return found


def read_all(paths: tuple[str, ...], notify: isolate.Notify) -> None:
    """The child's side of `read_tags`: notifies (path, Tags) one by one."""
    av.logging.set_level(av.logging.PANIC)
    for path in paths:
        try:
            with open_media(path) as container:
                notify((path, _told(container)))
        except (MediaUnreadable, FFmpegError, OSError, ValueError):
            notify((path, Tags()))


def _told(container: av.container.InputContainer) -> Tags:
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
