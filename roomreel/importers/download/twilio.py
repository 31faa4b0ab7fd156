"""The recordings of an account of Twilio Video, with all that its API says of them."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from roomreel.errors import ArgumentsInvalid, Cancelled, StorageFailed
from roomreel.importers.download.credentials import Credentials
from roomreel.importers.download.media import Outcome, Wanted, fetch
from roomreel.importers.download.retries import NotThere, Patience
from roomreel.importers.download.rooms import (
    Listed,
    Selection,
    list_room,
    rooms_going_on,
    rooms_of,
)
from roomreel.importers.download.service import BASE_URL, Service
from roomreel.model.room import RoomStatus
from roomreel.storage.replace import ground_of
from roomreel.text import counted, size_text

JOBS = 4

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class How:
    """The way in which things are fetched.

    Attributes:
        jobs: how many recordings at the same time.
        with_media: whether recordings are fetched at all, or only what the service says of them.
        base_url: of its API.
        first_wait_s: before the second try of a request.
    """

    jobs: int = JOBS
    with_media: bool = True
    base_url: str = BASE_URL
    first_wait_s: float = 0.5

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ArgumentsInvalid("--jobs has to be 1 or more")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The result of a download.

    Attributes:
        rooms: those with recordings.
        outcomes: how many recordings had each.
        processing: recordings, and `going_on` rooms, that are left for the next time.
        failed: what could not be fetched, with the reason.
    """

    rooms: tuple[str, ...]
    outcomes: Counter[Outcome]
    processing: int
    going_on: int
    failed: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it in a line, for people."""
        parts = [
            counted(len(self.rooms), "room"),
            f"{counted(self.outcomes[Outcome.FETCHED], 'recording')} fetched",
        ]
        for count, words in (
            (self.outcomes[Outcome.THERE], "there already"),
            (self.outcomes[Outcome.NONE], "without media"),
            (self.outcomes[Outcome.BUSY], "being fetched by another process"),
            (self.processing, "processed still"),
            (len(self.failed), "failed"),
        ):
            if count:
                parts.append(f"{count} {words}")
        if self.going_on:
            parts.append(f"{counted(self.going_on, 'room')} going on, left for the next time")
        return ", ".join(parts)


def download(
    selection: Selection,
    out: Path,
    credentials: Credentials,
    how: How | None = None,
    say: Say = lambda _: None,
) -> Downloaded:
    """Fetch the rooms of an account: answers of the service, and media that are not there yet.

    What could not be fetched does not keep the rest from being, and is in what is returned.

    Args:
        out: folder; each room gets one in it, named by its sid.
        how: unset: as its defaults say.
        say: called with a line when something is done; from one thread at a time.

    Raises:
        ArgumentsInvalid: the credentials are refused.
        NotFound: there is no room of that sid.
        StorageFailed: a list cannot be had, or the disk has no space for what is listed.
    """
    how = how or How()
    stop = threading.Event()
    patience = Patience(stop, how.first_wait_s)
    service = Service(credentials, patience, how.base_url)
    listed, going_on = _lists(service, selection, out, credentials.account, say)
    wanted = [one for room in listed for one in room.wanted] if how.with_media else []
    _refuse_to_fill(out, wanted)
    outcomes, failed = _fetched(wanted, service, patience, stop, how.jobs, say)
    return Downloaded(
        rooms=tuple(room.sid for room in listed),
        outcomes=outcomes,
        processing=sum(room.processing for room in listed),
        going_on=going_on,
        failed=tuple(failed),
    )


def _lists(
    service: Service, selection: Selection, out: Path, account: str, say: Say
) -> tuple[list[Listed], int]:
    listed: list[Listed] = []
    going_on = 0
    for room in rooms_of(service, selection):
        if room.get("status") != RoomStatus.COMPLETED:
            going_on += 1
            continue
        try:
            found = list_room(service, room, out, account)
        except NotThere:  # it has disappeared since it was listed
            continue
        if found.recordings:
            listed.append(found)
            say(f"{found.sid}: {counted(found.recordings, 'recording')}")
    if selection.room is None:
        going_on += rooms_going_on(service)
    return listed, going_on


def _refuse_to_fill(out: Path, wanted: Sequence[Wanted]) -> None:
    needed = sum(one.left for one in wanted)
    free = shutil.disk_usage(ground_of(out)).free
    if needed > free:
        raise StorageFailed(
            f"{out} has {size_text(free)} free, what is to be fetched takes {size_text(needed)}",
            "make room, choose another folder, or fetch less at a time (--since, --until)",
        )


def _fetched(
    wanted: Sequence[Wanted],
    service: Service,
    patience: Patience,
    stop: threading.Event,
    jobs: int,
    say: Say,
) -> tuple[Counter[Outcome], list[str]]:
    outcomes: Counter[Outcome] = Counter()
    failed: list[str] = []
    lock = threading.Lock()

    def fetch_one(one: Wanted) -> None:
        try:
            outcome = fetch(one, service, patience)
        except StorageFailed as error:
            with lock:
                failed.append(error.message)
                say(f"{one.sid}: {error.message}")
            return
        with lock:
            outcomes[outcome] += 1
            if outcome is Outcome.FETCHED:
                say(f"{one.sid}: fetched {one.path.name}")

    with ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[None]] = [pool.submit(fetch_one, one) for one in wanted]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Of a signal, too: what is being fetched ends with its next chunk.
            if not all(one.done() and one.exception() is None for one in futures):
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
    for one in sorted(done, key=lambda one: isinstance(one.exception(), Cancelled)):
        one.result()
    return outcomes, failed
