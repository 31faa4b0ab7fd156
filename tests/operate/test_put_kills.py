"""Kills of serve while rooms come by PUT: nothing half written is seen, and each room arrives.

    python -m pytest -m soak -s tests/operate/test_put_kills.py     KILLS=10

Clients put what they have until it is taken, as those of a call service do.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from calls import Calls, hexid

from roomreel.storage import clean_up_unfinished

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from receiver import receiver
from service_site import ServiceSite

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

KILLS = int(os.environ.get("KILLS", "10"))
CLIENTS = 4
PIECE, PIECES = 2**17, 40
PATIENCE_S = 300.0
AGAIN = {409, 429, 503}
"""Answers after which a client puts the same again: others hold the room, or all places."""


class ApiSite(ServiceSite):
    """One of which the API is enough."""

    ready = "API:"


class Room:
    """A room of two recordings, as its clients put it."""

    def __init__(self, number: int, told: str) -> None:
        self.sid, self.number, self.told = hexid("RM"), number, told
        self.media = {
            hexid("RT"): random.Random(number).randbytes(PIECE * PIECES + i) for i in (0, 1)
        }
        self.person = hexid("PA")

    def manifest(self, status: str) -> dict[str, Any]:
        room = {"sid": self.sid, "unique_name": f"room {self.number}", "status": "in-progress"}
        if status == "completed":
            room |= {"status": "completed", "end_time": "2026-11-20T12:00:00Z"}
        return {
            "schema": "roomreel.room/1",
            "room": room | {"status_callback": self.told},
            "participants": [{"sid": self.person, "identity": "alice"}],
            "recordings": [
                {
                    "sid": sid,
                    "participant_sid": self.person,
                    "track_name": f"track {number}",
                    "type": "audio",
                    "status": status,
                    "media": f"{sid}.mka",
                }
                for number, sid in enumerate(self.media)
            ],
        }

    @property
    def files(self) -> dict[str, bytes]:
        return {f"{sid}.mka": data for sid, data in self.media.items()}


def put_room(room: Room, site: ServiceSite, counted: Counter[str]) -> None:
    """Put all of a room, each part until it is taken."""

    def put(path: str, **body: Any) -> None:
        def ask(client: httpx.Client) -> httpx.Response:
            given = {name: make() if callable(make) else make for name, make in body.items()}
            return client.put(f"/Rooms/{room.sid}/{path}", **given)

        until_taken(ask, site, counted)

    put("Manifest", json=room.manifest("processing"))
    for sid, data in room.media.items():
        digest = {"X-Content-SHA256": hashlib.sha256(data).hexdigest()}
        put(f"Recordings/{sid}/Media", content=lambda data=data: pieces(data), headers=digest)
    put("Manifest", json=room.manifest("completed"))


def pieces(data: bytes) -> Iterator[bytes]:
    """A medium as a slow line brings it."""
    for at in range(0, len(data), PIECE):
        yield data[at : at + PIECE]
        time.sleep(0.01)


def until_taken(
    ask: Callable[[httpx.Client], httpx.Response], site: ServiceSite, counted: Counter[str]
) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with site.client() as client:
                answer = ask(client)
        except (httpx.HTTPError, OSError):
            counted["cut off"] += 1
            time.sleep(0.3)
            continue
        counted[str(answer.status_code)] += 1
        if answer.status_code == 200:
            return
        assert answer.status_code in AGAIN, answer.text
        time.sleep(0.3)
    raise AssertionError("it is never taken")


class Looking(threading.Thread):
    """Looks at the folder of rooms all the time, for what is there by half."""

    def __init__(self, folder: Path, rooms: list[Room]) -> None:
        super().__init__(daemon=True)
        self.folder, self.rooms = folder, rooms
        self.ended = threading.Event()
        self.looks, self.wrong = 0, list[str]()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            for room in [*self.rooms]:
                for name, is_whole in parts_of(self.folder, room).items():
                    self.looks += 1
                    if not is_whole:
                        self.wrong.append(f"{room.sid}/{name}")


def parts_of(folder: Path, room: Room) -> dict[str, bool]:
    """Whether each file of a room is whole, by name; what has no name yet is not seen."""
    found: dict[str, bool] = {}
    manifests = [room.manifest(status) for status in ("processing", "completed")]
    for file in (folder / room.sid).glob("*"):
        if file.name.startswith(".roomreel-"):
            continue
        with suppress(FileNotFoundError):
            if file.name == "room.json":
                found[file.name] = json.loads(file.read_bytes()) in manifests
            else:
                found[file.name] = file.stat().st_size == len(room.files.get(file.name, b""))
    return found


def test_kills_in_the_midst_of_puts_leave_nothing_by_half(tmp_path: Path) -> None:
    with receiver(tmp_path / "received") as app:
        calls = Calls(tmp_path, callback_allow=["127.0.0.1"], upload_free_bytes=0)
        site = ApiSite(tmp_path, calls.config)
        folder = tmp_path / "store" / "rooms"
        rooms: list[Room] = []
        counted, ended = Counter[str](), threading.Event()
        failures: list[BaseException] = []

        def work(seed: int) -> None:
            number = seed
            while not ended.is_set():
                room = Room(number, app.url("/ok"))
                rooms.append(room)
                number += CLIENTS
                try:
                    put_room(room, site, counted)
                except BaseException as error:
                    failures.append(error)
                    raise

        with site:
            looking = Looking(folder, rooms)
            looking.start()
            clients = [threading.Thread(target=work, args=(seed,)) for seed in range(CLIENTS)]
            for client in clients:
                client.start()
            left = 0
            for number in range(KILLS):
                time.sleep(random.Random(number).uniform(1, 5))
                site.kill()
                halves = len([*folder.rglob(".roomreel-*.part")])
                left += halves
                print(f"killed {number + 1}: {len(rooms)} rooms, {halves} half sent", flush=True)
                site.start()
            ended.set()
            for client in clients:
                client.join()
            looking.ended.set()
            assert not failures
            check_rooms(site, rooms)
            check_events(app, rooms)
        # As a night, or retention, begins.
        removed = clean_up_unfinished(folder)
        assert looking.wrong == []
        for room in rooms:
            names = {file.name: file for file in (folder / room.sid).iterdir()}
            assert names.keys() == {"room.json", *room.files}
            assert all(names[name].read_bytes() == data for name, data in room.files.items())
        print(
            f"{KILLS} kills, {len(rooms)} rooms, {looking.looks} looks at files, {left} half sent "
            f"({removed} removed at the end), answers: {dict(counted)}"
        )


def check_rooms(site: ServiceSite, rooms: list[Room]) -> None:
    """See that the API has all of each room."""
    with site.client() as client:
        for room in rooms:
            assert client.get(f"/Rooms/{room.sid}").json()["status"] == "completed"
            for sid, data in room.media.items():
                link = client.get(f"/Recordings/{sid}/Media").json()["redirect_to"]
                got = httpx.get(link).content
                assert got == data, sid


def check_events(app: Any, rooms: list[Room]) -> None:
    """See that each room's events came, each by one token, with the sizes of the files."""
    wanted = Counter(
        {"room-created": 1, "recording-started": 2, "recording-completed": 2, "room-ended": 1}
    )
    deadline = time.monotonic() + PATIENCE_S
    while True:
        tokens: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        sizes: dict[str, int] = {}
        for one in app.requests():
            given = one["parameters"]
            sid = given.get("RecordingSid", "")
            key = given["RoomSid"], given["StatusCallbackEvent"], sid
            tokens[key].add(one["headers"]["i-twilio-idempotency-token"])
            if "Size" in given:
                sizes[sid] = int(given["Size"])
        if len(tokens) == wanted.total() * len(rooms):
            break
        assert time.monotonic() < deadline, len(tokens)
        time.sleep(1)
    assert {len(found) for found in tokens.values()} == {1}
    assert sizes == {sid: len(data) for room in rooms for sid, data in room.media.items()}
    for room in rooms:
        assert Counter(name for sid, name, _ in tokens if sid == room.sid) == wanted
