"""What was deleted, looked for by its bytes in everything that a night left on a machine."""

from __future__ import annotations

import base64
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from calls import Calls
from prefect_site import ROOT

# Three commands, of which two start a server.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MAIN = "from roomreel.cli import main; main()"
GRID = {"video_layout": {"grid": {"video_sources": ["*"]}}, "resolution": "320x240"}


def run(calls: Calls, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", MAIN, *words, "--config", str(calls.config)],
        cwd=calls.folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(calls.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def holding(folder: Path, data: bytes) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [str(file.relative_to(folder)) for file in files if data in file.read_bytes()]


@pytest.mark.soak
def test_no_picture_of_a_deleted_composition_is_left(tmp_path: Path) -> None:
    calls = Calls(tmp_path, prefect_home=str(tmp_path / "prefect"), retention_days=0)
    calls.pictures("camera.webm", seconds=1)
    calls.template("grid", **GRID)
    calls.room("standup", "camera.webm", "video")
    run(calls, "nightly")
    (row,) = calls.rows()
    medium = Path(row["media_url"])
    frames = medium.read_bytes()[-4000:-3000]
    with sqlite3.connect(tmp_path / "prefect" / "prefect.db") as database:
        # A client that waits too long for an answer of its server asks again: then there are two.
        text, *_ = database.execute("select data from artifact where key like 'standup-grid-%'")
    shown = re.search(r"data:image/jpeg;base64,([^)]{400})", text[0])
    assert shown, "the contact sheet is an artifact"
    picture = shown[1].encode()
    sheet = base64.b64decode(picture)
    assert holding(tmp_path, frames) == [str(medium.relative_to(tmp_path))]
    assert set(holding(tmp_path, picture)) <= {"prefect/prefect.db", "prefect/prefect.db-wal"}
    assert holding(tmp_path, picture)

    run(calls, "delete", "compositions", row["sid"], "--yes")
    assert holding(tmp_path, frames) == []
    assert [name for name in holding(tmp_path, row["sid"].encode()) if "storage" in name] == []
    told = run(calls, "retention")
    assert re.search(r"[12] copies of what is deleted removed, 1 rows purged", told)
    for data in (frames, picture, sheet):
        assert holding(tmp_path, data) == []
    left = {name.split("/")[0] for name in holding(tmp_path, row["sid"].encode())}
    assert left <= {"prefect"}, "its name is left in the log of the run that made it, and no more"
