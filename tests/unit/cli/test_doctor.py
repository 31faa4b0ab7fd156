import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path

import pyrage
import pytest

from roomreel.cli import doctor
from roomreel.cli.doctor import State
from roomreel.importers import registry
from roomreel.maintenance.places import PLACES
from roomreel.settings import Settings, read


@pytest.fixture
def settings(tmp_path):
    return Settings(
        manifests=str(tmp_path), templates=str(tmp_path), store=tmp_path / "not yet" / "store"
    )


def states(checks):
    return {check.name: check.state for check in checks}


def test_a_machine_that_runs_the_tests_lacks_nothing(settings, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    checks = [check for look in doctor.LOOKS for check in look(settings) if check.name != "disk"]
    assert {check.state for check in checks} == {State.OK}, checks
    assert not settings.store.exists()


@pytest.mark.parametrize("name", ["libnothing", "libvpx", "aac", "h264_nvenc"])
def test_an_encoder_that_cannot_be_used_is_missing(settings, name):
    odd = settings.model_copy(update={"video_encoder": {"mp4": name, "webm": "libvpx"}})
    found = {check.name: check for check in doctor.video_encoders(odd)}
    assert found["encoder for mp4"].state is State.MISSING
    assert repr(name) in found["encoder for mp4"].detail
    assert "video_encoder.mp4 to" in found["encoder for mp4"].remedy
    assert found["encoder for webm"].state is State.OK


def test_a_format_without_an_encoder_is_missing(settings):
    odd = settings.model_copy(update={"video_encoder": {"mp4": "libx264"}})
    assert states(doctor.video_encoders(odd))["encoder for webm"] is State.MISSING


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"dask_address": "tcp://10.0.0.5:8786"},
            'dask_address changes nothing unless spread is "dask"',
        ),
        ({"spread_shares": 3}, "spread_shares changes nothing unless spread is set"),
        ({"shard_s": 60}, "shard_s changes nothing unless shards is set"),
        ({"public_key": "customer.pub"}, "public_key changes nothing unless encryption is set"),
        ({"cache_bytes": 5}, "cache_bytes changes nothing unless something is in S3"),
        ({"spread_shares": 3, "spread": "pool"}, None),
        ({"shard_s": 60, "shards": "compose-shard/compose-shard"}, None),
        ({"cache_bytes": 5, "store": "s3://calls"}, None),
    ],
)
def test_a_setting_without_effect_is_told_of(tmp_path, given, words):
    file = tmp_path / "some.toml"
    file.write_text("".join(f"{name} = {value!r}\n" for name, value in given.items()))
    found = [check.detail for check in doctor.idle(read(file))]
    assert found == ([words] if words else [])


def test_keys_are_told_by_their_fingerprint(settings, tmp_path):
    identity = pyrage.x25519.Identity.generate()
    public, private = tmp_path / "age.pub", tmp_path / "age.key"
    public.write_text(str(identity.to_public()))
    private.write_text(str(identity))
    private.chmod(0o600)
    keyed = settings.model_copy(
        update={"encryption": "age", "public_key": public, "private_key": private}
    )
    fingerprint = hashlib.sha256(public.read_bytes()).hexdigest()
    checks = list(doctor.keys(keyed))
    assert [check.state for check in checks] == [State.OK, State.OK]
    assert all(fingerprint in check.detail for check in checks)
    assert all(str(identity) not in f"{check}" for check in checks)
    private.chmod(0o640)
    assert states(doctor.keys(keyed))["private key"] is State.WARNING


def test_keys_that_cannot_be_used_are_missing(settings, tmp_path):
    nowhere = tmp_path / "nowhere"
    odd = settings.model_copy(
        update={"encryption": "age", "public_key": nowhere, "private_key": nowhere}
    )
    assert states(doctor.keys(odd)) == {"public key": State.MISSING, "private key": State.MISSING}


@pytest.mark.parametrize("program", ["no such program", "false"])
def test_an_ffmpeg_that_does_not_run_is_missing(settings, program):
    odd = settings.model_copy(update={"ffmpeg": program})
    assert states(doctor.ffmpeg(odd))["ffmpeg program"] is State.MISSING


def test_folders_that_cannot_be_used(settings, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    odd = settings.model_copy(
        update={"store": blocked / "store", "manifests": str(tmp_path / "nowhere")}
    )
    found = states(doctor.folders(odd))
    assert found["store"] is State.MISSING
    assert found["rooms by the API"] is State.MISSING
    assert found["scratch"] is State.MISSING
    assert found["manifests"] is State.WARNING
    assert found["templates"] is State.OK


def test_rooms_by_the_api_need_a_place_of_their_own_that_can_be_written(settings):
    rooms = settings.rooms_root
    rooms.parent.mkdir(parents=True)
    rooms.write_text("")
    found = states(doctor.folders(settings))
    assert (found["store"], found["rooms by the API"]) == (State.OK, State.MISSING)
    memory = Path("/dev/shm")  # noqa: S108  only looked at
    if not memory.is_dir() or memory.stat().st_dev == settings.store.stat().st_dev:
        return
    rooms.unlink()
    rooms.symlink_to(memory)
    disks = [check.detail.split("disk of ")[1] for check in doctor.disk(settings)]
    assert "rooms by the API" in disks


def test_the_copies_of_a_machine_are_named(settings, tmp_path):
    settings = settings.model_copy(update={"scratch": tmp_path / "scratch"})
    for sid in ("CJ1", "CJ2"):
        (tmp_path / "scratch" / "parts" / sid).mkdir(parents=True)
    checks = {check.name: check for check in doctor.copies(settings)}
    assert checks.keys() == {place.name for place in PLACES}
    assert all(check.state is State.OK for check in checks.values())
    told = checks["parts of compositions"].detail
    assert told == f"2 in {tmp_path / 'scratch' / 'parts'}; unused ones stay 2 days"


def test_each_disk_that_is_written_to_is_looked_at(settings, tmp_path):
    one = settings.model_copy(update={"store": tmp_path / "store"})
    assert [check.detail.split("disk of ")[1] for check in doctor.disk(one)] == [
        "store, rooms by the API, scratch, Prefect server"
    ]
    memory = Path("/dev/shm")  # noqa: S108  only looked at
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system")
    two = one.model_copy(update={"prefect_home": memory / "prefect"})
    assert [check.detail.split("disk of ")[1] for check in doctor.disk(two)] == [
        "store, rooms by the API, scratch",
        "Prefect server",
    ]


def test_little_room_is_a_warning(settings, monkeypatch):
    monkeypatch.setattr(doctor, "SCARCE_BYTES", 10**18)
    assert states(doctor.disk(settings)) == {"disk": State.WARNING}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api", "file:///etc/passwd", "http://[", "x"])
def test_a_server_that_does_not_answer_is_missing(settings, monkeypatch, url):
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert states(doctor.server(settings)) == {"Prefect server": State.MISSING}


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def log_message(self, *_args):
        pass


def test_a_server_that_answers_is_there_and_no_password_is_shown(settings, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api/")
        (check,) = doctor.server(settings)
        server.shutdown()
    assert check.state is State.OK
    monkeypatch.setenv("PREFECT_API_URL", "http://me:hunter2@127.0.0.1:9/api")
    (check,) = doctor.server(settings)
    assert "hunter2" not in check.detail


def test_importers_of_other_packages_are_listed_and_tried(settings, monkeypatch):
    named = {"fine": "tests.unit.cli.test_doctor:Fine", "broken": "no_such_module:X"}
    entries = [EntryPoint(name, value, registry.GROUP) for name, value in named.items()]
    monkeypatch.setattr(registry, "entry_points", lambda **_: entries)
    ours, broken, fine = doctor.importers(settings)
    assert ours.detail.split(", ") == [one.name for one in registry.BUILT_IN]
    assert (fine.state, fine.detail) == (State.OK, "Fine, of tests.unit.cli.test_doctor:Fine")
    assert (broken.name, broken.state) == ("importer broken", State.WARNING)
    assert "ModuleNotFoundError" in broken.detail


class Fine:
    name, title, api = "fine", "Fine", 1
