"""The command line as a process of its own."""

import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def command(*arguments: object, **more) -> subprocess.CompletedProcess[str]:
    code = "from roomreel.cli import main; main()"
    argv = [sys.executable, "-P", "-c", code, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, **more)


MAIN = "from roomreel.cli import main; main()"
BROKEN = '{"schema": "roomreel.room/1"}'


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("options", [["-P"], ["-P", "-u"]], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sql", "select * from range(10000)", "--csv"], 0),
        (["sql", "select * from range(10000)", "--json"], 0),
        (["list", "rooms"], 0),
        (["validate", "broken.json"], 2),
        (["sql", "selec"], 2),
    ],
)
def test_a_reader_that_goes_away_changes_nothing(tmp_path, options, arguments, code):
    (tmp_path / "broken.json").write_text(BROKEN)
    reader, writer = os.pipe()
    os.close(reader)
    argv = [sys.executable, *options, "-c", MAIN, *arguments]
    done = subprocess.run(argv, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(writer)
    assert done.returncode == code
    assert b"Errno" not in done.stderr


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("options", [["-P"], ["-P", "-u"]], ids=["buffered", "unbuffered"])
def test_a_full_disk_is_told_of(tmp_path, options):
    argv = [sys.executable, *options, "-c", MAIN, "list", "rooms", "--csv"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith(b"roomreel: storage-failed: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("limit", [385_000_000, 390_000_000, 395_000_000, 400_000_000])
def test_too_little_memory_is_told_of(tmp_path, limit):
    done = command(
        *("sql", "select 1"),
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("roomreel: out-of-memory: ")


def test_up_does_not_start_a_server_that_is_somewhere_else(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nothing listens
        url = f"http://me:hunter2@127.0.0.1:{taken.getsockname()[1]}/api"
        environment = {**os.environ, "PREFECT_API_URL": url, "ROOMREEL_STORE": str(tmp_path)}
        done = command("up", cwd=tmp_path, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("roomreel: orchestrator-failed: nothing answers at http://127.")
    assert "hunter2" not in done.stderr
    assert list((tmp_path / "prefect" / "logs").iterdir()) == []


def test_the_command_line_itself_imports_nothing_heavy():
    code = (
        "import sys; from roomreel import cli;"
        "heavy = {'prefect', 'av', 'pandas', 'pyarrow', 'duckdb', 'numpy', 'jsonschema'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_needs_no_prefect(folder, template, tmp_path):
    command("manifest", folder, cwd=tmp_path)
    code = (
        "import sys; sys.modules['prefect'] = None;"  # whoever imports it fails
        "from roomreel.cli import main; main()"
    )
    argv = ["compose", folder / "room.json", "-t", template, "-o", "call.mp4"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, argv)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.soak
def test_a_night_from_the_command_line(folder, template, tmp_path):
    command("manifest", folder, "--name", "call", cwd=tmp_path)
    (tmp_path / "templates").mkdir()
    template.rename(tmp_path / "templates" / "small.json")
    config = tmp_path / "night.toml"
    config.write_text('manifests = "call"\nmedia_roots = ["call"]\ntemplates = "templates"\n')
    environment = {key: value for key, value in os.environ.items() if "PREFECT" not in key}

    def night(*more: str) -> subprocess.CompletedProcess[str]:
        argv = ("nightly", "--config", "night.toml", "--since", "2000-01-01", *more)
        return command(*argv, cwd=tmp_path, env=environment)

    planned = night("--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    assert [line["state"] for line in json.loads(planned.stdout)["lines"]] == ["due"]
    made = night("--json")
    assert [line["state"] for line in json.loads(made.stdout)["lines"]] == ["completed"]
    (row,) = json.loads(
        command("list", "compositions", "--json", "--config", "night.toml", cwd=tmp_path).stdout
    )
    assert Path(tmp_path, row["media_url"]).is_file()
    again = night()
    assert again.returncode == 0
    assert "1 up to date" in again.stdout
