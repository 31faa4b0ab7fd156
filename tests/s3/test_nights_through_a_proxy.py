"""Whole nights and verbs through a connection that breaks: each ends right or in words.

NIGHTS=20 python -m pytest -m soak -s tests/s3/test_nights_through_a_proxy.py
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clip_rooms import Track, room
from clips import Clips
from faulty import Fault, Faulty

from roomreel.catalog.catalog import Catalog
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Table
from roomreel.storage import s3, sha256_of
from roomreel.storage.location import location_of

NIGHTS = int(os.environ.get("NIGHTS", "12"))
pytestmark = [pytest.mark.s3, pytest.mark.timeout(600 + NIGHTS * 900)]

ROOT = Path(__file__).parents[2]
MAIN = "from roomreel.cli import main; main()"
TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "small",
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "frame_rate": 10,
    "format": "mp4",
}
# Of a verb that did its work, and of one that was kept from it: a night, store, catalog.
WORDS = {0, 4, 5, 6}


@dataclass
class World:
    """A bucket with rooms, and the verbs as an operator runs them."""

    bucket: str
    folder: Path
    clips: Clips
    rooms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "layouts").mkdir()
        (self.folder / "layouts" / "small.json").write_text(json.dumps(TEMPLATE))
        values = {
            "manifests": f"s3://{self.bucket}/rooms",
            "media_roots": [f"s3://{self.bucket}/rooms"],
            "templates": str(self.folder / "layouts"),
            "store": f"s3://{self.bucket}/store",
            "scratch": str(self.folder / "scratch"),
            "prefect_home": str(self.folder / "prefect"),
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (self.folder / "night.toml").write_text("\n".join(lines))

    @property
    def catalog(self) -> Catalog:
        root = ObjectLocation("s3", self.bucket, "store")
        return Catalog.open(root / "catalog", root / "journal")

    def add_room(self) -> None:
        """Put a room into the bucket that ended an hour ago."""
        name = f"call-{len(self.rooms)}-{secrets.token_hex(3)}"
        colour = ("red", "green", "blue")[len(self.rooms) % 3]
        tracks = [
            Track("alice", "camera", self.clips.video(colour, seconds=1, size=(160, 120))),
            Track("alice", "voice", self.clips.tone(440, seconds=1)),
        ]
        manifest = room(self.folder / "made", tracks, name=name)
        document = json.loads(manifest.read_text())
        ended = datetime.now(UTC) - timedelta(hours=1)
        document["room"]["end_time"] = ended.strftime("%Y-%m-%dT%H:%M:%SZ")
        manifest.write_text(json.dumps(document))
        for file in manifest.parent.iterdir():
            s3.upload(file, f"s3://{self.bucket}/rooms/{name}/{file.name}")
        self.rooms.append(document["room"]["sid"])

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-c", MAIN, *words, "--config", str(self.folder / "night.toml")],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = ran.stdout + ran.stderr
        assert "Traceback" not in said, said
        assert "internal-error" not in said, said
        assert "bug in roomreel" not in said, said
        assert ran.returncode in WORDS, (words, ran.returncode, said)
        if ran.returncode:
            assert ran.stderr.strip() or ran.stdout.strip(), "it said nothing"
        return ran

    def is_right(self) -> None:
        """Each room has one composition, which is there as its row says, and nothing else is."""
        rows = self.catalog.rows(Table.COMPOSITIONS)
        assert sorted(row["room_sid"] for row in rows) == sorted(self.rooms)
        assert {row["status"] for row in rows} == {"completed"}
        for row in rows:
            assert sha256_of(location_of(row["media_url"])) == row["media_sha256"]
            assert {one["code"] for one in row["warnings"]} <= {"recording-short"}
        stored = [str(f.location) for f in s3.below(f"s3://{self.bucket}/store/compositions")]
        assert sorted(url for url in stored if url.endswith(".mp4")) == sorted(
            row["media_url"] for row in rows
        )
        looked = self.run("catalog", "check")
        assert looked.returncode == 0, looked.stdout


@pytest.fixture
def world(bucket: str, tmp_path: Path, clips: Clips) -> World:
    return World(bucket, tmp_path, clips)


def breaking(chance: random.Random, proxy: Faulty, share: float, *, hangs: bool = True) -> None:
    """Have a share of all requests meet a fault of any kind, at any place."""

    def meet() -> Fault | None:
        if chance.random() >= share:
            return None
        kind = chance.choices(["cut-at", "answer", "cut-request", "hang"], [6, 3, 2, int(hangs)])[0]
        return Fault(kind, share=chance.random())  # type: ignore[arg-type]

    proxy.chance = meet


def mended(world: World, proxy: Faulty) -> None:
    proxy.chance = lambda: None
    proxy.faults.clear()
    night = world.run("nightly")
    assert night.returncode == 0, night.stdout + night.stderr
    world.is_right()


@pytest.mark.soak
def test_a_night_that_is_cut_here_and_there(world: World, proxy: Faulty) -> None:
    world.add_room()
    world.add_room()
    breaking(random.Random(20261128), proxy, 0.1, hangs=False)
    world.run("nightly")
    assert len(proxy.met) > 5
    mended(world, proxy)


@pytest.mark.soak
def test_many_nights_through_it(world: World, proxy: Faulty) -> None:
    """Each with new rooms; every other one is mended by the next night through the same proxy."""
    chance = random.Random(int(os.environ.get("SEED", "20261128")))
    for number in range(NIGHTS):
        world.add_room()
        world.add_room()
        share = chance.choice([0.02, 0.05, 0.15, 0.3])
        breaking(chance, proxy, share)
        proxy.met.clear()
        verbs = ["nightly"], ["list", "compositions"], ["catalog", "check"], ["retention"]
        codes = [world.run(*words).returncode for words in verbs]
        met = dict(Counter(method for method, _ in proxy.met))
        print(f"night {number + 1}: {share:.0%} of requests break: {met}, {codes}", flush=True)
        if number % 2:
            mended(world, proxy)
    mended(world, proxy)


@pytest.mark.soak
@pytest.mark.parametrize("how", ["refused", "hanging", "503"])
def test_a_store_that_goes_away_in_the_night(
    world: World, proxy: Faulty, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its tenth, hundredth ... request it is gone, until the night has ended."""
    kinds = {"refused": "cut-request", "hanging": "hang", "503": "answer"}
    for after in (10, 60, 150):
        for _ in range(3):
            world.add_room()
        seen = len(proxy.seen) + after

        def gone(seen: int = seen) -> Fault | None:
            return Fault(kinds[how]) if len(proxy.seen) > seen else None  # type: ignore[arg-type]

        proxy.chance = gone
        began = time.monotonic()
        night = world.run("nightly")
        print(
            f"{how} after {after}: {night.returncode}, {time.monotonic() - began:.0f} s", flush=True
        )
        told = night.stdout + night.stderr
        # By a task of its own (twice in the log), by the state of the run, and at its end; not by
        # each room.
        assert told.count("so that the run ends here") <= 4
        mended(world, proxy)
