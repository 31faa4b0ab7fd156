"""A PostgreSQL cluster in a folder, as Debian's programs make it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql")


def is_installed() -> bool:
    """Whether there is a PostgreSQL to start."""
    return any(PROGRAMS.glob("*/bin/initdb"))


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server of its own on a free port of this machine.

    Yields:
        The URL of its database, as Prefect wants it.
    """
    # Not below pytest's folders, which are for the user of the tests alone.
    home = Path(tempfile.mkdtemp(prefix="roomreel-postgres-"))
    programs = max(PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    data = home / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # fsync: a test's database need not outlive the power.
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {home} -c fsync=off"
    if os.getuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    try:
        _run([programs / "initdb", "-D", data, "-U", "roomreel", "-A", "trust", "-E", "UTF8"])
        _run([programs / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start"])
        yield f"postgresql+asyncpg://roomreel@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(home)


def _run(argv: Sequence[object]) -> None:
    # It refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    words = [str(word) for word in argv]
    subprocess.run(words, user=user, check=True, cwd="/", stdout=subprocess.DEVNULL)
