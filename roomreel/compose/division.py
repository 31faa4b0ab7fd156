"""The division of a composition: into chunks, and among workers that draw it together."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from roomreel.model.media import PacketIndex
from roomreel.model.plan import Plan
from roomreel.settings.rendering import Rendering
from roomreel.workload.chunks import cut
from roomreel.workload.estimate import estimate

SHORTEST_CHUNK_S = 20
"""What a process of its own draws lasts at least so long: starting one takes most of a second."""


def is_long_enough(plan: Plan, packets: Mapping[str, PacketIndex], settings: Rendering) -> bool:
    """Return whether the settings have workers draw a composition of this length together."""
    if settings.spread == "none" or not plan.has_video or plan.copied:
        return False
    return estimate(plan, packets).cpu_s >= settings.spread_above_s


def divide(
    plan: Plan, packets: Mapping[str, PacketIndex], settings: Rendering, workers: int
) -> tuple[range, ...]:
    """Return the frames that go to a file each; the same for all who ask with the same settings.

    Args:
        workers: how many draw them.
    """
    seconds = 0 if plan.copied else plan.duration
    by_length = ceil(seconds / settings.chunk_s) if settings.chunk_s else 1
    by_processes = min(settings.processes, int(seconds / SHORTEST_CHUNK_S))
    # As many for each worker, or the last one would keep the others waiting.
    each = ceil(max(by_length, by_processes, 1) / workers)
    return cut(plan, packets, each * workers)
