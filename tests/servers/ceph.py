"""A Ceph RADOS Gateway on loopback: the S3 server behind every test that proves anything about S3.

One monitor, one manager, one OSD in a sparse file and one gateway, in one folder, without systemd.
Debian has them:

    apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-mgr ceph-common

`python tests/servers/ceph.py COMMAND...` starts a fresh one, runs a command with the AWS variables
that lead to it, and ends it again.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.session import Session

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-mgr", "ceph-common")
PROGRAMS = ("ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "setpriv")
ACCESS_KEY, SECRET_KEY, REGION = "roomreeltest", "roomreel-test-secret", "us-east-1"
STARTED_WITHIN_S = 180
STOPPED_WITHIN_S = 20

# The smallest memory target an OSD takes is 896 MiB; the file grows as it is written. A daemon that
# a busy machine keeps waiting for minutes does not end itself, nor does one where little of a large
# disk is free.
CONFIG = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
log file = {folder}/log/$name.log
mon cluster log file = {folder}/log/cluster.log
mon data = {folder}/mon
mon data avail crit = 1
mgr data = {folder}/mgr
osd data = {folder}/osd
osd objectstore = bluestore
bluestore block size = 42949672960
osd memory target = 939524096
bluestore fsck on mount = false
osd op thread suicide timeout = 0
keyring = {folder}/keyring
[client.rgw]
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable ops log = false
rgw run sync thread = false
rgw data = {folder}/rgw
rgw thread pool size = 64
"""

IDENTITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
    "client.rgw": {"mon": "allow rwx", "osd": "allow rwx", "mgr": "allow rw"},
    "mgr.x": {"mon": "allow profile mgr", "osd": "allow *"},
    "osd.0": {"mon": "allow profile osd", "mgr": "allow profile osd", "osd": "allow *"},
}


class CephFailed(Exception):
    """The server does not start, or one of its daemons ended; says what its log does."""


@dataclass(frozen=True)
class Ceph:
    """A running server and its one account.

    Attributes:
        endpoint: http URL on loopback.
        admin: runs `radosgw-admin` with some arguments.
        look: raises `CephFailed` where one of its daemons has ended.
    """

    endpoint: str
    admin: Callable[..., None]
    look: Callable[[], None]
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead any AWS client to it."""
        return environment(self.endpoint, self.access_key, self.secret_key)


def s3_client(**about: str) -> Any:
    """A client of botocore's own making, for what the environment or `about` says."""
    return Session().create_client("s3", **about)


def environment(endpoint: str, access_key: str, secret_key: str) -> dict[str, str]:
    """The variables that lead any AWS client to an endpoint, whatever else the machine has set."""
    return {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def missing() -> list[str]:
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def running(folder: Path) -> Iterator[Ceph]:
    """Start a server whose data live in an empty folder, and end it with the block.

    Its daemons are children that die with this process.

    Raises:
        CephFailed: it does not answer in time.
    """
    cluster = _Cluster(folder)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


class _Cluster:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._config = folder / "ceph.conf"
        self._keyring = folder / "keyring"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> Ceph:
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        mon_v2, mon_v1, port = _free_ports(3)
        for name in ("mon", "mgr", "osd", "rgw", "run", "log"):
            (self._folder / name).mkdir(parents=True)
        self._config.write_text(
            CONFIG.format(fsid=fsid, mon_v2=mon_v2, mon_v1=mon_v1, folder=self._folder, port=port)
        )
        self._make_keys()
        monmap = str(self._folder / "monmap")
        address = f"[v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", self._keyring)
        self._spawn("ceph-mon", "-i", "a")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._run("ceph", "osd", "new", osd, "0")
        self._spawn("ceph-osd", "-i", "0")
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=localhost", "root=default")
        self._spawn("ceph-mgr", "-i", "x")
        self._spawn("radosgw", "-n", "client.rgw")
        endpoint = f"http://127.0.0.1:{port}"
        self._wait_for(endpoint)
        keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
        self._admin("user", "create", "--uid=roomreel", "--display-name=roomreel", *keys)
        return Ceph(endpoint, self._admin, self._look)

    def stop(self) -> None:
        daemons = list(reversed(self._daemons.values()))
        for daemon in daemons:
            daemon.terminate()
        deadline = time.monotonic() + STOPPED_WITHIN_S
        for daemon in daemons:
            try:
                daemon.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _look(self) -> None:
        for name, daemon in self._daemons.items():
            if daemon.poll() is not None:
                log = (self._folder / "log" / f"{name}.out").read_text(errors="replace")
                raise CephFailed(f"{name} ended with {daemon.returncode}: {log[-1000:]}")

    def _make_keys(self) -> None:
        for name, caps in IDENTITIES.items():
            words = [word for cap in caps.items() for word in ("--cap", *cap)]
            create = [] if self._keyring.exists() else ["--create-keyring"]
            argv = ["ceph-authtool", self._keyring, *create, "--gen-key", "-n", name, *words]
            subprocess.run(argv, check=True, capture_output=True)

    def _admin(self, *words: str) -> None:
        self._run("radosgw-admin", *words)

    def _run(self, program: str, *words: str | Path) -> None:
        argv = [program, "-c", self._config, *words]
        if program == "monmaptool":
            argv = [program, *words]
        try:
            subprocess.run(argv, check=True, capture_output=True, timeout=STARTED_WITHIN_S)
        except subprocess.CalledProcessError as error:
            last = error.stderr.decode(errors="replace").strip()[-500:]
            raise CephFailed(f"{program} {words[0]} failed: {last}") from error
        except subprocess.TimeoutExpired as error:
            raise CephFailed(
                f"{program} {words[0]} does not end: see {self._folder}/log"
            ) from error

    def _spawn(self, program: str, *words: str) -> None:
        # In the foreground, and ended by the kernel with this process, however that ends.
        argv = ["setpriv", "--pdeathsig", "KILL", program, "-f", "-c", self._config, *words]
        with (self._folder / "log" / f"{program}.out").open("wb") as log:
            self._daemons[program] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _wait_for(self, endpoint: str) -> None:
        deadline = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < deadline:
            self._look()
            try:
                urllib.request.urlopen(endpoint, timeout=5).close()  # noqa: S310
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise CephFailed(f"the S3 server does not answer: see {self._folder}/log")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def main(argv: list[str]) -> int:
    """Run a command beside a fresh server."""
    if lacking := missing():
        print(f"not installed: {', '.join(lacking)}\n{__doc__}", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="roomreel-ceph-") as folder,
        running(Path(folder)) as server,
    ):
        return subprocess.run(
            argv, env={**os.environ, **server.environment}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
