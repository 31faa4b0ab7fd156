"""The service database: its tables, its file, and who makes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from roomreel.errors import ServiceDatabaseFailed, SettingsInvalid
from roomreel.service.database.connections import Database, find_database, open_database
from roomreel.service.database.leases import end_leases, take_lease
from roomreel.service.database.tables import LEASES, METADATA
from roomreel.service.database.upsert import insert_new, put
from roomreel.settings import Settings

NOW = datetime(2026, 11, 29, 12, 0, 0, 123_456, tzinfo=UTC)


def test_the_migrations_make_the_tables_of_the_code(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize("_again", range(5))
def test_those_who_start_at_once_make_them_once(settings, _again):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_database(settings), range(8)))
    with opened[0].read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            ("0001",)
        ]
    for one in opened:
        one.close()


def test_a_database_of_a_newer_version_is_refused(database, settings):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ServiceDatabaseFailed, match="newer roomreel") as failure:
        open_database(settings)
    assert "install" in failure.value.remedy


def test_an_instant_is_kept_to_the_microsecond_and_in_order(database):
    later = NOW + timedelta(microseconds=1)
    with database.write() as connection:
        put(
            connection,
            LEASES,
            [
                {"name": "b", "holder": "x", "until": later},
                {"name": "a", "holder": "x", "until": NOW},
            ],
        )
    with database.read() as connection:
        found = connection.execute(select(LEASES.c.until).order_by(LEASES.c.until)).scalars().all()
    assert found == [NOW, later]


def test_a_block_that_raises_changes_nothing(database):
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(LEASES).values(name="a", holder="x", until=NOW))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert connection.execute(select(LEASES)).all() == []


def test_put_replaces_and_insert_new_does_not(database):
    row = {"name": "a", "holder": "x", "until": NOW}
    with database.write() as connection:
        assert insert_new(connection, LEASES, row)
        assert not insert_new(connection, LEASES, row | {"holder": "y"})
        assert connection.execute(select(LEASES.c.holder)).scalar() == "x"
        put(connection, LEASES, [row | {"holder": "y"}])
        assert connection.execute(select(LEASES.c.holder)).scalar() == "y"


def test_a_duty_is_one_holder_s_until_it_ends_or_is_given_up(database):
    hour, past = timedelta(hours=1), timedelta(seconds=-1)
    assert take_lease(database, "watch", "one", hour)
    assert take_lease(database, "watch", "one", hour)
    assert not take_lease(database, "watch", "two", hour)
    end_leases(database, "one")
    assert take_lease(database, "watch", "two", past)
    assert take_lease(database, "watch", "one", hour)


@pytest.mark.parametrize("tries", range(3))
def test_of_many_who_ask_at_once_one_gets_a_duty(database, tries):
    def ask(number: int) -> bool:
        return take_lease(database, "refresh", f"instance {number}", timedelta(hours=1))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_the_file_is_its_owner_s_alone(tmp_path):
    settings = Settings(folder=tmp_path, store=tmp_path / "store")
    assert find_database(settings) is None
    open_database(settings).close()
    assert {file.stat().st_mode & 0o777 for file in settings.service_root.iterdir()} == {0o600}
    assert isinstance(find_database(settings), Database)


def test_a_url_of_another_kind_is_refused_without_its_password(tmp_path):
    for url in ("mysql://user:sesame@host/name", "sesame", "postgresql+nonsense://sesame@host"):
        settings = Settings(folder=tmp_path, service_database=SecretStr(url))
        with pytest.raises(SettingsInvalid) as failure:
            open_database(settings)
        assert "sesame" not in str(failure.value)


def test_a_server_that_is_not_there_is_said_in_words(tmp_path):
    url = SecretStr("postgresql://roomreel:sesame@127.0.0.1:1/none")
    with pytest.raises(ServiceDatabaseFailed, match="refused") as failure:
        open_database(Settings(folder=tmp_path, service_database=url))
    assert "sesame" not in str(failure.value)


def test_a_home_that_cannot_be_made_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(folder=tmp_path, service_home=tmp_path / "file" / "home")
    with pytest.raises(ServiceDatabaseFailed, match="cannot be made"):
        open_database(settings)
