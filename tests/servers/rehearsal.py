"""A machine to rehearse on: a root of its own, where what is installed and changed is real.

It is this machine's root with a layer of its own above it, in namespaces of its own: programs,
users, /etc and services are changed there alone, and all its processes end with it. The network is
this machine's. There is no systemd in it; a stand-in for `systemctl` starts what units say. It
wants Linux and root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELL = {"PATH": PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
NAMESPACES = ("--mount", "--pid", "--uts")
ENTERED_WITHIN_S = 30

BEGIN = """\
set -e
hostname "$1"
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/changed,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
mount --rbind /dev "$2/root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$2/root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$2/root/run"
touch "$2/begun"
exec sleep infinity
"""

# What systemd would do with a unit of ours: its user, folder and variables, and start it.
SYSTEMCTL = """\
#!/usr/bin/python3
import collections, os, pathlib, pwd, shutil, socket, string, subprocess, sys

if sys.argv[1:] == ["daemon-reload"]:
    sys.exit()
assert sys.argv[1:3] == ["enable", "--now"], sys.argv
name = sys.argv[3]
unit = collections.defaultdict(list)
for line in pathlib.Path(f"/etc/systemd/system/{name}.service").read_text().splitlines():
    if "=" in line and not line.startswith("#"):
        key, value = line.split("=", 1)
        unit[key].append(value.replace("%H", socket.gethostname()))
user = pwd.getpwnam(unit["User"][0])
state = pathlib.Path("/var/lib", unit["StateDirectory"][0])
state.mkdir(exist_ok=True)
shutil.chown(state, user.pw_uid, user.pw_gid)
lines = [*unit["Environment"]]
for file in unit["EnvironmentFile"]:
    lines += pathlib.Path(file).read_text().splitlines()
lines = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": user.pw_dir, "USER": user.pw_name}
variables |= dict(lines)
argv = [string.Template(word).substitute(variables) for word in unit["ExecStart"][0].split()]
subprocess.Popen(
    argv,
    env=variables,
    cwd=(unit["WorkingDirectory"] or ["/"])[0],
    user=user.pw_uid,
    group=user.pw_gid,
    extra_groups=[],
    umask=0o022,
    start_new_session=True,
    stdin=subprocess.DEVNULL,
    stdout=open(f"/var/log/{name}.log", "ab"),
    stderr=subprocess.STDOUT,
)
"""


@dataclass
class Rehearsal:
    """A machine of this name whose changes are kept in a folder.

    Attributes:
        folder: an empty folder on the disk of the root.
    """

    name: str
    folder: Path

    def __enter__(self) -> Self:
        for name in ("changed/usr/local/sbin", "work", "root"):
            (self.folder / name).mkdir(parents=True)
        systemctl = self.folder / "changed/usr/local/sbin/systemctl"
        systemctl.write_text(SYSTEMCTL)
        systemctl.chmod(0o755)
        self._holder = subprocess.Popen(
            [
                *("unshare", *NAMESPACES, "--fork", "--kill-child", "--propagation", "private"),
                *("sh", "-c", BEGIN, "sh", self.name, str(self.folder)),
            ]
        )
        deadline = time.monotonic() + ENTERED_WITHIN_S
        while not (self.folder / "begun").exists():
            assert self._holder.poll() is None, "there is no such root on this machine"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (first,) = psutil.Process(self._holder.pid).children()
        self._first = first.pid
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.wait()
        # What is installed is large; the logs stay.
        shutil.rmtree(self.folder / "changed" / "opt", ignore_errors=True)

    @property
    def root(self) -> Path:
        """Its root, to read and write files from outside."""
        return Path(f"/proc/{self._first}/root{self.folder}/root")

    def run(self, commands: str, folder: str = "/root", **variables: str) -> str:
        """What commands of a root shell print; each must succeed."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT", "PYTHON"))}
        with tempfile.TemporaryFile("w+") as said:  # not a pipe, which services would keep open
            ran = subprocess.run(
                [
                    *("nsenter", "--target", str(self._first), *NAMESPACES),
                    *("chroot", str(self.folder / "root")),
                    *("bash", "-euo", "pipefail", "-c", f"cd {folder}\n{commands}"),
                ],
                env=inherited | SHELL | variables,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
            )
            said.seek(0)
            text = said.read()
        assert ran.returncode == 0, f"on {self.name}: {commands}\n{text}"
        return text
