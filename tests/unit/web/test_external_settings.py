"""CompositionSettings with a bucket of somebody else's: what is taken, and what is refused."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from roomreel.cli.doctor import State
from roomreel.cli.serve_checks import of_storage_settings
from roomreel.compose.stored_settings import reach_external, with_stored_settings
from roomreel.documents.stored_settings import Credential, credential_text
from roomreel.errors import (
    ArgumentsInvalid,
    Conflict,
    DocumentInvalid,
    NotFound,
    SettingsInvalid,
    StorageFailed,
)
from roomreel.model.location import ObjectLocation
from roomreel.service.settings.credentials import add_credential, remove_credential
from roomreel.service.settings.storage_settings import (
    WantedSettings,
    find_composition_settings,
    set_composition_settings,
)
from roomreel.settings import Settings
from roomreel.storage import stores
from roomreel.storage.accounts import account_of, has_account, use_accounts
from roomreel.storage.memory import MemoryStore

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import Api, client_of, empty_api
from bucket_keys import KEYS, SECRET

PATH = "/CompositionSettings/Default"
HERE = "https://media.s3.amazonaws.com/video/new"


@dataclass
class World:
    api: Api
    folder: Path

    @property
    def settings(self) -> Settings:
        settings = self.api.service.settings
        assert isinstance(settings, Settings)
        return settings

    def write(self, name: str, **changed: object) -> Path:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(KEYS | changed))
        return file

    def add(self, name: str = "customer", **changed: object) -> str:
        return add_credential(self.settings, name, self.write(name, **changed)).sid

    def tell(self, sid: str | None, url: str | None = HERE) -> None:
        wanted = WantedSettings("mine", sid, url, aws_storage_enabled=True)
        set_composition_settings(self.api.service, wanted)


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryStore]:
    """The objects of every bucket."""
    made = MemoryStore()
    monkeypatch.setattr(stores, "_used", {"s3": made})
    yield made
    use_accounts({})


@pytest.fixture
def world(tmp_path: Path, objects: MemoryStore) -> Iterator[World]:
    with empty_api(tmp_path) as api:
        yield World(api, tmp_path)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with client_of(world.api) as client:
        yield client


def test_a_bucket_of_others_is_told_kept_and_answered(
    world: World, client: TestClient, objects: MemoryStore
) -> None:
    sid = world.add()
    form = {
        "FriendlyName": "mine",
        "AwsStorageEnabled": "true",
        "AwsCredentialsSid": "CR" + sid[2:].upper(),
        "AwsS3Url": f"{HERE}/",
    }
    answer = client.post(PATH, data=form)
    assert answer.status_code == 200, answer.text
    assert client.get(PATH).json() == answer.json()
    said = {name: answer.json()[name] for name in answer.json() if name.startswith("aws")}
    assert said == {
        "aws_credentials_sid": sid,
        "aws_s3_url": f"{HERE}/",
        "aws_storage_enabled": True,
    }
    assert "secret" not in answer.text
    assert list(objects.list(ObjectLocation("s3", "media", ""))) == []
    told = with_stored_settings(world.settings)
    assert told.external is not None
    assert (str(told.external.folder), told.external.url) == ("s3://media/video/new", HERE)
    assert told.encryption == world.settings.encryption
    for bucket in ("media", "more"):
        account = account_of(bucket)
        assert account is not None
        assert account.secret_key == SECRET
    with pytest.raises(Conflict, match="CompositionSettings"):
        remove_credential(world.settings, "customer")
    client.post(PATH, data={"FriendlyName": "mine"})
    assert with_stored_settings(world.settings).external is None
    # What was put there before can be fetched as long as it is registered.
    place = ObjectLocation("s3", "media", "video/new/x.mp4")
    reach_external(world.settings, place)
    remove_credential(world.settings, "customer")
    with pytest.raises(NotFound, match="not registered any more"):
        reach_external(world.settings, place)
    assert not has_account("media")


def test_each_bucket_is_taken_with_its_own_credential_alone(world: World) -> None:
    """Generated: of URL, bucket and credential only those that belong together are taken."""
    sids = {
        world.add("aws"): ("https://{}.s3.us-east-1.amazonaws.com", ("media", "more")),
        world.add("own", buckets=["own-1"], endpoint="https://s3.own.example"): (
            "https://s3.own.example/{}",
            ("own-1",),
        ),
        world.add("far", buckets=["far-1", "far.2"], region="eu-west-1"): (
            "https://{}.s3.eu-west-1.amazonaws.com",
            ("far-1", "far.2"),
        ),
    }
    forms = [form for form, _ in sids.values()]
    buckets = [bucket for _, names in sids.values() for bucket in names] + ["nobodys"]
    chosen = random.Random(17)
    taken = 0
    for _ in range(150):
        sid, form, bucket = (chosen.choice(list(some)) for some in (sids, forms, buckets))
        url = f"{form.format(bucket)}/{'x' * chosen.randrange(4)}"
        own_form, own_buckets = sids[sid]
        before = find_composition_settings(world.api.service)
        if form == own_form and bucket in own_buckets:
            world.tell(sid, url)
            taken += 1
            told = with_stored_settings(world.settings)
            assert told.external is not None
            assert told.external.folder.bucket == bucket
        else:
            with pytest.raises(ArgumentsInvalid, match="AwsS3Url"):
                world.tell(sid, url)
            assert find_composition_settings(world.api.service) == before
    assert 5 < taken < 145


def test_what_is_half_said_is_refused(world: World, tmp_path: Path) -> None:
    sid = world.add()
    key = tmp_path / "key.pub"
    key.write_text("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n")
    public = add_credential(world.settings, "public", key).sid
    cases = [
        (WantedSettings("n", None, HERE, aws_storage_enabled=True), "AwsCredentialsSid is missing"),
        (WantedSettings("n", sid, None, aws_storage_enabled=True), "AwsS3Url is missing"),
        (WantedSettings("n", sid, "", aws_storage_enabled=True), "AwsS3Url is missing"),
        (WantedSettings("n", sid, None), "AwsCredentialsSid does nothing"),
        (WantedSettings("n", None, HERE), "AwsS3Url does nothing"),
        (WantedSettings("n", "CR" + "0" * 32, HERE, aws_storage_enabled=True), "registered"),
        (WantedSettings("n", public, HERE, aws_storage_enabled=True), "a public key"),
        (
            WantedSettings("n", encryption_key_sid=sid, encryption_enabled=True),
            "names keys of S3",
        ),
    ]
    for wanted, words in cases:
        with pytest.raises(ArgumentsInvalid, match=words):
            set_composition_settings(world.api.service, wanted)
    assert find_composition_settings(world.api.service).friendly_name is None


@pytest.mark.parametrize("method", ["write", "stat", "remove"])
def test_where_the_probe_fails_nothing_is_set(
    world: World, objects: MemoryStore, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def refuse(*_: object) -> None:
        raise StorageFailed("cannot do that there: permission denied", "allow it")

    sid = world.add()
    with monkeypatch.context() as patched:
        patched.setattr(objects, method, refuse)
        with pytest.raises(ArgumentsInvalid, match="permission denied"):
            world.tell(sid)
    assert find_composition_settings(world.api.service).friendly_name is None
    left = list(objects.list(ObjectLocation("s3", "media", "")))
    assert len(left) == (method == "remove")


def test_what_changes_later_stops_composing_in_words(world: World, tmp_path: Path) -> None:
    sid = world.add()
    world.tell(sid)
    file = tmp_path / "customer.json"
    broken = {
        "no such file": None,
        "not JSON": "{",
        "no bucket that the credential names": json.dumps(KEYS | {"buckets": ["more"]}),
        "another server": json.dumps(KEYS | {"endpoint": "https://s3.own.example"}),
    }
    for text in broken.values():
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text)
        with pytest.raises(SettingsInvalid, match="CompositionSettings") as caught:
            with_stored_settings(world.settings)
        assert "stored at" in caught.value.message
    file.write_text(json.dumps(KEYS))
    assert with_stored_settings(world.settings).external is not None
    # Another one of the same bucket, by hand: which of the two is meant is not guessed.
    root = Path(str(world.settings.settings_root)) / "credentials"
    twin = Credential("a twin", file, ("media",))
    (root / f"{twin.sid}.json").write_text(credential_text(twin))
    with pytest.raises(SettingsInvalid, match="another credential"):
        with_stored_settings(world.settings)
    (root / f"{twin.sid}.json").unlink()
    # The store itself moves there: its own keys count for its own things.
    moved = world.settings.model_copy(update={"catalog": ObjectLocation("s3", "media", "c")})
    with pytest.raises(SettingsInvalid, match="own"):
        with_stored_settings(moved)
    assert not has_account("media")
    (root / f"{sid}.json").unlink()
    with pytest.raises(SettingsInvalid, match=sid):
        with_stored_settings(world.settings)


def test_a_bucket_is_in_one_credential_and_not_our_own(world: World) -> None:
    first = world.add()
    with pytest.raises(Conflict, match="media"):
        world.add("other", buckets=["else", "media"])
    assert world.add(region="eu-west-1") == first  # in place of the one of its name
    assert world.add("other", buckets=["else"]) != first
    own = world.settings.model_copy(update={"media_roots": ["s3://recordings/rooms"]})
    with pytest.raises(ArgumentsInvalid, match="recordings"):
        add_credential(own, "third", world.write("third", buckets=["recordings"]))
    with pytest.raises(DocumentInvalid):
        add_credential(own, "third", world.write("third", buckets=[]))


def test_doctor_tells_whether_it_can_be_done(world: World, objects: MemoryStore) -> None:
    assert list(of_storage_settings(world.settings)) == []
    world.tell(world.add())
    (check,) = of_storage_settings(world.settings)
    assert (check.state, check.detail) == (State.OK, "s3://media/video/new")
    assert list(objects.list(ObjectLocation("s3", "media", ""))) == []
    (world.folder / "customer.json").unlink()
    (check,) = of_storage_settings(world.settings)
    assert (check.name, check.state) == ("CompositionSettings", State.MISSING)
    assert "customer.json" in check.detail
