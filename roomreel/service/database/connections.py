"""The service database: connections, transactions, migrations."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from roomreel.errors import ServiceDatabaseFailed, SettingsInvalid
from roomreel.settings.serving import Serving

MIGRATIONS = str(Path(__file__).parent / "migrations")

# A writer waits for the one before it: a commit to a slow disk takes tens of milliseconds.
_SQLITE_WAIT_S = 30
_LOCKED_AGAIN_S = 0.05
# Any number that no other program takes locks by: digits of "roomreel".
_MIGRATION_LOCK = 726_667_335
_WRITES = {"roomreel_writes": True}


class Database:
    """The service database.

    Attributes:
        engine: of SQLAlchemy.
        is_sqlite: whether it is a file of this machine.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection whose transaction sees one state.

        Raises:
            ServiceDatabaseFailed: the database does not answer.
        """
        with _translating(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is committed at the end of the block.

        On SQLite there is one writer at a time, from the beginning of its block on.

        Raises:
            ServiceDatabaseFailed: the database does not answer, or takes no change.
        """
        with _translating(), self.engine.execution_options(**_WRITES).begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Make the tables as this version has them; one instance at a time.

        Raises:
            ServiceDatabaseFailed: it does not answer, or a newer roomreel has made them.
        """
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            config = _alembic(connection)
            current = MigrationContext.configure(connection).get_current_revision()
            known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
            if current is not None and current not in known:
                raise ServiceDatabaseFailed(
                    f"a newer roomreel has made the service database (revision {current})",
                    "install that version here, too",
                )
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def open_database(settings: Serving) -> Database:
    """Return the service database of the settings, with its tables.

    Raises:
        ServiceDatabaseFailed: it cannot be reached, made or used.
        SettingsInvalid: its URL cannot be used.
    """
    database = Database(engine_of(settings))
    database.migrate()
    return database


def revision_of(settings: Serving) -> str | None:
    """Return the revision of the tables of the settings' database; None: there are none yet.

    Raises:
        ServiceDatabaseFailed: it does not answer.
        SettingsInvalid: its URL cannot be used.
    """
    if not settings.has_service:
        return None
    database = Database(engine_of(settings))
    try:
        with database.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.close()


def find_database(settings: Serving) -> Database | None:
    """Return the service database where there is one: a run needs none.

    Raises:
        ServiceDatabaseFailed: it does not answer.
        SettingsInvalid: its URL cannot be used.
    """
    if not settings.has_service:
        return None
    return open_database(settings)


def engine_of(settings: Serving) -> Engine:
    """Return an engine for the database of the settings; it connects when it is asked.

    Raises:
        SettingsInvalid: its URL cannot be used.
        ServiceDatabaseFailed: its file cannot be made.
    """
    if settings.service_database is None:
        return _sqlite(settings.service_file)
    try:
        url = make_url(settings.service_database.get_secret_value())
    except ArgumentError as error:
        raise _unusable() from error
    if url.drivername not in {"postgresql", "postgresql+psycopg", "postgresql+asyncpg"}:
        raise _unusable()
    # A connection that a restart of the server has closed is made again, before it is used.
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def _unusable() -> SettingsInvalid:
    # Not repeated: there may be a password in it.
    return SettingsInvalid(
        "service_database is no URL of PostgreSQL",
        "such as postgresql://user:password@host/name; unset: SQLite below service_home",
    )


def _sqlite(file: Path) -> Engine:
    _make_private(file)
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"timeout": _SQLITE_WAIT_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(file: Path) -> None:
    """Make a file that its owner alone may read: SQLite gives its journal the same mode.

    Raises:
        ServiceDatabaseFailed: it cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR))
    except OSError as error:
        raise ServiceDatabaseFailed(
            f"{file} cannot be made: {error.strerror}", "set service_home to a folder that can"
        ) from error


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Have a file write ahead, which it then does for good.

    Of two who set that in a new file at once SQLite refuses one, however long it may wait.
    """
    deadline = time.monotonic() + _SQLITE_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOCKED_AGAIN_S)
        else:
            return


def _begin(connection: Connection) -> None:
    # One that reads first and then writes would fail where another wrote in between.
    writes = connection.get_execution_options().get("roomreel_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise ServiceDatabaseFailed(
            f"the service database does not do what it is asked: {_reason(error)}",
            "is it running, and is there room on its disk?",
        ) from error
    except SQLAlchemyError as error:
        raise ServiceDatabaseFailed(f"the service database: {type(error).__name__}") from error


def _reason(error: DBAPIError) -> str:
    # SQLAlchemy's own text has statement and parameters in it.
    return str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
