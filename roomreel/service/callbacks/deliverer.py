"""The deliverer: sends what is in the outbox, in order per stream, fair between receivers.

Every instance of the service has one; a delivery belongs to one of them at a time, by a lease. It
is a loop in one thread: tries wait for their receivers at the same time, the database is asked in
threads beside, and what came of tries is written down together.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from roomreel.errors import CallbackRefused, ServiceDatabaseFailed
from roomreel.logs import LOG
from roomreel.service.access.account import Account
from roomreel.service.callbacks.addresses import AddressGuard
from roomreel.service.callbacks.callback_url import parse_overrides
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.messages import request_of
from roomreel.service.callbacks.outbox import (
    Claimed,
    Tried,
    claim,
    due_hosts,
    give_back,
    record,
    shown_url,
)
from roomreel.service.callbacks.receivers import Receivers
from roomreel.service.callbacks.retries import Round, Verdict, decide
from roomreel.service.callbacks.sending import REFUSED, Answer, Sender
from roomreel.service.database.connections import Database
from roomreel.settings.serving import Serving

LOOK_S = 0.5
"""How often the outbox is looked at for what other processes have put there."""

_END_S = 3.0
"""Tries that are under way when the service ends have so long."""


@dataclass
class Deliverer:
    """Sends events to those who asked to be told.

    Attributes:
        current_account: returns the account as it is now, which signs.
        holder: the name of this instance.
        counted: the tries that it made, by what became of the callback.
    """

    database: Database
    current_account: Callable[[], Account]
    settings: Serving
    holder: str
    counted: Counter[str] = field(default_factory=Counter)
    _receivers: Receivers = field(default_factory=Receivers)
    _under_way: dict[asyncio.Task[Tried], Claimed] = field(default_factory=dict)
    _done: list[Tried] = field(default_factory=list)

    def work(self, ended: threading.Event) -> None:
        """Send until the service ends."""
        asyncio.run(self._work(ended.is_set))

    def work_off(self, lasts_s: float) -> None:
        """Send what is due until nothing is, or the time is over."""
        deadline = time.monotonic() + lasts_s
        asyncio.run(self._work(lambda: time.monotonic() > deadline, to_the_end=True))

    async def _work(self, is_ended: Callable[[], bool], *, to_the_end: bool = False) -> None:
        async with Sender(AddressGuard(self.settings.callback_allow)) as sender:
            while not is_ended():
                await self._step(sender)
                if self._under_way:
                    first = asyncio.FIRST_COMPLETED
                    await asyncio.wait([*self._under_way], timeout=LOOK_S, return_when=first)
                elif to_the_end and not self._done:
                    break
                elif not self._done:
                    await asyncio.sleep(LOOK_S)
                self._collect()
            await self._end()

    async def _step(self, sender: Sender) -> None:
        """Write down what came of tries, and begin others."""
        try:
            await self._record()
            begun = await asyncio.to_thread(self._claim)
        except ServiceDatabaseFailed as error:
            LOG.warning("Callbacks wait: %s", error)
            await asyncio.sleep(LOOK_S)
            return
        for one in begun:
            self._receivers.begin(one.host, time.monotonic())
            self._under_way[asyncio.create_task(self._try(sender, one))] = one

    def _claim(self) -> Sequence[Claimed]:
        now = datetime.now(UTC)
        with self.database.read() as connection:
            due = due_hosts(connection, now)
        wanted = self._receivers.share(due, time.monotonic())
        return claim(self.database, wanted, self.holder, now) if wanted else []

    def _collect(self) -> None:
        """Take the tries that have ended."""
        for task in [task for task in self._under_way if task.done()]:
            claimed = self._under_way.pop(task)
            tried = task.result()
            answer = tried.answer
            has_answered = answer.status is not None or answer.failure == REFUSED
            answered_in_s = answer.ms / 1000 if has_answered else None
            self._receivers.end(claimed.host, time.monotonic(), answered_in_s)
            self._done.append(tried)
            self.counted[tried.verdict.status] += 1
            _log(tried)

    async def _record(self) -> None:
        done = self._done
        if done:
            # Where this fails, another has them when their leases are over: twice, not never.
            await asyncio.to_thread(record, self.database, done, datetime.now(UTC))
            self._done = []

    async def _try(self, sender: Sender, claimed: Claimed) -> Tried:
        now = datetime.now(UTC)
        answer = await self._send(sender, claimed, now)
        return Tried(claimed, now, answer, self._decide(claimed, answer))

    async def _send(self, sender: Sender, claimed: Claimed, now: datetime) -> Answer:
        try:
            target, message = request_of(claimed.told, self.current_account(), now)
        except CallbackRefused as error:
            return Answer(None, 0, failure=REFUSED, error=f"not sent: {error.message}")
        return await sender.send(target, message)

    def _decide(self, claimed: Claimed, answer: Answer) -> Verdict:
        overrides = parse_overrides(claimed.told.callback.url.partition("#")[2])
        round_ = Round(claimed.since, claimed.tries + 1, claimed.is_hint)
        lasts = timedelta(hours=self.settings.callback_retries)
        return decide(answer, round_, overrides, lasts, datetime.now(UTC))

    async def _end(self) -> None:
        """Wait for what is under way, but not long, and leave the rest to others."""
        if self._under_way:
            await asyncio.wait([*self._under_way], timeout=_END_S)
        self._collect()
        left = [*self._under_way.values()]
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        try:
            await self._record()
            await asyncio.to_thread(give_back, self.database, left, datetime.now(UTC))
        except ServiceDatabaseFailed as error:
            LOG.warning("Callbacks that are under way are sent again in a minute: %s", error)


def _log(tried: Tried) -> None:
    told = tried.claimed.told
    where = f"{told.name} of {told.stream} to {shown_url(told.callback.url)}"
    match tried.verdict.status:
        case Delivery.GIVEN_UP if not tried.claimed.is_hint:
            why = tried.answer.error or f"it answered {tried.answer.status}"
            LOG.warning("Callback given up: %s: %s", where, why)
        case Delivery.WAITING:
            LOG.info("Callback is tried again at %s: %s", tried.verdict.due, where)
