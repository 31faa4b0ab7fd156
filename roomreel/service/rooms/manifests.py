"""Manifests as they are seen: rooms that go on, and recordings that no flow has recorded yet.

A look lists the manifests and reads those that changed. What they tell of and the catalogs have no
row of gets a row of its own with `rev` 0, which gives way to a row of the catalogs and never takes
the place of one. A manifest that cannot be read keeps what was seen of it last.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, select, update

from roomreel.batch.reading import read_each
from roomreel.errors import DocumentInvalid, RoomreelError, StorageFailed
from roomreel.logs import LOG
from roomreel.model.location import without_secrets
from roomreel.model.room import Manifest, RoomStatus
from roomreel.service.callbacks.checking import CALLBACK_POINTER, receiver_violations
from roomreel.service.database.connections import Database
from roomreel.service.database.first_looks import MANIFESTS as MANIFESTS_SEEN
from roomreel.service.database.first_looks import note_looked_at, was_looked_at
from roomreel.service.database.leases import take_lease
from roomreel.service.database.tables import LEASES, MANIFESTS, ROOMS
from roomreel.service.database.upsert import pieces
from roomreel.service.projection.copying import write_alone
from roomreel.service.projection.records import key_of
from roomreel.service.rooms.seen import forget_manifest, key_of_url, put_manifest, see_manifest
from roomreel.service.rooms.sizes import measure_completed
from roomreel.settings.serving import Serving
from roomreel.storage import discover_rooms_stamped, find_stamp
from roomreel.storage.places import Watched
from roomreel.storage.rooms import came_by_the_api
from roomreel.text import counted

# Each batch is read at once, and a transaction.
_AT_ONCE = 64

_LEASE = "look for an unknown room"
LONGEST_LOOK = timedelta(minutes=10)
_LOOKING = "looks "
_PATIENCE_S = 10.0
_WAIT_S = 0.05
_LEAST_PAUSE_S = 1.0
# A look at many manifests takes long: at most this part of the time is spent on unknown rooms.
_PAUSE_PER_LOOK = 4


@dataclass(frozen=True, slots=True)
class Looked:
    """The result of a look.

    Attributes:
        read: manifests that changed since the last one.
        gone: manifests that were there then.
        problems: by URL, why manifests cannot be used; what was seen of them before stays.
    """

    read: int
    gone: int
    problems: Mapping[str, RoomreelError]


class Emptied(StorageFailed):
    """A place that had manifests has none."""


def look(database: Database, settings: Serving, *, believe_empty: bool = True) -> Looked:
    """Read the manifests that changed since the last look; safe to kill and to repeat.

    Args:
        believe_empty: whether a folder that had manifests and has none has none, and is not the
            place of a disk that is away.

    Raises:
        StorageFailed: they cannot be listed, or are not believed; all that was seen stays.
        ServiceDatabaseFailed: the database does not answer.
    """
    before = _stamps(database)
    there = discover_rooms_stamped(settings.manifests, settings.rooms_root)
    gone = sorted(before.keys() - there.keys())
    if not believe_empty:
        _refuse_empty(settings, before, there)
    for some in pieces(gone, _AT_ONCE):
        with write_alone(database) as connection:
            for url in some:
                forget_manifest(connection, url)
    # Of a room that has two the first counts; where it went, the other is read again.
    before = _stamps(database) if gone else before
    changed = [url for url, stamp in there.items() if before.get(url) != stamp]
    problems: dict[str, RoomreelError] = {}
    for some in pieces(changed, _AT_ONCE):
        problems |= _take_in({url: there[url] for url in some}, database, settings)
    _note_first_look(database)
    return Looked(len(changed), len(gone), problems)


def look_at(database: Database, settings: Serving, urls: Sequence[str]) -> dict[str, RoomreelError]:
    """Read some manifests at once, of which it is known that they have changed.

    Returns:
        By URL, why manifests cannot be used.

    Raises:
        StorageFailed, ServiceDatabaseFailed: as of `look`.
    """
    # Looked at first: what changes meanwhile is read again by the next look.
    return _take_in({url: find_stamp(url) for url in urls}, database, settings)


def look_at_changed(
    database: Database, settings: Serving, place: Watched, changed: Iterable[str]
) -> dict[str, RoomreelError]:
    """Read those manifests among paths that have changed; returns and raises as `look_at`."""
    problems: dict[str, RoomreelError] = {}
    for some in pieces(place.documents(changed), _AT_ONCE):
        keys = [key_of_url(url) for url in some]
        with database.read() as connection:
            wanted = select(MANIFESTS.c.url, MANIFESTS.c.stamp).where(MANIFESTS.c.key.in_(keys))
            rows = connection.execute(wanted)
            known = {url.decode("utf-8", "surrogateescape"): stamp for url, stamp in rows}
        urls = [url for url in some if known.get(url) != find_stamp(url)]
        problems |= look_at(database, settings, urls)
    return problems


def _refuse_empty(settings: Serving, before: Mapping[str, str], there: Mapping[str, str]) -> None:
    rooms = settings.rooms_root
    lost = sum(not came_by_the_api(url, rooms) for url in before)
    if lost and all(came_by_the_api(url, rooms) for url in there):
        raise Emptied(
            f"{settings.manifests} has no manifest any more, and had {counted(lost, 'manifest')}",
            "is its disk there?",
        )


def _note_first_look(database: Database) -> None:
    with database.read() as connection:
        is_noted = was_looked_at(connection, MANIFESTS_SEEN)
    if not is_noted:
        with database.write() as connection:
            note_looked_at(connection, MANIFESTS_SEEN)


def find_manifest(database: Database, settings: Serving, room: str) -> Manifest | None:
    """Return the manifest of a room, as it is now.

    A room that is not known is looked for at once, but not more often than every second: manifests
    may be many, and whoever asks need not mean well. Who asks meanwhile waits for that look.

    Args:
        room: its sid or its unique name: of several of that name the one that goes on, else the
            one that began last.

    Raises:
        DocumentInvalid, StorageFailed: it cannot be read.
        ServiceDatabaseFailed: the database does not answer.
    """
    found = _read_known(database, room)
    if found is None:
        with _alone_for_a_while(database) as is_ours:
            if is_ours:
                look(database, settings)
            else:
                _wait_for_look(database)
            found = _read_known(database, room)
    return found


def find_room_sid(connection: Connection, room: str) -> str | None:
    """Return the sid of a room that is known by this sid or unique name; see `find_manifest`."""
    by_sid = select(ROOMS.c.sid).where(ROOMS.c.sid == room)
    if sid := connection.execute(by_sid).scalar():
        return str(sid)
    goes_on = case((ROOMS.c.status == RoomStatus.IN_PROGRESS, 0), else_=1)
    named = select(ROOMS.c.sid).where(ROOMS.c.name_key == key_of(room))
    order = (goes_on, ROOMS.c.date_created.desc(), ROOMS.c.sid.desc())
    found = connection.execute(named.order_by(*order).limit(1)).scalar()
    return found and str(found)


def _read_known(database: Database, room: str) -> Manifest | None:
    """Return the manifest of a room that is known; None where it is none of it by now."""
    with database.read() as connection:
        sid = find_room_sid(connection, room)
        urls = select(MANIFESTS.c.url).where(MANIFESTS.c.room_sid == sid).order_by(MANIFESTS.c.url)
        found = connection.execute(urls.limit(1)).scalar() if sid else None
    if found is None:
        return None
    url = found.decode("utf-8", "surrogateescape")
    result = read_each([url])[url]
    if isinstance(result, DocumentInvalid):
        raise result
    if not isinstance(result, Manifest) or result.room.sid != sid:
        return None
    return result


def _stamps(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(MANIFESTS.c.url, MANIFESTS.c.stamp))
        return {url.decode("utf-8", "surrogateescape"): stamp for url, stamp in rows}


def _take_in(
    stamps: Mapping[str, str | None], database: Database, settings: Serving
) -> dict[str, RoomreelError]:
    """Read manifests, and note them in one transaction; return, by URL, why some are of no use.

    Args:
        stamps: by URL; None of one that is gone.
    """
    results = read_each([url for url, stamp in stamps.items() if stamp is not None])
    read = [one for one in results.values() if isinstance(one, Manifest)]
    _warn_of_receivers(read, settings)
    sizes = measure_completed(database, settings, read)
    with write_alone(database) as connection:
        for url, stamp in stamps.items():
            if stamp is None:
                forget_manifest(connection, url)
            else:
                _note(connection, url, stamp, results[url], sizes)
    return {url: one for url, one in results.items() if isinstance(one, RoomreelError)}


def _warn_of_receivers(manifests: Iterable[Manifest], settings: Serving) -> None:
    """Say of which rooms events go nowhere: they are composed all the same."""
    for manifest in manifests:
        receiver = manifest.room.status_callback
        for violation in receiver_violations(receiver, CALLBACK_POINTER, settings):
            LOG.warning("%s: %s", without_secrets(manifest.url), violation)


def _note(
    connection: Connection,
    url: str,
    stamp: str,
    result: Manifest | RoomreelError | None,
    sizes: Mapping[str, int],
) -> None:
    if isinstance(result, Manifest):
        see_manifest(connection, result, stamp, sizes)
    elif result is None:  # a template, a plan ...
        forget_manifest(connection, url)
        put_manifest(connection, url, stamp, None)
    else:
        # What storage failed to give is asked for again at the next look.
        stays = stamp if isinstance(result, DocumentInvalid) else ""
        _note_problem(connection, url, stays, result)


def _note_problem(connection: Connection, url: str, stamp: str, problem: RoomreelError) -> None:
    """Note why a manifest cannot be used, and keep what was seen of it last."""
    words = str(problem).encode("utf-8", "replace").decode().replace("\0", "?")
    this = update(MANIFESTS).where(MANIFESTS.c.key == key_of_url(url))
    if not connection.execute(this.values(stamp=stamp, problem=words)).rowcount:
        put_manifest(connection, url, stamp, None, words)


@contextmanager
def _alone_for_a_while(database: Database) -> Iterator[bool]:
    """Yield whether nobody, here or elsewhere, looked for an unknown room a moment ago."""
    holder = f"{_LOOKING}{uuid.uuid4().hex}"
    if not take_lease(database, _LEASE, holder, LONGEST_LOOK):
        yield False
        return
    begun = time.monotonic()
    try:
        yield True
    finally:
        pause_s = max(_LEAST_PAUSE_S, _PAUSE_PER_LOOK * (time.monotonic() - begun))
        until = datetime.now(UTC) + timedelta(seconds=pause_s)
        with database.write() as connection:
            mine = LEASES.c.name == _LEASE, LEASES.c.holder == holder
            rests = {"holder": "nobody", "until": until}
            connection.execute(update(LEASES).where(*mine).values(rests))


def _wait_for_look(database: Database) -> None:
    """Wait until a look for an unknown room has ended that somebody has begun."""
    patience = time.monotonic() + _PATIENCE_S
    held = LEASES.c.name == _LEASE, LEASES.c.holder.startswith(_LOOKING)
    while time.monotonic() < patience:
        with database.read() as connection:
            alive = select(LEASES.c.name).where(*held, LEASES.c.until > datetime.now(UTC))
            if connection.execute(alive).first() is None:
                return
        time.sleep(_WAIT_S)
