"""Read files one after the other in a child process, so that each fails for itself alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from roomreel.errors import ChildCrashed, RenderError
from roomreel.process import isolate
from roomreel.process.isolate import NO_ACCESS, Budget, Notify

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Job = Callable[[tuple[Item, ...], Notify[tuple[str, Answer]]], None]
"""The child's side: notifies the key of each item with its answer, in order."""


def read_in_turn(
    job: Job[Item, Answer],
    items: Mapping[str, Item],
    budget: Budget,
    access: Mapping[str, str] = NO_ACCESS,
) -> dict[str, Answer | RenderError]:
    """Have a child read items, and another one those after an item that ended it.

    Args:
        items: by the key under which the child answers.
        budget: of a child, `silence_s` of one item.
        access: variables that the child needs to reach the items.

    Returns:
        By key, an answer, or the error with which the item ended its process.
    """
    left = dict(items)
    found: dict[str, Answer | RenderError] = {}

    def receive(message: tuple[str, Answer]) -> None:
        key, answer = message
        if left.pop(key, None) is not None:
            found[key] = answer

    while left:
        # They are read in order: the first without an answer is the one that did it. It may be for
        # what those before it left behind, so it is blamed only where there were none.
        first = next(iter(left))
        try:
            isolate.run(job, tuple(left.values()), budget, receive, access=access)
            error: RenderError = ChildCrashed("the process ended without an answer")
        except RenderError as failed:
            error = failed
        if first in left:
            del left[first]
            found[first] = error
    return found
