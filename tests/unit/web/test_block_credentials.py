"""Credentials whose keys are in blocks of Prefect, which a stand-in for its server has."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from roomreel.cli import app, configuration
from roomreel.compose.stored_settings import (
    credential_place,
    list_credentials,
    reach_buckets,
    recordings_key,
    with_stored_settings,
)
from roomreel.encryption import encryptor_of
from roomreel.errors import (
    ArgumentsInvalid,
    DocumentInvalid,
    NotFound,
    OrchestratorFailed,
    SettingsInvalid,
    StorageFailed,
)
from roomreel.model.key_source import Block
from roomreel.service.settings.credentials import add_credential, remove_credential
from roomreel.settings import Settings
from roomreel.storage import key_sources
from roomreel.storage.accounts import account_of, use_accounts
from roomreel.storage.key_sources import read_blocks_by

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import Api, client_of, empty_api
from bucket_keys import KEYS, SECRET

OF_COMPOSITIONS = "/CompositionSettings/Default"
OF_RECORDINGS = "/RecordingSettings/Default"


class Blocks(dict[str, str]):
    """Blocks by name, and whether the server that has them answers."""

    is_away = False

    def read(self, name: str) -> bytes:
        if self.is_away:
            raise OrchestratorFailed("the Prefect server does not answer", "start it")
        if name not in self:
            raise NotFound("Prefect has no such block", "make it")
        return self[name].encode()


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Blocks]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    blocks = Blocks({"public": public.decode(), "buckets": json.dumps(KEYS)})
    monkeypatch.setattr(key_sources._Port, "read_block", None)
    read_blocks_by(blocks.read)
    yield blocks
    use_accounts({})


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        yield api


@pytest.fixture
def settings(api: Api) -> Settings:
    return api.service.settings


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


def encrypt_for(client: TestClient, path: str, sid: str) -> Any:
    form = {"FriendlyName": "mine", "EncryptionEnabled": "true", "EncryptionKeySid": sid}
    return client.post(path, data=form)


def test_media_are_encrypted_for_the_key_in_a_block(
    settings: Settings, client: TestClient, blocks: Blocks
) -> None:
    credential = add_credential(settings, "customer", Block("public"))
    assert list_credentials(settings) == [credential]
    for path in (OF_COMPOSITIONS, OF_RECORDINGS):
        assert encrypt_for(client, path, credential.sid).status_code == 200
    told = with_stored_settings(settings)
    assert told.encryption == "rsa-envelope"
    key = recordings_key(settings)
    assert key is not None
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert pem.decode() == blocks["public"]
    assert encryptor_of(told).fingerprint
    client.post(OF_COMPOSITIONS, data={"FriendlyName": "mine"})
    assert with_stored_settings(settings) == settings


def test_buckets_are_asked_with_the_keys_in_a_block_as_they_are_now(
    settings: Settings, blocks: Blocks
) -> None:
    credential = add_credential(settings, "customer", Block("buckets"))
    assert credential.buckets == ("media", "more")
    kept = Path(str(credential_place(settings, credential.sid))).read_text()
    assert SECRET not in kept
    reach_buckets(settings)
    account = account_of("media")
    assert account
    assert account.secret_key == SECRET
    blocks["buckets"] = json.dumps(KEYS | {"aws_secret_access_key": "another"})
    changed = account_of("media")
    assert changed
    assert changed.secret_key == "another"  # noqa: S105
    remove_credential(settings, "customer")
    assert "buckets" in blocks


REFUSED = {
    "is not there": ("nobody", None, "Prefect has no such block"),
    "is far too large": ("large", "x" * 100_000, "too large for a key"),
    "is empty": ("empty", "", "neither one age recipient"),
    "is a private key": ("private", f"-----BEGIN PRIVATE KEY----- {SECRET}", "holds a private key"),
    "is other JSON": ("other", json.dumps({"password": SECRET}), 'a key "schema"'),
}


@pytest.mark.parametrize(("name", "value", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_key_is_not_registered_or_repeated(
    settings: Settings, blocks: Blocks, name: str, value: str | None, words: str
) -> None:
    if value is not None:
        blocks[name] = value
    with pytest.raises((ArgumentsInvalid, DocumentInvalid), match=words) as refused:
        add_credential(settings, "mine", Block(name))
    assert f"the Secret block '{name}'" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert list_credentials(settings) == []


def test_a_program_that_asks_no_prefect_says_so(
    settings: Settings, blocks: Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sources._Port, "read_block", None)
    with pytest.raises(ArgumentsInvalid, match="this program does not ask Prefect"):
        add_credential(settings, "mine", Block("public"))


def test_without_its_server_nothing_is_stored_in_another_way(
    settings: Settings, client: TestClient, blocks: Blocks
) -> None:
    sid = add_credential(settings, "customer", Block("public")).sid
    add_credential(settings, "videos", Block("buckets"))
    assert encrypt_for(client, OF_COMPOSITIONS, sid).status_code == 200
    blocks.is_away = True
    with pytest.raises(SettingsInvalid, match="the Prefect server does not answer"):
        with_stored_settings(settings)
    with pytest.raises(StorageFailed, match="the keys of bucket media cannot be read"):
        account_of("media")
    refused = encrypt_for(client, OF_RECORDINGS, sid)
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert "cannot be read here" in refused.json()["message"]
    # The name of the block is the operator's alone.
    assert "public" not in refused.json()["message"].replace("public key", "")


def credentials(*words: str) -> Result:
    return CliRunner().invoke(app, ["credentials", *words])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: Blocks) -> None:
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(configuration, "_read_block", lambda _settings, name: blocks.read(name))


def test_the_command_registers_and_lists_blocks(store: None, blocks: Blocks) -> None:
    for name, block in (("customer", "public"), ("videos", "buckets")):
        made = credentials("add", name, "--block", block)
        assert made.exit_code == 0, made.output
        assert made.stdout.startswith("CR")
    rows = json.loads(credentials("list", "--json").stdout)
    assert [(row["name"], row["block"], row["file"], row["problem"]) for row in rows] == [
        ("customer", "public", "", ""),
        ("videos", "buckets", "", ""),
    ]
    assert [(row["encryption"], row["buckets"]) for row in rows] == [
        ("rsa-envelope", ""),
        ("", "media, more"),
    ]
    blocks.is_away = True
    shown = credentials("list", "--json").stdout
    assert SECRET not in shown
    assert all("does not answer" in row["problem"] for row in json.loads(shown))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --file, or --block"),
        (("--file", "key.pem", "--block", "public"), "give --file, or --block"),
        (("--block", ""), "is no name of a block"),
        (("--block", "Public"), "is no name of a block"),
        (("--block", "../public"), "is no name of a block"),
        (("--block", "x" * 101), "is no name of a block"),
    ],
)
def test_what_the_command_does_not_take(store: None, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=said):
        CliRunner().invoke(app, ["credentials", "add", "mine", *words], catch_exceptions=False)
    assert json.loads(credentials("list", "--json").stdout) == []
