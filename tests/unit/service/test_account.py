"""The account: made once, secret, and refused in words where it is not."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from roomreel.errors import NotFound, SettingsInvalid, StorageFailed
from roomreel.service.access import account_file
from roomreel.service.access.account import VARIABLE, make_account, parse_account, text_of
from roomreel.service.access.account_file import (
    CurrentAccount,
    open_account,
    read_account,
    rotate_token,
)
from roomreel.settings import Settings

SID = "AC" + "0a" * 16


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path, store=tmp_path / "store")


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.service_root / "account.json"


def test_the_first_start_makes_it_and_later_ones_read_it(settings, file):
    made = open_account(settings)
    assert re.fullmatch("AC[0-9a-f]{32}", made.sid)
    assert re.fullmatch("[0-9a-f]{32}", made.auth_token)
    assert len(made.link_key) == 32
    assert made.webhook_secret.startswith("whsec_")
    assert open_account(settings) == read_account(settings) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [one for one in file.parent.iterdir() if one.name.endswith(".part")]


def test_each_installation_has_its_own():
    one, other = make_account(None), make_account(None)
    assert len({one.sid, other.sid, one.auth_token, other.auth_token}) == 4
    assert one.link_key != other.link_key
    assert one.webhook_secret != other.webhook_secret


def test_those_who_start_at_once_get_the_same(settings):
    with ThreadPoolExecutor(8) as pool:
        accounts = list(pool.map(lambda _: open_account(settings), range(8)))
    assert len({account.auth_token for account in accounts}) == 1


def test_processes_that_start_at_once_get_the_same(settings):
    code = (
        "import sys; from pathlib import Path; from roomreel.settings import Settings\n"
        "from roomreel.service.access.account_file import open_account\n"
        "print(open_account(Settings(store=Path(sys.argv[1]))).auth_token)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, settings.store], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert len({one.communicate()[0] for one in started}) == 1
    assert all(one.returncode == 0 for one in started)


def test_it_is_never_readable_by_others_while_it_is_written(settings, monkeypatch):
    modes = []
    dump = account_file.text_of

    def look(account):
        parts = list(settings.service_root.glob("*.part"))
        modes.extend(stat.S_IMODE(part.stat().st_mode) for part in parts)
        return dump(account)

    monkeypatch.setattr(account_file, "text_of", look)
    open_account(settings)
    assert modes == [0o600]


def test_a_kill_at_any_step_leaves_one_account_and_no_secrets_about(settings, file):
    code = (
        "import os, sys; from pathlib import Path; from roomreel.settings import Settings\n"
        "from roomreel.service.access import account_file as f; from functools import partial\n"
        "def die(name): name == sys.argv[2] and os._exit(9)\n"
        "f.new_file = partial(f.new_file, step=die)\n"
        "settings = Settings(store=Path(sys.argv[1]))\n"
        "getattr(f, sys.argv[3])(settings)"
    )
    for doing in ("open_account", "rotate_token"):
        for step in ("written", "synced", "renamed", "durable"):
            if doing == "open_account":
                file.unlink(missing_ok=True)
            arguments = [sys.executable, "-c", code, str(settings.store), step, doing]
            assert subprocess.run(arguments, check=False).returncode == 9
            assert open_account(settings) == open_account(settings)
    rotate_token(settings)
    assert {one.name for one in file.parent.iterdir()} == {"account.json", "account.lock"}


def test_the_setting_wins(settings):
    made = open_account(settings)
    other = settings.model_copy(update={"account_sid": SID})
    assert open_account(other).sid == SID
    assert open_account(other).auth_token == made.auth_token
    assert open_account(settings).sid == made.sid


def test_the_first_start_keeps_the_sid_that_is_set(settings, file):
    open_account(settings.model_copy(update={"account_sid": SID}))
    assert json.loads(file.read_text())["account_sid"] == SID


def test_the_environment_may_have_it(settings, file, monkeypatch):
    account = make_account(None)
    monkeypatch.setenv(VARIABLE, text_of(account))
    assert open_account(settings) == account
    assert CurrentAccount(settings).get() == account
    assert not file.exists()
    with pytest.raises(SettingsInvalid, match="cannot change"):
        rotate_token(settings)


def test_the_variable_is_no_setting(tmp_path, monkeypatch):
    from roomreel.settings import read

    monkeypatch.setenv(VARIABLE, text_of(make_account(None)))
    monkeypatch.setenv("ROOMREEL_FOLDER", str(tmp_path))
    assert "account" not in read(None).sources


def test_a_new_token_is_another_one_and_nothing_else_changes(settings, file):
    before = open_account(settings)
    after = rotate_token(settings)
    assert after.auth_token != before.auth_token
    assert read_account(settings) == after
    assert (after.sid, after.link_key) == (before.sid, before.link_key)
    assert after.webhook_secret == before.webhook_secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_there_has_to_be_an_account_to_rotate(settings, file):
    with pytest.raises(NotFound, match="there is no account"):
        rotate_token(settings)
    assert not file.parent.exists()


def test_a_running_process_sees_the_new_token(settings, file, monkeypatch):
    monkeypatch.setattr(account_file, "_LOOKED_AT_EACH_S", 0)
    current = CurrentAccount(settings)
    before = current.get()
    after = rotate_token(settings)
    assert before != after
    assert current.get() == after


def test_a_running_process_outlives_a_file_that_is_broken(settings, file, monkeypatch, caplog):
    monkeypatch.setattr(account_file, "_LOOKED_AT_EACH_S", 0)
    current = CurrentAccount(settings)
    before = current.get()
    file.write_text("{")
    with caplog.at_level(logging.ERROR):
        assert current.get() == before
        assert current.get() == before
    assert caplog.text.count("cannot be read again") == 1


def test_the_file_is_not_looked_at_for_every_request(settings):
    current = CurrentAccount(settings)
    before = current.get()
    rotate_token(settings)
    assert current.get() == before


BROKEN = {
    "empty": "",
    "cut off": '{"account_sid": "AC',
    "a list": "[]",
    "a member missing": json.dumps({"account_sid": SID}),
    "a key twice": '{"auth_token": "a", "auth_token": "b"}',
    "a token in capitals": text_of(make_account(None)).replace('auth_token": "', 'auth_token": "A'),
    "a number": '{"account_sid": 1, "auth_token": 2, "link_key": 3, "webhook_secret": 4}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_said_in_words_and_stays(settings, file, text):
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(SettingsInvalid, match=r"account\.json"):
        open_account(settings)
    assert file.read_text() == text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(settings, file, mode):
    open_account(settings)
    file.chmod(mode)
    with pytest.raises(SettingsInvalid, match=r"others may read .*account\.json") as failure:
        open_account(settings)
    assert f"chmod 600 {file}" in failure.value.remedy


def test_a_file_of_another_user_is_refused(settings, monkeypatch):
    open_account(settings)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(SettingsInvalid, match="belongs to user"):
        open_account(settings)


def test_links_folders_and_pipes_are_refused(settings, file, tmp_path):
    account = open_account(settings)
    elsewhere = tmp_path / "elsewhere.json"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    with pytest.raises(StorageFailed):
        open_account(settings)
    assert account.auth_token in elsewhere.read_text()
    for make in (Path.mkdir, os.mkfifo):
        file.rmdir() if file.is_dir() else file.unlink()
        make(file)
        with pytest.raises((SettingsInvalid, StorageFailed)):
            read_account(settings)


def test_a_home_that_cannot_be_made_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="cannot make"):
        open_account(Settings(folder=tmp_path, service_home=tmp_path / "file" / "home"))


@given(text=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: json.dumps(t).encode()))
def test_nothing_of_a_text_that_is_no_account_is_repeated(text):
    with pytest.raises(SettingsInvalid) as failure:
        parse_account(b'{"auth_token": "sesame', "account.json")
    assert "sesame" not in str(failure.value)
    with pytest.raises(SettingsInvalid):
        parse_account(text, "account.json")


def test_an_account_shows_no_secret(settings):
    account = open_account(settings)
    shown = f"{account!r} {account} {settings!r} {settings.in_force}"
    for secret in (account.auth_token, account.link_key.hex(), account.webhook_secret):
        assert secret not in shown


def test_no_setting_shows_the_database_password(settings):
    url = SecretStr("postgresql://u:sesame@h/x")
    shown = settings.model_copy(update={"service_database": url})
    assert "sesame" not in f"{shown!r} {shown.in_force}"
