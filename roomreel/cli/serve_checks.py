"""Checks of the service: its account, its database, and what callbacks need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from roomreel.cli.doctor import Check, State
from roomreel.errors import CallbackRefused, NotFound, RoomreelError

if TYPE_CHECKING:
    from roomreel.service.callbacks.addresses import AddressGuard
    from roomreel.settings import Settings


def of_service(settings: Settings) -> Iterator[Check]:
    """Check what `serve` keeps, and change nothing."""
    yield _account(settings)
    yield _database(settings)


def of_callbacks(settings: Settings) -> Iterator[Check]:
    """Check that callbacks can be signed, and where they may go; nothing where none are sent."""
    if not settings.has_service:
        return
    signs = _account(settings)
    is_elsewhere = signs.state is State.MISSING and settings.service_database is not None
    # Of several machines those that compose need none.
    yield replace(signs, state=State.WARNING) if is_elsewhere else signs
    yield _allowed(settings)


def of_storage_settings(settings: Settings) -> Iterator[Check]:
    """Check that media can be stored as clients have set it; nothing where they have not.

    Where compositions go to a bucket of others, an object is written there and removed.
    """
    from roomreel.compose.stored_settings import (
        compositions_place,
        read_storage_settings,
        recordings_key,
        recordings_place,
        with_stored_settings,
    )
    from roomreel.storage.stores import check_writable

    def try_bucket() -> str:
        external = with_stored_settings(settings).external
        if external is None:
            return "in the store, encrypted"
        check_writable(external.folder)
        return str(external.folder)

    def read_key() -> str:
        recordings_key(settings)
        return "encrypted as they are put"

    for name, place, look in (
        ("CompositionSettings", compositions_place(settings), try_bucket),
        ("RecordingSettings", recordings_place(settings), read_key),
    ):
        try:
            told = read_storage_settings(place)
            if told.encryption_key_sid or told.aws_credentials_sid:
                yield Check(name, State.OK, look())
        except RoomreelError as error:
            yield Check(name, State.MISSING, error.message, error.remedy)


def _allowed(settings: Settings) -> Check:
    from roomreel.service.callbacks.addresses import AddressGuard

    name, allowed = "callbacks", settings.callback_allow
    if not allowed:
        return Check(name, State.OK, "to the internet alone: callback_allow is not set")
    guard, words = AddressGuard(allowed), f"to the internet, and to {', '.join(allowed)}"
    opened = [what for address, what in _KEPT_FROM if _is_let_in(guard, address)]
    if opened:
        remedy = "name hosts, or smaller networks, in callback_allow"
        return Check(name, State.WARNING, f"{words}: among them {', '.join(opened)}", remedy)
    return Check(name, State.OK, words)


_KEPT_FROM = (
    ("169.254.169.254", "the metadata service of a cloud, which gives away keys"),
    ("fd00:ec2::254", "the metadata service of a cloud, by IPv6"),
    ("100.100.100.200", "the metadata service of another cloud"),
    ("168.63.129.16", "the host of a cloud's machine"),
)
"""Addresses that no receiver has."""


def _is_let_in(guard: AddressGuard, address: str) -> bool:
    try:
        guard.refuse_host(address)
    except CallbackRefused:
        return False
    return True


def _account(settings: Settings) -> Check:
    from roomreel.service.access.account_file import read_account

    try:
        return Check("account", State.OK, read_account(settings).sid)
    except NotFound as error:
        return Check("account", State.MISSING, error.message, "the first start makes it")
    except RoomreelError as error:
        return Check("account", State.MISSING, error.message, error.remedy)


def _database(settings: Settings) -> Check:
    from roomreel.service.database.connections import revision_of

    name = "service database"
    kind = "SQLite" if settings.service_database is None else "PostgreSQL"
    try:
        revision = revision_of(settings)
    except RoomreelError as error:
        return Check(name, State.MISSING, error.message, error.remedy)
    if revision is None:
        return Check(name, State.MISSING, f"no tables in {kind}", "the first start makes them")
    if kind == "SQLite":
        remedy = "set service_database where more than one machine takes part"
        return Check(name, State.OK, f"SQLite, for one machine; {remedy}")
    return Check(name, State.OK, f"PostgreSQL, revision {revision}")
