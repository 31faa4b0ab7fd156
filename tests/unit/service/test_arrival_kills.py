"""Kills in the midst of PUTs: wherever it is, nothing half written is seen, and a repeat works.

The process that takes a room in is a real one, and ends at once at each change of the disk or of
the database.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import event, select, update

from roomreel.encryption.envelope import decrypt, envelope_of
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import EVENTS, LEASES, MANIFESTS
from roomreel.service.rooms.arrivals import put_manifest
from roomreel.service.rooms.manifests import look
from roomreel.service.rooms.uploads import Upload, Wanted, find_target
from roomreel.service.service import Service
from roomreel.service.settings.credentials import add_credential
from roomreel.service.settings.storage_settings import WantedSettings, set_recording_settings
from roomreel.settings import Settings
from roomreel.storage import clean_up_unfinished

sys.path.insert(0, str(Path(__file__).parent))
from archive import sid_of

MEDIUM = os.urandom(300_000)
DIGEST = hashlib.sha256(MEDIUM).hexdigest()
KILLED = 99
MOST_STEPS = 400
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}
GOES_ON = {"status": "in-progress"}
OVER = {"status": "completed", "end_time": "2026-11-20T12:00:00Z"}


def put_going_on(service: Service, number: int) -> None:
    put_manifest(service, sid_of("RM", number), document(number, "processing"))


def put_medium(service: Service, number: int) -> None:
    target = find_target(service, sid_of("RM", number), sid_of("RT", number, 1))
    with Upload(target, Wanted(len(MEDIUM), DIGEST), service.settings) as upload:
        for at in range(0, len(MEDIUM), 100_000):
            upload.write([MEDIUM[at : at + 100_000]])


def put_over(service: Service, number: int) -> None:
    put_manifest(service, sid_of("RM", number), document(number, "completed", OVER))


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
BESIDE = {".media.lock", "sound.mka.instruction"}
REQUESTS = (put_going_on, put_medium, put_over)
"""The way of a room, as a client puts it."""


def document(number: int, status: str, room: Mapping[str, str] = GOES_ON) -> bytes:
    recording = {
        "sid": sid_of("RT", number, 1),
        "participant_sid": sid_of("PA", number),
        "track_name": "sound",
        "type": "audio",
        "status": status,
        "media": "sound.mka",
    }
    about = {"sid": sid_of("RM", number), "unique_name": f"room {number}"}
    return json.dumps(
        {
            "schema": "roomreel.room/1",
            "room": {**about, **room},
            "participants": [{"sid": sid_of("PA", number), "identity": "alice"}],
            "recordings": [recording],
        }
    ).encode()


def service_of(settings: Settings, database: Database) -> Service:
    account = make_account(None)
    return Service(settings, database, lambda: account, "")


def end_at(step: int, database: Database) -> None:
    """Have this process end at its change of this number, as `kill -9` ends one."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == step:
            os._exit(KILLED)

    def audit(name: str, given: tuple[Any, ...]) -> None:
        # An open that may write, and all that changes names.
        writes = name == "open" and isinstance(given[2], int) and given[2] & os.O_ACCMODE
        if writes or name in CHANGES:
            count()

    sys.addaudithook(audit)
    for moment in ("before_cursor_execute", "commit"):
        event.listen(database.engine, moment, count)


def put_until(step: int, service: Service, number: int) -> int:
    """Put a room in another process, which ends at a step; return how many requests were done."""
    done, says = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            service.database.engine.dispose(close=False)  # they are the parent's
            end_at(step, service.database)
            for request in REQUESTS:
                request(service, number)
                os.write(says, b".")
        finally:
            os._exit(1)
    os.close(says)
    _, status = os.waitpid(child, 0)
    with os.fdopen(done, "rb") as said:
        count = len(said.read())
    assert os.waitstatus_to_exitcode(status) == (1 if count == len(REQUESTS) else KILLED)
    return count


def time_passes(database: Database) -> None:
    """Have what the dead one held be over."""
    with database.write() as connection:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(LEASES).values(until=ended))


def files_of(settings: Settings, number: int) -> dict[str, bytes]:
    folder = Path(str(settings.rooms_root)) / sid_of("RM", number)
    return {one.name: one.read_bytes() for one in folder.glob("*")} if folder.is_dir() else {}


def seen(settings: Settings, number: int, key: RSAPrivateKey | None) -> dict[str, bytes]:
    """The files of a room that are not half written, media as who has the key reads them."""
    files = files_of(settings, number)
    found = {
        name: data
        for name, data in files.items()
        if not (name.startswith(".roomreel-") and name.endswith(".part")) and name not in BESIDE
    }
    if key is not None and "sound.mka" in found:
        assert MEDIUM[:64] not in found["sound.mka"]
        envelope = envelope_of(json.loads(files["sound.mka.instruction"]))
        assert envelope is not None
        opened = io.BytesIO()
        decrypt(io.BytesIO(found["sound.mka"]), opened, envelope, [key])
        found["sound.mka"] = opened.getvalue()
    return found


def encrypt_for(key: RSAPrivateKey, service: Service) -> None:
    file = Path(str(service.settings.store)) / "key.pem"
    file.parent.mkdir(parents=True, exist_ok=True)
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    file.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, kind))
    sid = add_credential(service.settings, "customer", file).sid
    wanted = WantedSettings("mine", encryption_key_sid=sid, encryption_enabled=True)
    set_recording_settings(service, wanted)


@pytest.mark.parametrize(
    ("every", "key"),
    [
        pytest.param(9, None, id="plain-9"),
        pytest.param(9, KEY, id="encrypted-9"),
        pytest.param(4, None, id="plain-4", marks=pytest.mark.slow),
        pytest.param(4, KEY, id="encrypted-4", marks=pytest.mark.slow),
        pytest.param(1, None, id="plain-1", marks=pytest.mark.soak),
        pytest.param(1, KEY, id="encrypted-1", marks=pytest.mark.soak),
    ],
)
def test_a_kill_at_any_step_of_a_put_leaves_nothing_half_written(
    settings: Settings, database: Database, *, every: int, key: RSAPrivateKey | None
) -> None:
    Path(settings.manifests).mkdir()
    look(database, settings)
    service = service_of(settings, database)
    if key is not None:
        encrypt_for(key, service)
    database.engine.dispose()
    for step in range(1, MOST_STEPS, every):
        number = step
        done = put_until(step, service, number)
        found = seen(settings, number, key)
        texts = {document(number, "processing"), document(number, "completed", OVER)}
        assert found.pop("room.json", None) in {None, *texts}, step
        assert found in ({}, {"sound.mka": MEDIUM}), step
        # Whoever looks sees a room that can be used, or none.
        assert look(database, settings).problems == {}
        time_passes(database)
        for request in REQUESTS[done:]:
            request(service, number)
        clean_up_unfinished(settings.rooms_root)
        assert files_of(settings, number).keys() - BESIDE == {"room.json", "sound.mka"}, step
        assert seen(settings, number, key)["sound.mka"] == MEDIUM
        assert told_of(database, number) == [
            "recording-completed",
            "recording-started",
            "room-created",
            "room-ended",
        ]
        if done == len(REQUESTS):
            break
    else:
        raise AssertionError("it does not end")
    assert step > 40
    with database.read() as connection:
        assert not connection.execute(
            select(MANIFESTS.c.url).where(MANIFESTS.c.problem.is_not(None))
        ).all()


def told_of(database: Database, number: int) -> list[str]:
    with database.read() as connection:
        of_room = EVENTS.c.room_sid == sid_of("RM", number)
        return sorted(connection.execute(select(EVENTS.c.name).where(of_room)).scalars())
