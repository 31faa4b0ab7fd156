"""The watcher of manifests: notices of changes on a disk, and a look at all of them now and then.

Looks are as often as the setting says, and rarer where they take long: they cost a hundredth of a
core at most. Between them, notices say what has changed, where there are any: an S3 store has none,
nor has what other machines write on a network file system.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from roomreel.errors import RoomreelError, StorageFailed
from roomreel.logs import LOG
from roomreel.model.location import without_secrets
from roomreel.service.duty import Duty
from roomreel.service.rooms.manifests import Emptied, look, look_at_changed
from roomreel.service.rooms.notices import Notices
from roomreel.service.rooms.stranded import fail_stranded
from roomreel.service.service import Service
from roomreel.storage.places import Watched, watched_place

NAME = "manifests"

COST = 0.008
"""Part of a core that looks take in which nothing is new; notices have the rest of a hundredth."""

WAKE_S = 1.0
"""How often it is looked whether the folder is there."""

EMPTY_BELIEVED_S = 600.0
"""After so long a folder that had manifests and has none is no disk that is away."""


class Watcher:
    """Sees what becomes of manifests; one instance of the service at a time.

    Args:
        holder: this instance.

    Attributes:
        next_look: when all of them are looked at again, by a clock that never goes back.
        is_after_notices: whether they were to be looked at since there are notices: what changed
            before that, nobody else says.
    """

    def __init__(self, service: Service, holder: str) -> None:
        self._service = service
        self._duty = Duty(service.database, NAME, holder)
        self._wake = threading.Event()
        self._notices: Notices | None = None
        self._place: Watched | None = watched_place(service.settings.manifests)
        self.next_look = 0.0
        self._empty_since: float | None = None
        self.is_after_notices = False

    def work(self, ended: threading.Event) -> None:
        """Watch until the service ends; what fails is tried again."""
        try:
            while not ended.is_set():
                try:
                    self.step()
                except RoomreelError as error:
                    self._trouble(str(error))
                    self.next_look = time.monotonic() + self._every_s
                self._wake.wait(WAKE_S)
                self._wake.clear()
        finally:
            self._stop()

    def step(self) -> None:
        """Look at what has changed, or at all of it where it is time to.

        Raises:
            RoomreelError: something does not answer.
        """
        service = self._service
        if not self._duty.take():
            self._stop()
            self.next_look = 0.0
            service.seen.add(NAME)
            return
        self._listen()
        if time.monotonic() >= self.next_look:
            self._look()
        elif self._notices is not None and (changed := self._notices.take()):
            place = self._place
            if place:
                _warn(look_at_changed(service.database, service.settings, place, changed))
        service.seen.add(NAME)
        service.looked_at[NAME] = time.monotonic()

    @property
    def _every_s(self) -> float:
        return self._service.settings.manifests_poll_s

    def _look(self) -> None:
        """Look at all of them, and say when to do so again."""
        service = self._service
        # What they tell of is among what is looked at now.
        if self._notices is not None:
            self._notices.take()
        begun = time.thread_time()
        is_believed = self._is_empty_believed()
        try:
            looked = look(service.database, service.settings, believe_empty=is_believed)
        except StorageFailed as error:
            is_empty = isinstance(error, Emptied)
            self._empty_since = (self._empty_since or time.monotonic()) if is_empty else None
            self._stop()
            raise
        cost = time.thread_time() - begun
        is_new = looked.read or looked.gone
        pause = self._every_s if is_new else max(self._every_s, cost / COST)
        self.next_look = time.monotonic() + pause
        self._empty_since = None
        self._trouble("")
        _warn(looked.problems)
        fail_stranded(service.database, service.settings, datetime.now(UTC))

    def _is_empty_believed(self) -> bool:
        since = self._empty_since
        return since is not None and time.monotonic() - since > EMPTY_BELIEVED_S

    def _listen(self) -> None:
        """Have notices of the folder that is there now; of what came before, a look tells."""
        notices = self._notices
        if notices is not None and notices.is_stale():
            self._stop()
            self.next_look = 0.0
        if self._notices is None and self._place is not None:
            notices = Notices(self._place.folder, self._place.fits, self._wake.set)
            try:
                notices.start()
            except OSError:  # the look says why
                return
            self._notices = notices
            self.next_look = 0.0
            self.is_after_notices = False
        if self._notices is not None and self._notices.is_listening and not self.is_after_notices:
            self.is_after_notices = True
            self.next_look = 0.0
        if self._notices is not None and self._notices.problem:
            LOG.warning(
                "No notices of changes in %s, which is looked at now and then: %s",
                self._notices.folder,
                self._notices.problem,
            )
            self._place = None
            self._stop()

    def _stop(self) -> None:
        if self._notices is not None:
            self._notices.stop()
            self._notices = None

    def _trouble(self, words: str) -> None:
        """Say once that something is wrong, and once that it is not any more."""
        before = self._service.troubles.get(NAME, "")
        if words == before:
            return
        if words:
            LOG.warning("Manifests: %s; what was seen of them stays", words)
            self._service.troubles[NAME] = words
        else:
            LOG.info("Manifests can be looked at again")
            self._service.troubles.pop(NAME)


def _warn(problems: Mapping[str, RoomreelError]) -> None:
    for url, problem in problems.items():
        LOG.warning("%s cannot be used: %s", without_secrets(url), problem)
