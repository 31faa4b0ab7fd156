"""The service database, for a verb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from roomreel.cli.options import Config
from roomreel.errors import NotFound

if TYPE_CHECKING:
    from roomreel.service.database.connections import Database
    from roomreel.settings import Settings


@contextmanager
def open_service(config: Config) -> Iterator[tuple[Database, Settings]]:
    """Yield the service database and the settings.

    Raises:
        RoomreelError: it cannot be reached, made or used.
    """
    from roomreel.cli.configuration import load
    from roomreel.service.database.connections import open_database

    settings = load(config)
    with closing(open_database(settings)) as database:
        yield database, settings


@contextmanager
def existing_service(config: Config) -> Iterator[tuple[Database, Settings]]:
    """Yield the service database and the settings, where there is one: it is not made.

    Raises:
        NotFound: there is none.
        RoomreelError: it cannot be reached or used.
    """
    from roomreel.cli.configuration import load
    from roomreel.service.database.connections import find_database

    settings = load(config)
    database = find_database(settings)
    if database is None:
        raise NotFound("there is no service database here", "roomreel serve makes it")
    with closing(database):
        yield database, settings
