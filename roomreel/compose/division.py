"""How a composition is divided: into chunks, and among workers that draw it together."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from roomreel.compose.inputs import used_media
from roomreel.model.composition import Job
from roomreel.model.media import PacketIndex
from roomreel.model.plan import Plan
from roomreel.settings import Settings
from roomreel.workload.chunks import cut
from roomreel.workload.estimate import estimate

SHORTEST_CHUNK_S = 20
"""What a process of its own draws lasts at least so long: starting one takes most of a second."""


def chunks_of(job: Job, plan: Plan, settings: Settings) -> tuple[range, ...]:
    """The frames that go to a file each; the same for whoever asks with the same settings."""
    seconds = 0 if plan.copied else plan.duration
    by_length = ceil(seconds / settings.chunk_s) if settings.chunk_s else 1
    by_processes = min(settings.processes, int(seconds / SHORTEST_CHUNK_S))
    workers = settings.spread_shares if is_spread(job, plan, settings) else 1
    # As many for each worker, or the last one would keep the others waiting.
    each = ceil(max(by_length, by_processes, 1) / workers)
    return cut(plan, _packets(job), each * workers)


def is_spread(job: Job, plan: Plan, settings: Settings) -> bool:
    """Whether workers draw the composition together: it is long, and its parts can be shared."""
    if settings.spread == "none" or not plan.has_video or plan.copied:
        return False
    if not keeps_parts(job, plan, settings):
        return False
    return estimate(plan, _packets(job)).cpu_s >= settings.spread_above_s


def keeps_parts(job: Job, plan: Plan, settings: Settings) -> bool:
    """Whether parts may outlive a render: what is stored encrypted is not left in the clear."""
    secret = any(stored.encryption for stored in used_media(job, plan).values())
    return settings.encryption == "none" and not secret


def _packets(job: Job) -> Mapping[str, PacketIndex]:
    return {sid: medium.packets for sid, medium in job.media.items() if medium.packets}
