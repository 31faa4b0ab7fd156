"""Answers of `roomreel serve` a second: python benchmarks/service_http.py [--compositions 100000]

Makes catalogs without media (`service_lists.py`), starts serve on them as an operator does, and
has wrk (Debian: `wrk`) ask with 32 connections at a time: for one composition after the other, and
for pages of 50 by a filter. Prints answers a second, p50 and p99, and the resident memory of the
process that answers; then how long a row that a run commits takes until it is seen.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import service_lists

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.model.table import Partition, Table
from roomreel.settings import Settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "servers"))
from service_site import ServiceSite  # noqa: E402

WRK = shutil.which("wrk") or sys.exit("it needs wrk (Debian: wrk)")
CONNECTIONS, THREADS, SECONDS = 32, 1, 20
ASKED = 5000
ROWS_SEEN, LONGEST_S = 5, 60

SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
math.randomseed(1)
wrk.headers["Authorization"] = "Basic %s"
request = function()
  return wrk.format("GET", paths[math.random(#paths)])
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%.1f %%.1f %%d\\n", summary.requests,
    summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.read + summary.errors.timeout))
end
"""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--compositions", type=int, default=100_000)
    asked.add_argument("--days", type=int, default=1000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="roomreel-http-") as name:
        folder = Path(name)
        (folder / "rooms").mkdir()
        config = folder / "site.toml"
        places = {"manifests": f"{folder}/rooms", "store": f"{folder}/store"}
        lines = [f"{key} = {json.dumps(value)}" for key, value in places.items()]
        config.write_text("\n".join([*lines, f'media_roots = ["{folder}/rooms"]']))
        settings = Settings(folder=folder, store=folder / "store")
        service_lists.alone(service_lists.make, settings, given.compositions, given.days)
        service_lists.alone(service_lists.reindex, settings, given.compositions, given.days)
        with ServiceSite(folder, config) as site:
            measure(site, settings)


def measure(site: ServiceSite, settings: Settings) -> None:
    """Ask, and print."""
    catalog = open_catalog(settings)
    days = random.Random(1).sample(catalog.reader.days(Table.COMPOSITIONS), 50)
    rows = catalog.read(Table.COMPOSITIONS, None, ["sid", "room_sid"], days).to_pylist()
    some = random.Random(2).sample(rows, min(ASKED, len(rows)))
    fetches = [f"/v1/Compositions/{row['sid']}" for row in some]
    before = "DateCreatedBefore=2026-06-01T00:00:00Z"
    lists = [
        f"/v1/Compositions?PageSize=50&{more}"
        for more in ("Status=completed", f"Status=completed&{before}", before, "Status=failed")
    ]
    for what, paths in (("fetch one", fetches), ("list 50", lists)):
        print(f"{what}: {load(site, paths)}", flush=True)
    assert site.process is not None
    memory = psutil.Process(site.process.pid).memory_info().rss
    print(f"memory of the process that answers: {memory / 1e6:.0f} MB")
    print(f"seen after: {', '.join(f'{seen(site, catalog):.1f} s' for _ in range(ROWS_SEEN))}")


def load(site: ServiceSite, paths: list[str]) -> str:
    """Have wrk ask for random ones of these; return its figures in words."""
    asked, script = site.folder / "paths.txt", site.folder / "asked.lua"
    asked.write_text("\n".join(paths) + "\n")
    basic = base64.b64encode(":".join(site.account).encode()).decode()
    script.write_text(SCRIPT % (asked, basic))
    words = [f"-c{CONNECTIONS}", f"-t{THREADS}", f"-d{SECONDS}s", "-s", str(script), site.url]
    said = subprocess.run([WRK, *words], capture_output=True, text=True, check=True).stdout
    result = next(line for line in said.splitlines() if line.startswith("RESULT"))
    count, micros, p50, p99, errors = result.split()[1:]
    a_second = int(count) / (int(micros) / 1e6)
    return f"{a_second:.0f} answers/s, p50 {p50} ms, p99 {p99} ms, {errors} errors"


def seen(site: ServiceSite, catalog: Catalog) -> float:
    """Commit a row as a run does, and return seconds until the API has it."""
    now = datetime.now(UTC)
    number = random.randrange(50_000)
    row = service_lists.composition(number, now.date())
    began = time.monotonic()
    catalog.commit(Partition(Table.COMPOSITIONS, now.date()), [row])
    with site.client() as client:
        while client.get(f"/Compositions/{row['sid']}").status_code != 200:
            assert time.monotonic() < began + LONGEST_S, "it is not seen"
            time.sleep(0.05)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
