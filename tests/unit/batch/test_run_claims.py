"""Runs that compose at the same time leave each other's compositions alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fake_run import Fake, compose, states

from roomreel.batch.claims import NoClaims
from roomreel.batch.report import State
from roomreel.model.composition import Job


class Claiming(NoClaims):
    """Claims of which one is another's."""

    def __init__(self, others: str) -> None:
        self.others = others
        self.begun: list[str] = []

    def take(self, sids: Collection[str]) -> Mapping[str, str]:
        return {sid: "another run" for sid in sids if sid == self.others}

    def begin(self, jobs: Collection[Job]) -> None:
        self.begun += [job.sid for job in jobs]


def test_what_is_claimed_is_begun_and_the_rest_left_alone(fake: Fake, rooms: Any) -> None:
    one, other = rooms.room("a"), rooms.room("b")
    claims = Claiming(other.due[0].job.sid)
    fake.claims = claims  # type: ignore[assignment]
    report = compose(fake, one, other)
    assert claims.begun == [one.due[0].job.sid]
    assert [name for name, *_ in fake.submitted] == ["a"]
    assert ("b", State.WAITING) in states(report)
