"""Two workers of two users, a store in S3, one folder of parts: one is killed in each state.

As root, who alone can start both: python -m pytest -m soak -s tests/operate/test_two_users.py
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from calls import Calls
from prefect.client.schemas.objects import FlowRun
from prefect_site import Site, wait_for
from users import GAMES, NOBODY, open_folder

from roomreel.catalog.catalog import Catalog
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.draw_chunks import draw_chunks
from roomreel.flows.nightly import nightly
from roomreel.model.table import Table
from roomreel.settings import read
from roomreel.storage import s3, sha256_of
from roomreel.storage.location import location_of

pytestmark = [
    pytest.mark.soak,
    pytest.mark.s3,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.getuid() != 0, reason="root alone can become two users"),
]
USERS = {"first": NOBODY, "second": GAMES}
WITHIN_S = 40
PATIENCE_S = 900
GRID = {"video_layout": {"grid": {"video_sources": ["*"]}}, "audio_sources": ["*"]}


class Pair:
    """Two workers, of whom one is killed and comes back."""

    def __init__(self, site: Site, calls: Calls) -> None:
        self.site, self.calls = site, calls
        given = {"config": str(calls.config)}
        flows = {"nightly": nightly, "shard": compose_shard, "chunks": draw_chunks}
        self.flows = {
            name: site.deploy(flow, f"roomreel.flows.{name}.{flow.fn.__name__}", given)
            for name, flow in flows.items()
        }
        for word in ("never began", "nobody carries out", "without a sign of life", "overtaken"):
            site.automate(word, WITHIN_S if word != "overtaken" else None)
        self.workers = {name: site.worker(name, uid) for name, uid in USERS.items()}

    def runs(self, flow: str) -> list[FlowRun]:
        found = self.site.client.read_flow_runs()
        return [run for run in found if run.deployment_id == self.flows[flow]]

    def kill(self, name: str) -> None:
        worker = self.workers[name]
        family = []
        with suppress(psutil.Error):
            family = psutil.Process(worker.pid).children(recursive=True)
        worker.kill()
        for each in family:
            with suppress(psutil.Error):
                each.kill()
        worker.wait()

    def come_back(self, name: str) -> None:
        self.workers[name] = self.site.worker(f"{name}-{time.monotonic_ns()}", USERS[name])

    def settle(self) -> None:
        def quiet() -> bool:
            runs = self.site.client.read_flow_runs()
            return all(run.state and run.state.is_final() for run in runs)

        wait_for(quiet, PATIENCE_S)


@pytest.fixture
def parts() -> Iterator[Path]:
    with open_folder(0o777) as folder:
        yield folder


@pytest.fixture
def calls(tmp_path: Path, bucket: str, parts: Path) -> Calls:
    calls = Calls(
        tmp_path,
        store=f"s3://{bucket}/store",
        shards="compose-shard/compose-shard",
        shard_s=1,
        spread="pool",
        spread_above_s=0,
        chunk_s=2,
        parts=str(parts),
    )
    calls.template("grid", **GRID, resolution="320x240", format="mp4")
    calls.pictures("camera.webm", seconds=8)
    return calls


@pytest.fixture
def pair(tmp_path: Path, calls: Calls) -> Iterator[Pair]:
    with Site(tmp_path) as site:
        yield Pair(site, calls)


def is_in(pair: Pair, flow: str, state: str) -> Callable[[], bool]:
    return lambda: any(run.state_name == state for run in pair.runs(flow))


def rows(calls: Calls) -> list[dict[str, Any]]:
    settings = read(calls.config).settings
    catalog = Catalog.open(settings.catalog_root, settings.journal_root)
    return catalog.rows(Table.COMPOSITIONS)


def test_what_one_leaves_the_other_does(pair: Pair, calls: Calls, bucket: str) -> None:
    names = list(USERS)
    moments = [
        ("shard", "Submitting"),
        ("shard", "Running"),
        ("chunks", "Submitting"),
        ("chunks", "Running"),
        ("nightly", "Running"),
    ]
    for number, (flow, state) in enumerate([*moments, *moments]):
        for room in range(2):
            calls.room(f"room-{number}-{room}", "camera.webm", "video")
        pair.site.run(pair.flows["nightly"])
        with suppress(AssertionError):  # it was too short to be seen
            wait_for(is_in(pair, flow, state), 90)
        victim = names[number % 2]
        pair.kill(victim)
        print(f"{victim} was killed while a run of {flow} was {state}", flush=True)
        pair.come_back(victim)
        pair.settle()
        ends = Counter(run.state_name for run in pair.site.client.read_flow_runs())
        made = Counter(row["status"] for row in rows(calls))
        print(f"  runs {dict(ends)}, compositions {dict(made)}", flush=True)
    for _ in range(2):
        pair.site.run(pair.flows["nightly"])
        pair.settle()
    made = rows(calls)
    assert len(made) == 2 * len(moments) * 2
    assert {row["status"] for row in made} == {"completed"}, made
    for row in made:
        assert sha256_of(location_of(row["media_url"])) == row["media_sha256"]
    stored = [str(one.location) for one in s3.below(f"s3://{bucket}/store/compositions")]
    assert sorted(url for url in stored if url.endswith(".mp4")) == sorted(
        row["media_url"] for row in made
    )
