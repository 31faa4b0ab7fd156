"""`roomreel nightly --no-prefect` as a process: neither a server nor a flow run, the same night."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli_process import command

from roomreel.service.access.account_file import open_account
from roomreel.service.database.connections import open_database
from roomreel.settings import load

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from receiver import receiver

# Whoever imports Prefect fails.
NO_PREFECT = "import sys; sys.modules['prefect'] = None"
MAIN = "from roomreel.cli import main; main()"
WITHOUT = f"{NO_PREFECT}; {MAIN}"
ROOMS = ("a", "b", "c")


class Calls:
    """Rooms of the same two recordings, one template, and a store."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def argv(self, *words: str, code: str = WITHOUT) -> list[str]:
        night = ("nightly", "--config", "night.toml", "--since", "2000-01-01", *words)
        return [sys.executable, "-P", "-c", code, *night]

    def night(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = self.argv("--no-prefect", *words)
        return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=self.root)

    def configure(self, **values: Any) -> None:
        values = {
            "manifests": "rooms",
            "media_roots": ["rooms"],
            "templates": "templates",
            "workers": 1,
        } | values
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        (self.root / "night.toml").write_text("".join(lines))

    def made(self) -> list[Path]:
        return sorted((self.root / "data" / "store" / "compositions").rglob("*.mp4"))

    def rows(self) -> list[dict[str, Any]]:
        words = ("list", "compositions", "--json", "--config", "night.toml")
        rows: list[dict[str, Any]] = json.loads(command(*words, cwd=self.root).stdout)
        return rows

    def broken_room(self) -> None:
        """A room whose recordings are text."""
        room = self.root / "rooms" / "broken"
        room.mkdir()
        for file in (self.root / "rooms" / "a").iterdir():
            is_document = file.suffix == ".json"
            (room / file.name).write_text(file.read_text() if is_document else "no recording")
        document = json.loads((room / "room.json").read_text())
        document["room"] |= {"sid": "RM" + "f" * 32, "unique_name": "broken"}
        for number, recording in enumerate(document["recordings"]):
            recording["sid"] = f"RT{number:032x}"
        (room / "room.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def rooms(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of recordings with their manifests, made once."""
    rooms = tmp_path_factory.mktemp("made") / "rooms"
    for name in ROOMS:
        shutil.copytree(clips, rooms / name)
        assert command("manifest", rooms / name, "--name", name).returncode == 0
    return rooms


@pytest.fixture
def calls(rooms: Path, template: Path, tmp_path: Path) -> Calls:
    calls = Calls(tmp_path)
    shutil.copytree(rooms, tmp_path / "rooms")
    (tmp_path / "templates").mkdir()
    template.rename(tmp_path / "templates" / "small.json")
    calls.configure()
    return calls


def states(printed: str) -> dict[str, str]:
    return {line["room"]: line["state"] for line in json.loads(printed)["lines"]}


def test_a_night_and_the_one_after(calls: Calls) -> None:
    planned = calls.night("--dry-run", "--json")
    assert (planned.returncode, states(planned.stdout)) == (0, dict.fromkeys(ROOMS, "due"))
    assert not (calls.root / "data").exists()

    made = calls.night("--json")
    assert (made.returncode, states(made.stdout)) == (0, dict.fromkeys(ROOMS, "completed"))
    assert "room=a composition=CJ" in made.stderr  # how it goes
    rows = calls.rows()
    assert {(row["status"], row["attempts"]) for row in rows} == {("completed", 1)}
    assert sorted(row["media_url"] for row in rows) == list(map(str, calls.made()))
    made_at = [file.stat().st_mtime_ns for file in calls.made()]

    again = calls.night()
    assert (again.returncode, again.stdout) == (0, "nothing to do: 3 up to date\n")
    assert [file.stat().st_mtime_ns for file in calls.made()] == made_at


@pytest.mark.soak
def test_one_room_again_by_force(calls: Calls) -> None:
    assert states(calls.night("--room", "b", "--json").stdout) == {"b": "completed"}
    assert states(calls.night("--room", "b", "--force", "--json").stdout) == {"b": "completed"}
    assert [row["attempts"] for row in calls.rows()] == [2]
    unknown = calls.night("--room", "z")
    assert (unknown.returncode, unknown.stderr[:20]) == (2, "roomreel: not-found:")


@pytest.mark.slow
def test_what_needs_prefect_is_done_here_and_said(calls: Calls) -> None:
    calls.configure(spread="pool", spread_above_s=0, shards="compose-shard/compose-shard")
    made = calls.night("--room", "a", "--json")
    assert (made.returncode, states(made.stdout)) == (0, {"a": "completed"})
    assert "The setting spread needs Prefect: every room is rendered by this" in made.stderr
    assert "The setting shards needs Prefect: every room is composed by this" in made.stderr


def test_settings_that_do_not_do_end_it_plainly(calls: Calls) -> None:
    calls.configure(manifests="nowhere")
    done = calls.night()
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("roomreel: storage-failed: ")


@pytest.mark.soak
def test_a_failure_ends_it_as_with_prefect(calls: Calls) -> None:
    calls.broken_room()

    def reported(done: subprocess.CompletedProcess[str]) -> tuple[int, Any, list[str]]:
        report = json.loads(done.stdout)
        report["lines"].sort(key=lambda line: line["room"])
        failed = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
        return done.returncode, report, failed

    without = reported(calls.night("--json"))
    (calls.root / "data").rename(calls.root / "first")
    environment = {key: value for key, value in os.environ.items() if "PREFECT" not in key}
    argv = calls.argv("--json", code=MAIN)
    with_prefect = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=calls.root, env=environment
    )
    assert reported(with_prefect) == without
    code, report, _ = without
    assert code == 4
    assert report["headline"] == "3 completed, 1 failed"


# However fast or slow the machine is: the second render begins once the run is stopped.
HELD = """
import threading, time
from pathlib import Path
from roomreel.batch import threads
from roomreel.process.isolate import is_stopped

render, first = threads.render_composition, threading.Lock()

def held(planned, *args):
    if not first.acquire(blocking=False):
        Path("held").touch()
        while not is_stopped():
            time.sleep(0.01)
    return render(planned, *args)

threads.render_composition = held
"""


def begun(calls: Calls) -> subprocess.Popen[str]:
    """A night that has made one composition, and is at another."""
    argv = calls.argv("--no-prefect", "--json", code=f"{NO_PREFECT}\n{HELD}\n{MAIN}")
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=calls.root
    )
    until((calls.root / "held").exists)
    return process


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_a_killed_night_is_healed_by_the_next(calls: Calls) -> None:
    process = begun(calls)
    process.kill()
    process.communicate()
    assert command("list", "compositions", "--json", "--config", "night.toml").returncode != 0
    (first,) = calls.made()
    made_at = first.stat().st_mtime_ns

    healed = calls.night("--json")
    assert (healed.returncode, states(healed.stdout)) == (0, dict.fromkeys(ROOMS, "completed"))
    assert {(row["status"], row["attempts"]) for row in calls.rows()} == {("completed", 1)}
    assert len(calls.made()) == 3
    # Its result was kept, so that it is recorded and not made again.
    assert first.stat().st_mtime_ns == made_at


@pytest.mark.soak
@pytest.mark.parametrize(
    "stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)]
)
def test_a_stop_ends_it_and_is_recorded(calls: Calls, stop: signal.Signals) -> None:
    process = begun(calls)
    process.send_signal(stop)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "Traceback" not in said
    # The third room may not have been looked at by then.
    found = sorted(row["status"] for row in calls.rows())
    assert found in (["cancelled", "completed"], ["cancelled", "cancelled", "completed"])

    after = calls.night()
    assert after.returncode == 0
    assert [row["status"] for row in calls.rows()] == ["completed"] * 3


def unsent(calls: Calls) -> list[str]:
    """The compositions whose callback nobody sends."""
    return [
        row["sid"]
        for row in calls.rows()
        if "callback-not-sent" in [each["code"] for each in row["warnings"] or []]
    ]


@pytest.mark.soak
def test_a_night_sends_callbacks_where_there_is_a_service_database(
    calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(calls.root)
    template = calls.root / "templates" / "small.json"
    document = json.loads(template.read_text())
    with receiver(tmp_path / "received") as app:
        template.write_text(json.dumps(document | {"status_callback": app.url("/ok?key=1")}))
        calls.configure(callback_allow=["127.0.0.0/8"])
        assert calls.night("--room", "a").returncode == 0
        (silent,) = unsent(calls)
        assert app.requests() == []

        settings = load(calls.root / "night.toml")
        open_account(settings)
        open_database(settings).close()
        made = calls.night("--json")
        assert (made.returncode, set(states(made.stdout).values())) == (0, {"completed"})
        assert unsent(calls) == [silent]
        sids = [row["sid"] for row in calls.rows() if row["sid"] != silent]
        assert len(sids) == 2
        for sid in sids:
            # A render that takes its time tells of its progress, too.
            ends = [name for name in app.events(sid) if name != "composition-progress"]
            assert ends == ["composition-started", "composition-available"]
        sent = app.requests()
        assert calls.night().returncode == 0
        assert app.requests() == sent
