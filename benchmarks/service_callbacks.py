"""What one dead receiver costs the others: python benchmarks/service_callbacks.py

Puts events for a receiver that does not answer into the outbox of a service, then some for one
that does, so many a second, as runs of other processes put them there. A deliverer, as `roomreel
serve` has it, works in a process of its own, whose memory is looked at; the receiver is another
one (tests/servers/receiver.py). Printed is how long after it was written down each event arrived.

    --waiting 10000  events for the dead one, each of a composition of its own
    --dead silent    it takes connections and never answers; refused: nobody listens there;
                     slow: it answers after 10 s
    --events 600     for the other one, three of each composition
    --rate 20        of them a second; 0: all at once
    --postgres       a PostgreSQL of its own (tests/servers/postgres.py) in place of SQLite
"""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import psutil
from pydantic import SecretStr

from roomreel.model.callback import Callback
from roomreel.service.access.account import make_account
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.connections import Database, open_database
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))
import postgres as servers
from receiver import Receiver, receiver

ROOM = "RM" + "0" * 32
NAMES = ("composition-started", "composition-failed", "composition-available")
PATHS = {"silent": "/never", "slow": "/slow/10"}
# Where nobody listens.
REFUSED = "http://127.0.0.2:9/"
WAITED_S = 300.0
MOST_AT_ONCE = 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--dead", choices=("silent", "refused", "slow"), default="silent")
    parser.add_argument("--events", type=int, default=600)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        settings_in(Path(folder), postgres=asked.postgres) as settings,
        receiver(Path(folder) / "received") as healthy,
        receiver(Path(folder) / "asked") as other,
    ):
        dead = REFUSED if asked.dead == "refused" else other.url(PATHS[asked.dead], "127.0.0.2")
        database = open_database(settings)
        put(database, range(asked.waiting), dead, NAMES[:1])
        work = multiprocessing.get_context("spawn").Process(target=deliver, args=(settings,))
        work.start()
        try:
            measure(database, healthy, work.pid or 0, asked.events, asked.rate)
        finally:
            work.terminate()
            work.join()
        print(f"the dead one was asked {len(other.requests())} times")
        database.close()


@contextmanager
def settings_in(folder: Path, *, postgres: bool) -> Iterator[Settings]:
    settings = Settings(folder=folder, store=folder / "store", callback_allow=["127.0.0.0/8"])
    if not postgres:
        yield settings
        return
    with servers.postgres() as url:
        database = SecretStr(url.replace("+asyncpg", ""))
        yield settings.model_copy(update={"service_database": database})


def deliver(settings: Settings) -> None:
    """Be a deliverer until the end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    account = make_account(None)
    Deliverer(open_database(settings), lambda: account, settings, "benchmark").work(ended)


def put(database: Database, numbers: Sequence[int], url: str, names: Sequence[str]) -> None:
    for start in range(0, len(numbers), MOST_AT_ONCE):
        with database.write() as connection:
            for number in numbers[start : start + MOST_AT_ONCE]:
                for name in names:
                    event = Event(
                        f"CJ{number:032x}", ROOM, name, datetime.now(UTC), {}, Callback(url)
                    )
                    add_event(connection, event, 1)


def measure(database: Database, healthy: Receiver, pid: int, events: int, rate: float) -> None:
    process = psutil.Process(pid)
    time.sleep(10)  # by then it has all places that it gets
    cpu, begun = sum(process.cpu_times()[:2]), time.monotonic()
    first = 1 << 40
    written: dict[str, float] = {}
    peak = 0
    for number in range(first, first + events // len(NAMES)):
        put(database, [number], healthy.url(), NAMES)
        written[f"CJ{number:032x}"] = time.time()
        peak = max(peak, process.memory_info().rss)
        if rate:
            time.sleep(len(NAMES) / rate)
    deadline = time.monotonic() + WAITED_S
    while len(arrived := healthy.requests()) < len(written) * len(NAMES):
        assert time.monotonic() < deadline, f"{len(arrived)} of {events} arrived"
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.2)
    took_s = time.monotonic() - begun
    used = sum(process.cpu_times()[:2]) - cpu
    order: dict[str, list[str]] = defaultdict(list)
    delays = []
    for one in arrived:
        sid = one["parameters"]["CompositionSid"]
        order[sid].append(one["parameters"]["StatusCallbackEvent"])
        delays.append(one["at"] - written[sid])
    assert all(tuple(names) == NAMES for names in order.values()), "out of order"
    cuts = quantiles(delays, n=100)
    print(
        f"{len(delays)} events in {took_s:.1f} s: after {median(delays):.2f} s (p50),"
        f" {cuts[98]:.2f} s (p99), {max(delays):.2f} s (longest);"
        f" memory {peak / 1e6:.0f} MB, CPU {100 * used / took_s:.0f} % of a core"
    )


if __name__ == "__main__":
    main()
