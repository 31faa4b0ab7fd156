"""A PostgreSQL cluster in a folder, as Debian's programs make it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql")


def is_installed() -> bool:
    """Whether there is a PostgreSQL to start."""
    return any(PROGRAMS.glob("*/bin/initdb"))


@dataclass(frozen=True)
class Cluster:
    """A server of its own, in a folder.

    Attributes:
        url: of its database, as Prefect wants it.
        again: the words that start it once more.
    """

    url: str
    programs: Path
    data: Path
    again: tuple[object, ...]

    def restart(self) -> None:
        """End it as a loss of power does, and start it again."""
        _run([self.programs / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"])
        _run(self.again)


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server of its own on a free port of this machine.

    Yields:
        The URL of its database, as Prefect wants it.
    """
    with cluster() as running:
        yield running.url


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a server of its own on a free port of this machine."""
    # Not below pytest's folders, which are for the user of the tests alone.
    home = Path(tempfile.mkdtemp(prefix="roomreel-postgres-"))
    programs = max(PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    data = home / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # fsync: a test's database need not outlive the power.
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {home} -c fsync=off"
    start = (programs / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start")
    if os.getuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    try:
        _run([programs / "initdb", "-D", data, "-U", "roomreel", "-A", "trust", "-E", "UTF8"])
        _run(start)
        url = f"postgresql+asyncpg://roomreel@127.0.0.1:{port}/postgres"
        yield Cluster(url, programs, data, start)
    finally:
        if (data / "postmaster.pid").exists():
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(home)


def _run(argv: Sequence[object]) -> None:
    # It refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    words = [str(word) for word in argv]
    subprocess.run(words, user=user, check=True, cwd="/", stdout=subprocess.DEVNULL)
