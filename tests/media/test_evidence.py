"""What is found of media is recorded whatever becomes of their room, each thing once."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from clip_rooms import Track, room

from roomreel.batch.planning import CatalogState, Planner, RoomPlan
from roomreel.batch.selection import ReadyTemplate, RunFilter
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import canonical_template, template_sha256
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.settings import Settings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NOISE = bytes(range(256)) * 16


def ready(name: str) -> ReadyTemplate:
    template = Template(name, (Region("main", Selection(("*",))),), Selection(("*",)))
    return ReadyTemplate(template, canonical_template(template), template_sha256(template), name)


def planned(manifest: Path, store: Path, media_root: Path) -> RoomPlan:
    settings = Settings(store=store, media_roots=[str(media_root)])
    choice = RunFilter(datetime.min.replace(tzinfo=UTC))
    planner = Planner([ready("grid"), ready("row")], choice, settings, NOW)
    return planner.plan(parse_manifest(manifest.read_bytes(), str(manifest)), CatalogState())


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.open(tmp_path / "catalog", tmp_path / "journal")


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    file = tmp_path / "noise.webm"
    file.write_bytes(NOISE)
    return file


def test_a_room_that_fails_leaves_its_evidence_with_each_recording(
    catalog: Catalog, tmp_path: Path, noise: Path
):
    """Four files of noise, one without a byte, and one that is gone."""
    empty = tmp_path / "empty.webm"
    empty.touch()
    tracks = [Track(f"p{n}", "camera", noise) for n in range(4)]
    tracks += [Track("p4", "camera", empty), Track("carla", "screen", None, "video")]
    manifest = room(tmp_path, tracks)
    made = planned(manifest, tmp_path / "store", manifest.parent)

    assert not made.due
    assert [outcome.failure_code for outcome in made.refused] == ["empty-track-list"] * 2
    for outcome in made.refused:
        reasons = outcome.failure_message or ""
        assert re.findall(r"(\d+ [a-z-]+) \(", reasons) == [
            "4 media-undecodable",
            "1 media-empty",
            "1 media-missing",
        ]
        assert reasons.count("not a media file") == 1
        assert "carla/screen" in reasons

    rooms = [RoomRecord.of(made.manifest, made.media, Fraction(60))]
    assert not record(catalog, rooms, made.refused, None, NOW).problems
    assert catalog.sql("select distinct usable from recordings").to_pylist() == [{"usable": False}]
    rows = catalog.sql("from recordings").to_pylist()
    codes = {row["participant_identity"]: [one["code"] for one in row["warnings"]] for row in rows}
    assert codes == {
        **{f"p{n}": ["media-undecodable"] for n in range(4)},
        "p4": ["media-empty"],
        "carla": ["media-missing"],
    }


def test_media_outside_the_roots_are_said_to_be(tmp_path: Path, noise: Path):
    manifest = room(tmp_path, [Track("anna", "mic", noise, "video")])
    made = planned(manifest, tmp_path / "store", tmp_path / "elsewhere")
    message = made.refused[0].failure_message or ""
    assert "1 media-missing (anna/mic: the media path" in message
    assert "leads outside the media roots" in message
    assert "media_roots" in message
