"""Media that recipes make are settled like any other, and found again by the next run."""

from __future__ import annotations

from pathlib import Path

import pytest
from exporter import SILENCE, Exporter
from typer.testing import CliRunner

from roomreel.cli import app
from roomreel.documents.manifest import parse_manifest
from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.port import Options
from roomreel.importers.settling.settle import Choices, Settled, settle
from roomreel.importers.settling.write import write
from roomreel.importers.vendors.jitsi import Jitsi


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A delivery of two tracks in one file of packets."""
    wrote = Exporter()
    for tag, timestamp, count in (("a-1", 24_281, 111), ("b-2", 360_798, 47)):
        wrote.start(tag)
        wrote.run(tag, timestamp, [SILENCE] * count, chunk=1)
    place = tmp_path / "standup"
    place.mkdir()
    (place / "recording.json").write_bytes(wrote.data)
    return place


def settled(folder: Path, out: Path) -> Settled:
    importer = Jitsi()
    with open_delivery(folder, out) as files:
        (draft,) = importer.read(files, Options())
        return settle(
            draft,
            files.locals(files.sizes),
            importer,
            Choices(),
            listing=files,
            memory_bytes=2**31,
            made=out,
        )


def test_tracks_of_one_file_are_recordings_beside_the_manifest(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    one = settled(folder, out)
    assert [row.offset for row in one.rows] == [506, 7517]
    assert [row.found_end for row in one.rows] == [506 + 2220, 7517 + 940]
    assert [given["file"] for given in one.record["inputs"]] == ["recording.json"]
    done = write(one, out, copy=True, roots=[str(out)])
    assert done.outside == ()
    room = parse_manifest(done.manifest.read_bytes(), "").room
    media = [out / (recording.media or "") for recording in room.recordings]
    assert {path.parent for path in media} == {out / f"{room.sid}.media"}
    before = [path.stat().st_ino for path in media]
    assert not write(settled(folder, out), out, copy=True).changed
    assert [path.stat().st_ino for path in media] == before
    assert sorted(media) == sorted(media[0].parent.iterdir())


def test_the_command_makes_them_and_a_dry_run_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dry = CliRunner().invoke(app, ["import", "standup", "--dry-run", "--json"])
    assert (dry.exit_code, dry.exception) == (0, None)
    assert [path.name for path in folder.iterdir()] == ["recording.json"]
    assert CliRunner().invoke(app, ["import", "standup"]).exit_code == 0
    room = parse_manifest((folder / "room.json").read_bytes(), "").room
    assert [one.offset_ms for one in room.recordings] == [506, 7517]
    assert all((folder / (one.media or "")).is_file() for one in room.recordings)
