"""`roomreel import twilio --account`: fetched, imported, and what is said of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from clips import Clips
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "importers" / "helpers"))
from account import SIGNATURE, TOKEN, account_with, add_recording, files_of, sid
from hosted import Fault, Hosted, hosted

from roomreel.cli import app
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import ArgumentsInvalid, StorageFailed

ROOM = sid("RM", "lesson-0")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_KEY_SECRET"):
        monkeypatch.delenv(f"TWILIO_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def service_with(clips: Clips) -> Hosted:
    service = account_with(calls=1, size=0, people=())
    for who, hz in (("ann", 440), ("ben", 880)):
        person = sid("PA", who)
        service.participants.append({"sid": person, "identity": who, "room_sid": ROOM})
        add_recording(service, who, ROOM, person, clips.tone(hz).read_bytes())
    return service


def run(service: Hosted, *words: str, token: str = TOKEN) -> Result:
    given = ["import", "twilio", "--account", service.account[0], *words]
    environment = {"TWILIO_VIDEO_API": service.url}
    return CliRunner().invoke(app, given, input=f"{token}\n", env=environment)


def test_an_account_is_fetched_and_imported(tmp_path: Path, clips: Clips) -> None:
    with hosted(service_with(clips)) as service:
        said = run(service, "--out", "calls")
        assert said.exit_code == 0, said.output
        manifest = tmp_path / said.stdout.strip()
        again = run(service, "--out", "calls")
        assert again.exit_code == 0, again.output
        assert len(service.sent) == 2
    assert "1 room, 2 recordings fetched" in said.stderr
    assert "2 there already" in again.stderr
    room = parse_manifest(manifest.read_bytes(), str(manifest)).room
    assert (room.sid, room.unique_name) == (ROOM, "lesson-0")
    assert {one.identity for one in room.participants} == {"ann", "ben"}
    assert room.attributes["import"]["clock"] == "exact"
    media = {(manifest.parent / (one.media or "")).resolve() for one in room.recordings}
    assert media == {path.resolve() for path in files_of(service, tmp_path / "calls").values()}
    outputs = [said.output, again.output]
    outputs += [path.read_text() for path in tmp_path.rglob("*.json")]
    for secret in (service.account[0], TOKEN, SIGNATURE):
        assert not any(secret in one for one in outputs)


def test_what_fails_is_an_error_after_the_rest_is_imported(tmp_path: Path, clips: Clips) -> None:
    with hosted(service_with(clips)) as service:
        lost = sid("RT", "ann")
        expired = Fault(status=403)
        service.fault = lambda path: expired if path == f"/media/{lost}" else None
        said = run(service, "--out", "calls")
    assert isinstance(said.exception, StorageFailed)
    assert said.exception.exit_code == 5
    assert "1 recording could not be fetched" in str(said.exception)
    assert (tmp_path / said.stdout.strip()).is_file()


def test_what_is_said_alone_is_fetched_alone(tmp_path: Path, clips: Clips) -> None:
    with hosted(service_with(clips)) as service:
        assert run(service, "--out", "calls", "--no-media").exit_code == 0
    assert not service.sent
    assert {path.name for path in (tmp_path / "calls").iterdir()} == {ROOM}


def test_rooms_that_have_no_media_yet_are_left(clips: Clips) -> None:
    service = service_with(clips)
    for one in service.recordings:
        one["status"] = "processing"
    with hosted(service):
        said = run(service, "--out", "calls")
    assert said.exit_code == 0, said.output
    assert "2 processed still" in said.stderr
    assert "left for the next time" in said.stderr


def test_a_wrong_token_names_where_it_came_from(clips: Clips) -> None:
    with hosted(service_with(clips)) as service:
        said = run(service, token="wrong")  # noqa: S106
    assert isinstance(said.exception, ArgumentsInvalid)
    assert "standard input" in str(said.exception)


@pytest.mark.parametrize(
    "words",
    [
        ["import", "twilio", "folder", "--account", sid("AC", "us")],
        ["import", "twilio", "--account", sid("AC", "us"), "--dry-run"],
        ["import", "folder", "--since", "7d"],
        ["import", "folder", "--no-media"],
        ["import", "twilio", "--account", sid("AC", "us"), "--jobs", "0"],
    ],
)
def test_options_that_do_not_go_together(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2
