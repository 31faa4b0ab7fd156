"""Claims on compositions, in the service database: two who make one would publish over another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select, update

from roomreel.batch.claims import Claims, NoClaims
from roomreel.compose.progress import OnProgress
from roomreel.errors import ServiceDatabaseFailed
from roomreel.logs import LOG
from roomreel.model.composition import Job
from roomreel.service.database.connections import Database, find_database
from roomreel.service.database.renewing import renewing
from roomreel.service.database.tables import CLAIMS
from roomreel.service.database.upsert import insert_new
from roomreel.service.requests.composition_events import note_started
from roomreel.service.requests.watch import watch_in
from roomreel.settings.serving import Serving

LASTS = timedelta(seconds=60)
"""How long a claim stands that is not renewed: its holder may be on another machine, and killed."""


class DatabaseClaims:
    """The claims of one holder."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._held: set[str] = set()

    @property
    def held(self) -> frozenset[str]:
        """The sids that are claimed."""
        return frozenset(self._held)

    def take(self, sids: Collection[str]) -> Mapping[str, str]:
        """Claim compositions; return those that others hold, by sid, with their names."""
        if not sids:
            return {}
        try:
            held = self._take(sids)
        except ServiceDatabaseFailed as error:
            # It keeps no night from its work.
            LOG.warning("Nobody was asked who else composes: %s", error)
            return {}
        self._held |= {*sids} - held.keys()
        return held

    def begin(self, jobs: Collection[Job]) -> None:
        """Note that compositions are begun, for those who want to be told."""
        told = [job for job in jobs if job.template.status_callback]
        if not told:
            return
        try:
            with self._database.write() as connection:
                note_started(connection, told)
        except ServiceDatabaseFailed as error:
            LOG.warning("No callback says what is begun: %s", error)

    def watch(self, jobs: Collection[Job]) -> OnProgress:
        """Return what takes the progress of a render of these."""
        return watch_in(self._database, jobs)

    def release(self, sids: Collection[str]) -> None:
        """Give up claims."""
        ours = self._held & {*sids}
        self._held -= ours
        if not ours:
            return
        try:
            with self._database.write() as connection:
                mine = CLAIMS.c.holder == self._holder
                connection.execute(delete(CLAIMS).where(CLAIMS.c.sid.in_(ours), mine))
        except ServiceDatabaseFailed as error:
            LOG.warning("Claims are not given up, and end by themselves: %s", error)

    def renew(self) -> None:
        """Have the claims stand a while longer."""
        held = [*self._held]
        if held:
            with self._database.write() as connection:
                mine = update(CLAIMS).where(CLAIMS.c.holder == self._holder)
                until = datetime.now(UTC) + LASTS
                connection.execute(mine.where(CLAIMS.c.sid.in_(held)).values(until=until))

    def _take(self, sids: Collection[str]) -> dict[str, str]:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            free = or_(CLAIMS.c.until < now, CLAIMS.c.holder == self._holder)
            connection.execute(delete(CLAIMS).where(CLAIMS.c.sid.in_(sids), free))
            for sid in sids:
                row = {"sid": sid, "holder": self._holder, "until": now + LASTS}
                insert_new(connection, CLAIMS, row)
            others = CLAIMS.c.sid.in_(sids), CLAIMS.c.holder != self._holder
            found = connection.execute(select(CLAIMS.c.sid, CLAIMS.c.holder).where(*others))
            return {row.sid: row.holder for row in found}


@contextmanager
def claims_of(settings: Serving, holder: str) -> Iterator[Claims]:
    """Yield the claims of a run, which stand as long as the block lasts.

    Where there is no service database, or it does not answer, nobody is asked.

    Args:
        holder: what the others call it.
    """
    try:
        database = find_database(settings)
    except ServiceDatabaseFailed as error:
        LOG.warning("Nobody is asked who else composes: %s", error)
        database = None
    if database is None:
        yield NoClaims()
        return
    claims = DatabaseClaims(database, holder)
    try:
        with renewing(claims.renew, "Claims are"):
            yield claims
    finally:
        claims.release([*claims.held])
        database.close()
