"""`roomreel serve --check`: what of the service is there, with nothing made by looking."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from roomreel.cli.doctor import State
from roomreel.cli.serve_checks import of_service
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
