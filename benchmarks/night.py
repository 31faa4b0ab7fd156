"""What orchestrating a night costs: compositions of no length, real server, real workers.

    python benchmarks/night.py [COMPOSITIONS [WORKERS]]

The render is a stand-in (tests/operate/standin.py) that writes a few bytes; manifests, plans,
tasks, states, results, artifacts and catalogs are the product's. The server keeps its books in a
PostgreSQL of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "servers"), str(ROOT / "tests" / "operate")]
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="roomreel-night-")

from calls import Calls  # noqa: E402
from postgres import PROGRAMS, postgres  # noqa: E402
from prefect.client.schemas.actions import WorkPoolUpdate  # noqa: E402
from prefect_site import POOL, Site  # noqa: E402

from roomreel.flows.compose_shard import compose_shard  # noqa: E402
from roomreel.flows.nightly import nightly  # noqa: E402
from roomreel.flows.site.parts import RUNS_BESIDE  # noqa: E402

PATIENCE_S = 4 * 3600.0
SETTLED_S = 300.0
LARGEST = 6
LOG_CHARACTERS = 4000


def main(compositions: int, workers: int) -> None:
    """Run one night and print what it took."""
    with tempfile.TemporaryDirectory(prefix="roomreel-night-") as name, postgres() as database:
        folder = Path(name)
        calls = Calls(folder, shards="compose-shard/compose-shard", workers=2)
        calls.template("sound", audio_sources=["*"])
        os.environ["STANDIN_LOG"] = str(calls.log)
        for number in range(compositions):
            calls.room(f"room-{number}")
        with Site(folder, database, (ROOT / "tests" / "operate",)) as site:
            print(json.dumps(measured(site, calls, database, workers), indent=2))


def measured(site: Site, calls: Calls, database: str, workers: int) -> dict[str, Any]:
    """The figures of one night."""
    given = {"config": str(calls.config)}
    site.deploy(compose_shard, "standin.compose_shard", given)
    deployment = site.deploy(nightly, "standin.nightly", given)
    # As `roomreel up` does on a machine of two cores: not all shards at once.
    at_a_time = WorkPoolUpdate(concurrency_limit=2 + RUNS_BESIDE)
    site.client.update_work_pool(POOL, at_a_time)
    for number in range(workers):
        site.worker(f"worker-{number}")
    before, cpu_before, began = bytes_of_tables(database), cpu_s(site), time.monotonic()
    night = site.end_of(site.run(deployment), PATIENCE_S)
    wall_s, cpu = time.monotonic() - began, cpu_s(site) - cpu_before
    if not (night.state and night.state.is_completed()):
        said = (site.folder / "server.log").read_text(errors="replace")[-LOG_CHARACTERS:]
        raise SystemExit(f"{said}\nthe night is {night.state}")
    rows = calls.rows()
    began = time.monotonic()
    mixes = mixes_in(database, len(rows))
    settled_s = time.monotonic() - began
    grown = Counter(bytes_of_tables(database)) - Counter(before)
    return {
        "state": night.state_name,
        "shards": len(site.client.read_flow_runs()) - 1,
        "wall_s": round(wall_s, 1),
        "cpu_s_of_server_and_workers": round(cpu, 1),
        "cpu_s_a_composition": round(cpu / len(rows), 3),
        "mix_task_rows": mixes,
        "written_down_after_s": round(settled_s, 1),
        "catalog_rows": len(rows),
        "database_growth_bytes": grown.total(),
        "most_of_it": dict(grown.most_common(LARGEST)),
    }


def cpu_s(site: Site) -> float:
    """CPU seconds of the server, the workers, and the flows they ran and waited for."""
    times = [psutil.Process(process.pid).cpu_times() for process in site.processes]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def mixes_in(database: str, wanted: int) -> int:
    """The task runs of mixes that have ended; the server writes them down a little later."""
    ended = "select count(*) from task_run where name like 'mix %' and end_time is not null"
    deadline = time.monotonic() + SETTLED_S
    while (found := int(asked(database, ended))) < wanted and time.monotonic() < deadline:
        time.sleep(1)
    return found


def bytes_of_tables(database: str) -> dict[str, int]:
    """The size of each table of a database with its indexes."""
    sizes = "select relname, pg_total_relation_size(relid) from pg_stat_user_tables"
    rows = (line.split("|") for line in asked(database, sizes).splitlines())
    return {name: int(size) for name, size in rows}


def asked(database: str, query: str) -> str:
    """The answer to a query: a line for each row, with | between values."""
    psql = max(PROGRAMS.glob("*/bin/psql"))
    words = [str(psql), database.replace("+asyncpg", ""), "-Atc", query]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    asked_for = [int(word) for word in sys.argv[1:]]
    main(*asked_for, *(1000, 2)[len(asked_for) :])
