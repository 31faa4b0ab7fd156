"""Having the pictures of a room drawn before its mixes, by this run alone or by others, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.futures import PrefectConcurrentFuture
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from roomreel.batch.planning import PlannedJob
from roomreel.batch.shares import shared_out
from roomreel.settings import Settings
from roomreel.tasks.draw import draw
from roomreel.tasks.share import draw_elsewhere

Runner = ThreadPoolTaskRunner[Any]


def drawn(
    works: Sequence[PlannedJob], pool: Runner, elsewhere: Runner, settings: Settings
) -> list[PrefectConcurrentFuture[Any]]:
    """Have compositions of one room drawn; what comes to nothing their mixes draw.

    This run draws the first share of what is spread, so that it goes on where nobody else is free.

    Args:
        works: what has pictures that are not there yet.

    Returns:
        What is to end before they are mixed; nothing where the mix may as well draw.
    """
    shares = shared_out(works, settings)
    if not shares and len(works) < 2:
        return []
    mine = {piece.sid: piece.chunks for share in shares[:1] for piece in share.pieces}
    here = pool.submit(draw, {"works": works, "settings": settings, "only": mine})
    config = flow_run.parameters.get("config")
    others = [{"share": share, "settings": settings, "config": config} for share in shares[1:]]
    return [here, *(elsewhere.submit(draw_elsewhere, asked) for asked in others)]
