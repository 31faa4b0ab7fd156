"""Keys that Prefect's server keeps in blocks: flows and commands read them there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings

from roomreel.compose.stored_settings import compositions_place
from roomreel.documents.stored_settings import StorageSettings, storage_settings_text
from roomreel.encryption import encryptor_of
from roomreel.encryption.keys import age_fingerprint
from roomreel.errors import NotFound, OrchestratorFailed, SettingsInvalid
from roomreel.flows.orchestration import blocks
from roomreel.flows.orchestration.blocks import read_block
from roomreel.flows.orchestration.settings import load, load_to_compose
from roomreel.model.key_source import Block
from roomreel.service.settings.credentials import add_credential
from roomreel.storage import key_sources, write_bytes

NOWHERE = "http://user:hidden@127.0.0.1:9/api"
MAIN = "from roomreel.cli import main; main()"


@pytest.fixture(autouse=True)
def _as_at_first(prefect: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(key_sources._Port, "read_block", None)
    blocks._kept.clear()
    yield
    blocks._kept.clear()


def keep(name: str, value: Any) -> None:
    Secret(value=value).save(name, overwrite=True)


def test_a_block_is_text_or_json() -> None:
    keep("as-text", "age1 and so on\n")
    keep("as-json", {"buckets": ["media"]})
    assert read_block("as-text") == b"age1 and so on\n"
    assert json.loads(read_block("as-json")) == {"buckets": ["media"]}


def test_a_block_is_asked_for_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("changing", "first")
    assert read_block("changing") == b"first"
    keep("changing", "second")
    assert read_block("changing") == b"first"
    monkeypatch.setattr(blocks, "KEPT_S", 0.0)
    assert read_block("changing") == b"second"


def test_no_block_and_no_server_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="Prefect has no such block"):
        read_block("nobody")
    monkeypatch.setenv("PREFECT_API_URL", NOWHERE)
    with (
        temporary_settings({PREFECT_API_URL: NOWHERE}),
        pytest.raises(OrchestratorFailed, match="does not answer") as caught,
    ):
        read_block("nobody")
    assert "hidden" not in str(caught.value)


def test_a_flow_encrypts_for_the_key_in_a_block(tmp_path: Path) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    keep("customer-key", recipient)
    config = tmp_path / "roomreel.toml"
    config.write_text(f"store = {json.dumps(str(tmp_path / 'store'))}\n")
    settings = load(config)
    sid = add_credential(settings, "customer", Block("customer-key")).sid
    told = StorageSettings("mine", encryption_key_sid=sid)
    write_bytes(compositions_place(settings), storage_settings_text(told).encode())
    assert encryptor_of(load_to_compose(config)).fingerprint == age_fingerprint(recipient)

    keep("customer-key", "no key")
    blocks._kept.clear()
    with pytest.raises(SettingsInvalid, match="'customer-key' is neither one age recipient"):
        load_to_compose(config)


@pytest.mark.slow
def test_the_command_asks_the_server_that_is_named(tmp_path: Path) -> None:
    keep("customer-key", str(pyrage.x25519.Identity.generate().to_public()))
    inherited = {name: value for name, value in os.environ.items() if "PREFECT" not in name}

    def add(block: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", MAIN, "credentials", "add", "one", "--block", block],
            env=inherited | {"ROOMREEL_STORE": str(tmp_path / "store")} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    here = {"PREFECT_API_URL": str(PREFECT_API_URL.value())}
    made = add("customer-key", **here)
    assert (made.returncode, made.stdout[:2]) == (0, "CR"), made.stderr
    for refused, words in (
        (add("nobody", **here), "cannot read the Secret block 'nobody': Prefect has no such block"),
        (add("customer-key"), "PREFECT_API_URL names no server"),
    ):
        assert refused.returncode == 2
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
        assert "hidden" not in refused.stderr
