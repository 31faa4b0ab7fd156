"""`roomreel serve --check`: what of the service is there, with nothing made by looking."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from roomreel.cli.doctor import State
from roomreel.cli.serve_checks import of_callbacks, of_service
from roomreel.service.access.account_file import open_account
from roomreel.service.database.connections import open_database
from roomreel.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path, store=tmp_path / "store")


def test_before_the_first_start_both_are_missing_and_nothing_is_made(settings: Settings) -> None:
    checks = [*of_service(settings)]
    assert [each.state for each in checks] == [State.MISSING, State.MISSING]
    assert all("first start" in each.remedy for each in checks)
    assert not settings.service_root.exists()


def test_after_it_both_are_there_and_no_secret_is_shown(settings: Settings) -> None:
    account = open_account(settings)
    open_database(settings).close()
    checks = {each.name: each for each in of_service(settings)}
    assert {each.state for each in checks.values()} == {State.OK}
    assert checks["account"].detail == account.sid
    assert account.auth_token not in str(checks)


def test_a_server_that_is_away_is_said_without_its_password(settings: Settings) -> None:
    url = SecretStr("postgresql://roomreel:sesame@127.0.0.1:1/none")
    checks = [*of_service(settings.model_copy(update={"service_database": url}))]
    assert checks[1].state is State.MISSING
    assert "sesame" not in str(checks)


def test_callbacks_are_looked_at_where_they_are_sent(settings: Settings) -> None:
    assert [*of_callbacks(settings)] == []
    open_database(settings).close()
    account, allowed = of_callbacks(settings)
    assert (account.state, allowed.state) == (State.MISSING, State.OK)
    assert "first start" in account.remedy
    sid = open_account(settings).sid
    account, _ = of_callbacks(settings)
    assert (account.state, account.detail) == (State.OK, sid)
    (settings.service_root / "account.json").chmod(0o644)
    account, _ = of_callbacks(settings)
    assert (account.state, "chmod 600" in account.remedy) == (State.MISSING, True)
    # A machine that only composes.
    url = SecretStr("postgresql://roomreel@127.0.0.1:1/none")
    elsewhere = settings.model_copy(
        update={"service_database": url, "service_home": settings.folder / "none"}
    )
    account, _ = of_callbacks(elsewhere)
    assert account.state is State.WARNING


@pytest.mark.parametrize(
    ("allowed", "state"),
    [
        ([], State.OK),
        (["app.internal"], State.OK),
        (["10.0.0.0/24", "127.0.0.1"], State.OK),
        (["0.0.0.0/0"], State.WARNING),
        (["169.254.0.0/16"], State.WARNING),
        (["169.254.169.254"], State.WARNING),
        (["fd00::/8"], State.WARNING),
        (["100.64.0.0/10", "app.internal"], State.WARNING),
    ],
    ids=str,
)
def test_an_address_that_no_receiver_has_is_told_of(
    settings: Settings, allowed: list[str], state: State
) -> None:
    open_database(settings).close()
    given = Settings.model_validate(settings.model_dump() | {"callback_allow": allowed})
    _, check = of_callbacks(given)
    assert check.state is state
    assert all(one in check.detail for one in allowed)
    assert ("metadata" in check.detail) == (state is State.WARNING)
