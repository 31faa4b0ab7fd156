"""Credentials that Prefect keeps reach every client of S3, and nothing that is told or logged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.system import Secret

from roomreel.errors import SettingsInvalid
from roomreel.flows.orchestration.settings import load

KEYS = {"aws_access_key_id": "AKIA-TEST", "aws_secret_access_key": "hidden/secret+key"}
SECRET = KEYS["aws_secret_access_key"]


@pytest.fixture
def config(prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name a block; what a test puts into the environment goes with it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "another's")
    file = tmp_path / "roomreel.toml"
    file.write_text('s3_credentials = "calls"\n')
    return file


def keep(value: Any) -> None:
    Secret(value=value).save("calls", overwrite=True)


@pytest.mark.parametrize("token", [None, "a-token"])
def test_children_have_the_credentials_of_the_block(
    config: Path, token: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    keep(KEYS | ({"aws_session_token": token} if token else {}))
    settings = load(config)
    ask = (
        "from botocore.session import Session;"
        "print(*Session().get_credentials().get_frozen_credentials())"
    )
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.split()[:2] == [*KEYS.values()]
    assert ("a-token" in told.stdout) is bool(token)
    assert "another's" not in told.stdout
    assert SECRET not in repr(settings) + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        {"aws_secret_access_key": SECRET},
        KEYS | {"more": SECRET},
        {**KEYS, "aws_session_token": 5},
    ],
    ids=["text", "half", "more", "number"],
)
def test_a_block_of_something_else_is_refused_without_repeating_it(
    config: Path, value: Any
) -> None:
    keep(value)
    with pytest.raises(SettingsInvalid, match="'calls' does not hold credentials") as refused:
        load(config)
    assert SECRET not in str(refused.value)
    assert os.environ["AWS_ACCESS_KEY_ID"] == "another's"


def test_a_block_that_is_not_there_is_told_of(config: Path) -> None:
    config.write_text('s3_credentials = "nobody"\n')
    with pytest.raises(SettingsInvalid, match="no Secret block 'nobody'"):
        load(config)


def test_a_run_of_a_worker_writes_nothing_that_is_removed_with_it(
    prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().store == tmp_path / "data" / "store"
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "of-a-worker")
    with pytest.raises(SettingsInvalid, match="temporary folder") as caught:
        load()
    assert "ROOMREEL_FOLDER" in caught.value.remedy
    monkeypatch.setenv("ROOMREEL_FOLDER", str(tmp_path))
    assert load().store == tmp_path / "data" / "store"
