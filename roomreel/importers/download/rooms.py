"""Rooms of an account, the answers of the service about each, and recordings to be fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from roomreel.errors import ArgumentsInvalid, NotFound
from roomreel.importers.download import stored
from roomreel.importers.download.media import Wanted
from roomreel.importers.download.retries import NotThere
from roomreel.importers.download.service import Service
from roomreel.importers.vendors.twilio_documents import is_sid
from roomreel.model.room import USUAL_CONTAINERS, RecordingStatus, RoomStatus
from roomreel.storage import clean_up_unfinished

LONGEST_ROOM = timedelta(days=7)
"""Lists know when a room began; one that ended in a span began not longer before it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rooms that are wanted: one, or those that ended in a span of time.

    Attributes:
        since: they ended then or later; `until`: before then. UTC.
    """

    room: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.room is not None and (self.since or self.until):
            raise ArgumentsInvalid("--room names one room; --since and --until go without it")
        if self.room is not None and not is_sid(self.room, "RM"):
            raise ArgumentsInvalid("--room is not the sid of a room", "it is RM and 32 digits")
        if self.since and self.until and self.since >= self.until:
            raise ArgumentsInvalid("--since is not before --until")

    def holds(self, room: Mapping[str, Any]) -> bool:
        """Return whether a room ended in the span."""
        if self.since is None and self.until is None:
            return True
        ended = _instant(room.get("end_time"))
        is_late = self.since is None or (ended is not None and ended >= self.since)
        return is_late and (self.until is None or (ended is not None and ended < self.until))


@dataclass(frozen=True, slots=True)
class Listed:
    """The recordings of a room.

    Attributes:
        recordings: how many are listed.
        processing: how many of them cannot be fetched yet.
        wanted: those that have media.
    """

    sid: str
    recordings: int
    processing: int
    wanted: tuple[Wanted, ...]


def rooms_of(service: Service, selection: Selection) -> Iterator[dict[str, Any]]:
    """Yield the resources of the rooms that are over.

    Raises:
        NotFound: there is no room of that sid.
        ArgumentsInvalid, StorageFailed: as of `Service.resource`.
    """
    if selection.room is not None:
        try:
            yield service.resource(f"/v1/Rooms/{selection.room}")
        except NotThere:
            raise NotFound(
                f"the account has no room {selection.room}", "rooms are listed for a while only"
            ) from None
        return
    filters = {"Status": RoomStatus.COMPLETED.value}
    if selection.since is not None:
        filters["DateCreatedAfter"] = _date(selection.since - LONGEST_ROOM)
    if selection.until is not None:
        filters["DateCreatedBefore"] = _date(selection.until)
    for room in _rows(service, "/v1/Rooms", "rooms", filters):
        if is_sid(room.get("sid"), "RM") and selection.holds(room):
            yield room


def rooms_going_on(service: Service) -> int:
    """Return how many rooms are not over."""
    filters = {"Status": RoomStatus.IN_PROGRESS.value}
    return sum(1 for _ in _rows(service, "/v1/Rooms", "rooms", filters))


def list_room(service: Service, room: Mapping[str, Any], out: Path, account: str) -> Listed:
    """Keep what the service says of a room, and return what there is to fetch.

    Of a room without recordings nothing is kept. What a kill left half written goes.
    """
    sid = str(room["sid"])
    folder = out / sid
    path = f"/v1/Rooms/{sid}"
    lists = [
        ("recordings", list(service.pages(f"{path}/Recordings"))),
        ("recordings-deleted", list(service.pages(f"{path}/Recordings", Status="deleted"))),
    ]
    rows = {
        str(one.get("sid")): one
        for _, pages in lists
        for page in pages
        for one in _of_page(page, "recordings")
        if is_sid(one.get("sid"), "RT")
    }
    if rows:
        if folder.is_dir():
            clean_up_unfinished(folder)
        lists.append(("participants", list(service.pages(f"{path}/Participants"))))
        stored.keep(folder, "room", room, account)
        for name, pages in lists:
            for number, page in enumerate(pages):
                stored.keep(folder, stored.page_name(name, number), page, account)
            stored.drop_pages(folder, name, len(pages))
    statuses = [str(one.get("status", "")).lower() for one in rows.values()]
    return Listed(
        sid,
        len(rows),
        statuses.count(RecordingStatus.PROCESSING),
        tuple(
            _wanted(one, folder)
            for one, status in zip(rows.values(), statuses, strict=True)
            if status == RecordingStatus.COMPLETED
        ),
    )


def _wanted(row: Mapping[str, Any], folder: Path) -> Wanted:
    kind = str(row.get("type", "")).lower()
    said = str(row.get("container_format", "")).lower()
    known = set(USUAL_CONTAINERS.values())
    ending = said if said in known else USUAL_CONTAINERS.get(kind, "mkv")
    size = row.get("size")
    claimed = size if isinstance(size, int) and size > 0 else 0
    return Wanted(str(row["sid"]), folder / f"{row['sid']}.{ending}", claimed)


def _rows(
    service: Service, path: str, key: str, filters: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for page in service.pages(path, **filters):
        yield from _of_page(page, key)


def _of_page(page: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    rows = page.get(key)
    if isinstance(rows, list):
        yield from (one for one in rows if isinstance(one, dict))


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
