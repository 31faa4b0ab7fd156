"""One instance of the service: settings, database, account, and who hears of new work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.service.access.account import Account
from roomreel.service.database.connections import Database
from roomreel.service.hooks.hook_files import HookReader
from roomreel.settings import Settings


def _tell_nobody() -> None:
    """Leave new work to whoever looks for it."""


@dataclass(frozen=True)
class Service:
    """One instance of the service.

    Attributes:
        current_account: returns the account as it is now.
        url: what URLs in answers begin with, without a slash at its end.
        wake: called when a request has come in.
        seen: what was looked at since it started: catalogs ("refresh") and manifests.
        looked_at: when this instance itself did so last, by a clock that never goes back.
        troubles: what cannot be looked at now, and why.
        callback_tries: how many this instance made, by what became of the callback.
        ends: set when it is about to end: answers that would go on end then.
    """

    settings: Settings
    database: Database
    current_account: Callable[[], Account]
    url: str
    wake: Callable[[], None] = _tell_nobody
    seen: set[str] = field(default_factory=set)
    looked_at: dict[str, float] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    callback_tries: Counter[str] = field(default_factory=Counter)
    ends: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def hooks(self) -> HookReader:
        """The hooks of this installation."""
        return HookReader(self.settings)

    @property
    def is_ready(self) -> bool:
        """True once its lists have what was there when it started."""
        return {"refresh", "manifests"} <= self.seen

    @property
    def account(self) -> Account:
        """The account, as it is now."""
        return self.current_account()

    @property
    def catalog(self) -> Catalog:
        """The catalogs, which decide."""
        return open_catalog(self.settings)
