"""An account of the hosted service with recorded calls, and a client of it to be killed."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from hosted import Fault, Hosted, Sent

from roomreel.importers.download.credentials import Credentials

TOKEN = "canary-token-77c1"  # noqa: S105
SIGNATURE = "canary-signature-90ab"
OFFSET = 155_137_307_765
JOBS = 2
IN_FLIGHT_BYTES = 2**18
"""What may lie between both ends of a connection: its buffers, a piece and a chunk."""

# Small buffers, so that bytes in flight are few.
CLIENT = """
import socket, sys
from pathlib import Path
from urllib3.connection import HTTPConnection
HTTPConnection.default_socket_options += [(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**15)]
from roomreel.importers.download.credentials import credentials_from
from roomreel.importers.download.rooms import Selection
from roomreel.importers.download.twilio import How, download
account, url, out, jobs = sys.argv[1:]
given = credentials_from(account, {}, sys.stdin.readline)
how = How(jobs=int(jobs), base_url=url, first_wait_s=0.01)
done = download(Selection(), Path(out), given, how)
print(done.text)
sys.exit(1 if done.failed else 0)
"""


def sid(prefix: str, name: str) -> str:
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:32]


def account_with(
    calls: int = 2, size: int = 100_000, people: tuple[str, ...] = ("ann", "ben")
) -> Hosted:
    """An account with completed calls in which each person's microphone was recorded."""
    service = Hosted((sid("AC", "us"), TOKEN), signature=SIGNATURE)
    for number in range(calls):
        add_call(service, f"lesson-{number}", f"2026-11-0{number + 1}T10:00:00Z", size, people)
    service.rooms.append({"sid": sid("RM", "now"), "unique_name": "now", "status": "in-progress"})
    return service


def add_call(
    service: Hosted, name: str, ended: str, size: int = 1000, people: tuple[str, ...] = ("ann",)
) -> str:
    room = sid("RM", name)
    begun = ended.replace("T10", "T09")
    about = {"unique_name": name, "status": "completed", "date_created": begun, "end_time": ended}
    service.rooms.append({"sid": room, **about})
    for person in people:
        own = sid("PA", f"{name}/{person}")
        service.participants.append({"sid": own, "identity": person, "room_sid": room})
        add_recording(
            service, f"{name}/{person}", room, own, random.Random(f"{name}{person}").randbytes(size)
        )
    return room


def add_recording(service: Hosted, name: str, room: str, person: str, data: bytes) -> str:
    recording = sid("RT", name)
    service.media[recording] = data
    service.recordings.append(
        {
            "sid": recording,
            "source_sid": sid("MT", name),
            "status": "completed",
            "type": "audio",
            "track_name": "microphone",
            "codec": "opus",
            "container_format": "mka",
            "offset": OFFSET,
            "duration": 1,
            "size": len(data),
            "date_created": "2026-11-01T09:00:00Z",
            "grouping_sids": {"room_sid": room, "participant_sid": person},
        }
    )
    return recording


def credentials(service: Hosted) -> Credentials:
    account, token = service.account
    return Credentials(account, account, token, "TWILIO_AUTH_TOKEN")


def files_of(service: Hosted, out: Path) -> dict[str, Path]:
    """The place of each recording's file."""
    rooms = {one["sid"]: one["grouping_sids"]["room_sid"] for one in service.recordings}
    return {own: out / room / f"{own}.mka" for own, room in rooms.items()}


class Killer:
    """Kills a client at random requests and amounts of media, and watches where it goes on."""

    def __init__(self, service: Hosted, out: Path, choose: random.Random) -> None:
        self.service, self.out, self.choose = service, out, choose
        self.kills = 0
        self.resumed_at: list[tuple[str, int, int]] = []
        self._lock = threading.Lock()
        self._client: subprocess.Popen[str] | None = None
        self._left = 0
        service.on_media = self._on_media

    def run(self, most_bytes: int, *, to_its_end: bool = False) -> int:
        """Run a client; it is killed unless it is to reach its end. Returns its exit status."""
        account, token = self.service.account
        with self._lock:
            drawn = 0 if to_its_end else self.choose.randrange(most_bytes // 2, most_bytes)
            self._left = drawn or sys.maxsize
        self._client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, account, self.service.url, str(self.out), str(JOBS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = self._client.communicate(token + "\n", timeout=120)
        if self._client.returncode == -signal.SIGKILL:
            self.kills += 1
        return self._client.returncode

    def _on_media(self, sent: Sent) -> None:
        if not sent.count:
            part = next(iter(self.out.glob(f"*/{sent.sid}.mka.part")))
            self.resumed_at.append((sent.sid, sent.start, part.stat().st_size))
        with self._lock:
            self._left -= 1 if not sent.count else 2**14
            if self._left < 0 and self._client is not None:
                os.kill(self._client.pid, signal.SIGKILL)


def faults(choose: random.Random, share: float) -> Callable[[str], Fault | None]:
    """Faults of some requests: full, broken, expired links (never twice in a row), cut bodies."""
    lock, expired = threading.Lock(), set[str]()

    def fault(path: str) -> Fault | None:
        with lock:
            if choose.random() > share:
                expired.discard(path)
                return None
            if not path.startswith("/media/"):
                return Fault(status=choose.choice((429, 500, 503)))
            if path in expired or choose.random() < 0.5:
                expired.discard(path)
                return Fault(cut=choose.randrange(1, 200_000))
            expired.add(path)
            return Fault(status=403)

    return fault
