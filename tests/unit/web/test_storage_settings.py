"""Settings of compositions and recordings by the API: what is acted on, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from roomreel.compose.stored_settings import credential_place, with_stored_settings
from roomreel.errors import ArgumentsInvalid, Conflict, DocumentInvalid, NotFound, SettingsInvalid
from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import Scope
from roomreel.service.settings.credentials import (
    add_credential,
    list_credentials,
    remove_credential,
)

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import URL, Api, client_of, empty_api
from asking import Forms, read

OF_COMPOSITIONS = "/CompositionSettings/Default"
OF_RECORDINGS = "/RecordingSettings/Default"
BOTH = (OF_COMPOSITIONS, OF_RECORDINGS)
NAMED = {"FriendlyName": "mine"}
UNSET = {
    "friendly_name": None,
    "aws_credentials_sid": None,
    "aws_s3_url": None,
    "aws_storage_enabled": False,
    "encryption_key_sid": None,
    "encryption_enabled": False,
}
UNKNOWN = "CR" + "0" * 32
BUCKET = "https://my-bucket.s3-eu-west-1.amazonaws.com/here"


@pytest.fixture(scope="module")
def rsa_key() -> bytes:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.fixture
def key(tmp_path: Path, rsa_key: bytes) -> Path:
    file = tmp_path / "key.pem"
    file.write_bytes(rsa_key)
    return file


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        yield api


@pytest.fixture
def client(api: Api) -> Iterator[TestClient]:
    with client_of(api) as client:
        yield client


@pytest.mark.parametrize("path", BOTH)
def test_nothing_is_set_at_first(api: Api, client: TestClient, path: str) -> None:
    about = {"account_sid": api.account.sid, "url": f"{URL}/v1{path}"}
    assert read(client, path) == UNSET | about


@pytest.mark.parametrize("path", BOTH)
def test_what_is_as_by_default_is_taken(client: TestClient, path: str) -> None:
    off = {"AwsStorageEnabled": "false", "EncryptionEnabled": "false"}
    for form in (NAMED, NAMED | off):
        answer = client.post(path, data=form)
        assert answer.status_code == 200, answer.text
        assert read(client, path) == answer.json()
        assert UNSET.items() - {("friendly_name", None)} <= answer.json().items()
        assert answer.json()["friendly_name"] == "mine"


REFUSED: list[tuple[str, Forms, str]] = [
    *((path, {}, "FriendlyName") for path in BOTH),
    *((path, NAMED | {"AwsStorageEnabled": "true"}, "AwsStorageEnabled") for path in BOTH),
    *((path, NAMED | {"AwsS3Url": BUCKET}, "AwsS3Url") for path in BOTH),
    *((path, NAMED | {"AwsCredentialsSid": UNKNOWN}, "AwsCredentialsSid") for path in BOTH),
    *((path, NAMED | {"EncryptionKeySid": "RM" + "0" * 32}, "EncryptionKeySid") for path in BOTH),
    *((path, NAMED | {"EncryptionEnabled": "yes"}, "EncryptionEnabled") for path in BOTH),
    (OF_COMPOSITIONS, NAMED | {"EncryptionEnabled": "true"}, "EncryptionKeySid is missing"),
    (
        OF_COMPOSITIONS,
        NAMED | {"EncryptionEnabled": "true", "EncryptionKeySid": UNKNOWN},
        "no credential that is registered",
    ),
    (OF_COMPOSITIONS, NAMED | {"EncryptionKeySid": UNKNOWN}, "without EncryptionEnabled"),
    (OF_RECORDINGS, NAMED | {"EncryptionEnabled": "true"}, "EncryptionKeySid is missing"),
    (OF_RECORDINGS, NAMED | {"EncryptionKeySid": UNKNOWN}, "without EncryptionEnabled"),
    (
        OF_RECORDINGS,
        NAMED | {"EncryptionEnabled": "true", "EncryptionKeySid": UNKNOWN},
        "no credential that is registered",
    ),
]


@pytest.mark.parametrize(("path", "form", "words"), REFUSED)
def test_what_is_not_acted_on_is_refused_and_not_kept(
    client: TestClient, path: str, form: Forms, words: str
) -> None:
    answer = client.post(path, data=form)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001), answer.text
    assert words in answer.json()["message"]
    assert read(client, path)["friendly_name"] is None


def test_compositions_are_encrypted_for_a_key_of_the_operator(
    api: Api, client: TestClient, key: Path
) -> None:
    settings = api.service.settings
    sid = add_credential(settings, "customer", key).sid
    assert with_stored_settings(settings) == settings
    # Sids count in any case.
    form = NAMED | {"EncryptionEnabled": "true", "EncryptionKeySid": "CR" + sid[2:].upper()}
    answer = client.post(OF_COMPOSITIONS, data=form)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["encryption_enabled"], answer.json()["encryption_key_sid"]) == (True, sid)
    assert str(key) not in answer.text
    told = with_stored_settings(settings)
    assert (told.encryption, told.key_source) == ("rsa-envelope", key)
    with pytest.raises(Conflict, match="CompositionSettings"):
        remove_credential(settings, "customer")
    client.post(OF_COMPOSITIONS, data=NAMED)
    assert with_stored_settings(settings) == settings
    assert remove_credential(settings, sid).name == "customer"


def test_without_its_key_nothing_is_stored_in_the_clear(
    api: Api, client: TestClient, key: Path
) -> None:
    settings = api.service.settings
    sid = add_credential(settings, "customer", key).sid
    form = NAMED | {"EncryptionEnabled": "true", "EncryptionKeySid": sid}
    assert client.post(OF_COMPOSITIONS, data=form).status_code == 200
    text = key.read_bytes()
    key.unlink()
    with pytest.raises(SettingsInvalid, match=r"key\.pem"):
        with_stored_settings(settings)
    # Nor can it be asked for; where the file would be is not for clients.
    answer = client.post(OF_COMPOSITIONS, data=form)
    assert answer.status_code == 400
    assert "key.pem" not in answer.text
    key.write_bytes(text)
    place = Path(str(credential_place(settings, sid)))
    place.unlink()
    with pytest.raises(SettingsInvalid, match=sid):
        with_stored_settings(settings)
    Path(str(settings.settings_root / "compositions.json")).write_text("{}")
    with pytest.raises(DocumentInvalid):
        with_stored_settings(settings)


def test_what_the_operator_encrypts_is_not_switched_off_by_a_client(
    api: Api, client: TestClient, key: Path
) -> None:
    given = {"encryption": "age", "public_key": key}
    settings = api.service.settings.model_copy(update=given)
    assert client.post(OF_COMPOSITIONS, data=NAMED).status_code == 200
    assert with_stored_settings(settings).encryption == "age"


def test_settings_are_for_keys_that_may_set_them(api: Api, client: TestClient) -> None:
    key, secret = create_key(api.service.database, "writer", [Scope.READ, Scope.WRITE], None)
    for path in BOTH:
        refused = client.post(path, data=NAMED, auth=(key.sid, secret))
        assert refused.status_code == 403
        assert client.get(path, auth=(key.sid, secret)).status_code == 200


def test_credentials_are_registered_by_name(api: Api, key: Path, tmp_path: Path) -> None:
    settings = api.service.settings
    assert list_credentials(settings) == []
    one, two = (add_credential(settings, name, key) for name in ("two", "one"))
    assert [credential.name for credential in list_credentials(settings)] == ["one", "two"]
    assert one.sid != two.sid
    # Again: another file, the same sid.
    other = tmp_path / "other.pem"
    other.write_bytes(key.read_bytes())
    assert add_credential(settings, "two", other).sid == one.sid
    assert {one.source for one in list_credentials(settings)} == {key, other}
    for name in ("two", two.sid):
        remove_credential(settings, name)
    assert list_credentials(settings) == []
    with pytest.raises(NotFound, match="two"):
        remove_credential(settings, "two")


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb"])
def test_names_that_cannot_be_shown_are_refused(api: Api, key: Path, name: str) -> None:
    with pytest.raises(ArgumentsInvalid, match="printable"):
        add_credential(api.service.settings, name, key)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "-----BEGIN PRIVATE KEY-----", '{"aws_access_key_id":"x"}', None],
    ids=["empty", "json", "private", "s3", "missing"],
)
def test_what_is_no_public_key_is_not_registered(
    api: Api, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "file"
    if text is not None:
        file.write_text(text)
    with pytest.raises((ArgumentsInvalid, DocumentInvalid), match="file"):
        add_credential(api.service.settings, "mine", file)
    assert list_credentials(api.service.settings) == []
