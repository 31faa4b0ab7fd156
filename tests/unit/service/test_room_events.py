"""Events of rooms: what a manifest says now and did not say when it was seen last."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from roomreel.catalog.catalog import Catalog
from roomreel.documents.template import parse_template
from roomreel.model.room import MediaType, Recording, RecordingStatus, Room, RoomStatus
from roomreel.model.table import Table, purged_digest
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import DELIVERIES, EVENTS
from roomreel.service.lists.compositions import Order, create_composition
from roomreel.service.rooms import sizes
from roomreel.service.rooms.manifests import look
from roomreel.service.rooms.room_events import Seen, events_of
from roomreel.service.rooms.stranded import MISSED, fail_stranded
from roomreel.service.service import Service
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, sid_of
from manifest_folder import ROOM, Folder, document, said

CALLBACK = "https://app.example.org/rooms"
OVER = {"status": "completed", "end_time": said(NOON + timedelta(minutes=31))}


def events(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        found = connection.execute(select(EVENTS.c.stream, EVENTS.c.name).order_by(EVENTS.c.id))
        return [(row.stream, row.name) for row in found]


def data_of(database: Database, name: str) -> dict[str, Any]:
    with database.read() as connection:
        (found,) = connection.execute(select(EVENTS.c.data).where(EVENTS.c.name == name)).scalars()
        return dict(found)


def made(number: int, status: str, **about: Any) -> dict[str, Any]:
    (recording,) = document(number)["recordings"]
    return recording | {"status": status} | about


def test_the_timeline_of_a_room(database: Database, settings: Settings, folder: Folder) -> None:
    look(database, settings)
    folder.write("one.json", document(status_callback=CALLBACK))
    look(database, settings)
    folder.write("one.json", document(1, status_callback=CALLBACK))
    look(database, settings)
    done = made(
        1, "completed", duration=3, size=1234, codec="VP8", container_format="mkv", offset=250
    )
    both = {"recordings": [done, made(2, "failed")]}
    folder.write("one.json", document(2, status_callback=CALLBACK) | both)
    look(database, settings)
    folder.write("one.json", document(status_callback=CALLBACK, **OVER) | both)
    for _ in range(2):
        look(database, settings)
    one, two = sid_of("RT", 1), sid_of("RT", 2)
    assert events(database) == [
        (ROOM, "room-created"),
        (one, "recording-started"),
        (one, "recording-completed"),
        (two, "recording-failed"),
        (ROOM, "room-ended"),
    ]
    about = {"RoomName": "call 1", "RoomType": "group"}
    of_recording = about | {
        "ParticipantSid": sid_of("PA", 1),
        "ParticipantIdentity": "alice",
        "RecordingSid": one,
        "RecordingUri": f"/v1/Recordings/{one}",
        "SourceSid": sid_of("MT", 1),
        "TrackName": "camera",
        "Type": "video",
        "Container": "mkv",
    }
    assert data_of(database, "room-created") == about | {"RoomStatus": "in-progress"}
    assert data_of(database, "recording-started") == of_recording | {
        "OffsetFromTwilioVideoEpoch": 0
    }
    assert data_of(database, "recording-completed") == of_recording | {
        "Codec": "vp8",
        "OffsetFromTwilioVideoEpoch": 250,
        "MediaUri": f"/v1/Recordings/{one}/Media",
        "Duration": 3,
        "Size": 1234,
    }
    assert data_of(database, "recording-failed")["FailedOperation"] == "RecordingStart"
    assert data_of(database, "room-ended") == about | {
        "RoomStatus": "completed",
        "RoomDuration": 31 * 60,
    }
    with database.read() as connection:
        found = connection.execute(select(DELIVERIES.c.url, DELIVERIES.c.method)).all()
    assert set(found) == {(CALLBACK, "POST")}
    assert len(found) == 5


def test_what_a_new_database_finds_is_taken_as_it_is(
    database: Database, settings: Settings, folder: Folder
) -> None:
    for number in range(1, 6):
        folder.write(f"{number}.json", document(number, number=number, status_callback=CALLBACK))
    look(database, settings)
    assert events(database) == []
    done = document(number=1, status_callback=CALLBACK, **OVER)
    folder.write("1.json", done | {"recordings": [made(1, "completed")]})
    look(database, settings)
    assert events(database) == [(sid_of("RT", 1), "recording-completed"), (ROOM, "room-ended")]


def test_a_room_that_is_first_seen_when_it_is_over_fires_all_of_it(
    database: Database, settings: Settings, folder: Folder
) -> None:
    look(database, settings)
    folder.write("one.json", document(**OVER) | {"recordings": [made(1, "completed")]})
    look(database, settings)
    assert [name for _, name in events(database)] == [
        "room-created",
        "recording-started",
        "recording-completed",
        "room-ended",
    ]


def test_a_manifest_that_goes_and_comes_back_fires_nothing_again(
    database: Database, settings: Settings, folder: Folder
) -> None:
    look(database, settings)
    folder.write("one.json", document(1))
    look(database, settings)
    before = events(database)
    folder.remove("one.json")
    look(database, settings)
    folder.write("two.json", document(1))
    look(database, settings)
    assert events(database) == before


def service_of(database: Database, settings: Settings) -> Service:
    def nobody() -> Any:
        raise AssertionError("no account is needed")

    return Service(settings, database, nobody, "http://localhost")


def test_a_request_whose_room_is_gone_for_an_hour_fails_with_words(
    database: Database, settings: Settings, folder: Folder, catalog: Catalog
) -> None:
    folder.write("one.json", document(1))
    look(database, settings)
    template = parse_template(
        b'{"schema":"roomreel.template/1","friendly_name":"a","audio_sources":["*"]}', ""
    )
    row = create_composition(service_of(database, settings), Order(ROOM, "call 1", template))
    folder.remove("one.json")
    look(database, settings)
    now = datetime.now(UTC)
    assert fail_stranded(database, settings, now + MISSED / 2) == 0
    folder.write("one.json", document(1))
    look(database, settings)
    assert fail_stranded(database, settings, now + 2 * MISSED) == 0
    folder.remove("one.json")
    look(database, settings)
    assert fail_stranded(database, settings, now + 2 * MISSED) == 1
    assert fail_stranded(database, settings, now + 2 * MISSED) == 0
    found = catalog.lookup(row["sid"])
    assert found is not None
    assert (found["status"], found["failure_code"]) == ("failed", "not-found")
    assert "no manifest has described room" in found["failure_message"]
    assert "composition-failed" in [name for _, name in events(database)]
    assert catalog.find(Table.COMPOSITIONS, [row["sid"]])


def a_recording(number: int, status: RecordingStatus) -> Recording:
    sid = f"RT{number:032x}"
    return Recording(sid, f"MT{number:032x}", "PA1", "t", MediaType.AUDIO, status)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(RoomStatus),
            st.dictionaries(st.integers(0, 3), st.sampled_from(RecordingStatus)),
        ),
        max_size=6,
    )
)
def test_whatever_manifests_say_each_thing_happens_once(
    told: list[tuple[RoomStatus, dict[int, RecordingStatus]]],
) -> None:
    before: Seen | None = None
    names: list[tuple[str, str]] = []
    for status, statuses in told:
        recordings = tuple(a_recording(number, one) for number, one in statuses.items())
        room = Room("RM1", "call", status, recordings=recordings)
        found = [(event.stream, event.name) for event in events_of(before, room, NOON)]
        assert len(found) == len(set(found))
        names += found
        before = Seen(status, {purged_digest(one.sid): one.status for one in recordings})
        assert list(events_of(before, room, NOON)) == []
    assert names.count(("RM1", "room-created")) == bool(told)


def test_the_size_is_that_of_the_file_where_it_is_there(
    database: Database, settings: Settings, folder: Folder
) -> None:
    look(database, settings)
    outside = folder.root.parent / "elsewhere.mkv"
    outside.write_bytes(b"x" * 99)
    (folder.root / "a folder.mkv").mkdir()
    # The name of a medium, its size, what the manifest says, what is sent.
    cases: list[tuple[str | None, int | None, int | None, int]] = [
        ("there.mkv", 7, 5, 7),
        ("unsaid.mkv", 8, None, 8),
        ("empty.mkv", 0, 5, 0),
        ("gone.mkv", None, 5, 5),
        ("nothing.mkv", None, None, 0),
        (None, None, 6, 6),
        (str(outside), None, 4, 4),
        ("../elsewhere.mkv", None, 4, 4),
        ("a folder.mkv", None, 3, 3),
    ]
    for number, (name, size, _, _) in enumerate(cases):
        if name is not None and size is not None:
            (folder.root / name).write_bytes(b"x" * size)
        folder.write(f"{number}.json", document(number, number=number, status_callback=CALLBACK))
    look(database, settings)
    for number, (name, _, claimed, _) in enumerate(cases):
        done = made(number, "completed", media=name, size=claimed, duration=2)
        about = document(number, number=number, status_callback=CALLBACK)
        folder.write(f"{number}.json", about | {"recordings": [done]})
    look(database, settings)
    with database.read() as connection:
        completed = EVENTS.c.name == "recording-completed"
        rows = connection.execute(select(EVENTS.c.stream, EVENTS.c.data).where(completed))
        found = {row.stream: (row.data["Size"], row.data["Duration"]) for row in rows}
    assert found == {sid_of("RT", number): (case[3], 2) for number, case in enumerate(cases)}


def test_nothing_is_measured_that_nobody_is_told_of(
    database: Database, settings: Settings, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: Any) -> int:
        raise AssertionError

    monkeypatch.setattr(sizes, "_size_of", measure)
    done = made(1, "completed", media="x.mkv")
    # What the first look finds, whoever wants to be told; and later what nobody does.
    for number, about in enumerate(({"status_callback": CALLBACK}, {}, {})):
        folder.write(f"{number}.json", document(number=number, **about) | {"recordings": [done]})
        look(database, settings)
    folder.write("0.json", document(number=0, status_callback=CALLBACK, **OVER))
    look(database, settings)
