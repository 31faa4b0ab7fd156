"""Rows about talk: written, deleted with a recording, purged with it, and not brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import delete, due_for_purge, purge
from roomreel.catalog.record import RoomRecord, record
from roomreel.model.table import Row, Table, purged_digest, talk_sid
from roomreel.model.talk import NO_TALK, RecordingTalk, RoomTalk, Spurt
from roomreel.model.time import Span

NIGHT = datetime(2026, 11, 22, 1, tzinfo=UTC)
Rooms = Callable[..., RoomRecord]


def talk_rows(catalog: Catalog) -> list[Row]:
    return catalog.read(Table.TALK).to_pylist()


def write(catalog: Catalog, item: RoomRecord, after_h: int = 0) -> None:
    report = record(catalog, [item], [], "run", NIGHT + timedelta(hours=after_h))
    assert report.problems == ()


def with_a_second(item: RoomRecord) -> RoomRecord:
    """Return a room with one more participant, who talks too."""
    room = item.manifest.room
    first = room.recordings[0]
    other = replace(first, sid="RT" + "b" * 32, participant_sid="PA" + "b" * 32)
    spurt = Spurt(Span(Fraction(6), Fraction(8)), -400)
    heard = RecordingTalk(other.participant_sid, (spurt,), loudness=-3000)
    talk = RoomTalk(
        {**item.talk.spurts, other.participant_sid: (spurt.span,)},
        {**item.talk.recordings, other.sid: heard},
    )
    manifest = replace(item.manifest, room=replace(room, recordings=(first, other)))
    return replace(item, manifest=manifest, talk=talk)


def test_a_row_says_who_talked_when(catalog: Catalog, room_record: Rooms) -> None:
    item = room_record()
    write(catalog, item)
    room = item.manifest.room
    (row,) = talk_rows(catalog)
    assert row["sid"] == talk_sid(room.sid, room.end_time, room.participants[0].sid)
    assert (row["room_name"], row["participant_identity"]) == ("room-1", "alice")
    assert (row["status"], row["talk_ms"], row["turn_count"]) == ("completed", 3000, 1)
    assert (row["present_ms"], row["talk_share"], row["loudness_lufs"]) == (31_000, 1.0, -23.0)
    assert row["turns"] == [{"start_ms": 1000, "end_ms": 4000, "talk_ms": 3000, "level_db": -36.0}]
    assert catalog.sql("select start_ms, level_db from turns").to_pylist() == [
        {"start_ms": 1000, "level_db": -36.0}
    ]
    (of_room,) = catalog.read(Table.ROOMS).to_pylist()
    assert (of_room["talk_ms"], of_room["silence_ms"]) == (3000, 28_000)
    (recording,) = catalog.read(Table.RECORDINGS).to_pylist()
    assert (recording["talk_ms"], recording["loudness_lufs"]) == (3000, -23.0)
    assert (recording["level_floor_db"], recording["true_peak_db"]) == (-80.0, None)


def test_a_run_that_does_not_listen_takes_nothing_back(
    catalog: Catalog, room_record: Rooms
) -> None:
    item = room_record()
    write(catalog, item)
    write(catalog, replace(room_record(unique_name="renamed"), talk=NO_TALK), after_h=24)
    (room,) = catalog.read(Table.ROOMS).to_pylist()
    assert (room["unique_name"], room["talk_ms"]) == ("renamed", 3000)
    (recording,) = catalog.read(Table.RECORDINGS).to_pylist()
    assert recording["loudness_lufs"] == -23.0
    assert len(talk_rows(catalog)) == 1


def test_talk_is_deleted_at_once_with_a_recording_of_theirs_and_of_nobody_else(
    catalog: Catalog, room_record: Rooms
) -> None:
    item = with_a_second(room_record())
    write(catalog, item)
    sid = item.manifest.room.recordings[0].sid
    for _ in range(2):
        delete(catalog, Table.RECORDINGS, [sid], NIGHT)
        rows = {row["participant_sid"]: row for row in talk_rows(catalog)}
        gone = rows[item.manifest.room.recordings[0].participant_sid]
        assert (gone["status"], gone["turns"], gone["date_deleted"]) == ("deleted", [], NIGHT)
        assert rows["PA" + "b" * 32]["status"] == "completed"
    turns = catalog.sql("select distinct participant_sid from turns").to_pylist()
    assert turns == [{"participant_sid": "PA" + "b" * 32}]
    write(catalog, item, after_h=24)
    assert {row["status"] for row in talk_rows(catalog)} == {"deleted", "completed"}


def test_talk_of_what_was_deleted_while_it_was_listened_to_is_not_written(
    catalog: Catalog, room_record: Rooms
) -> None:
    item = with_a_second(room_record())
    write(catalog, replace(item, talk=NO_TALK))
    delete(catalog, Table.RECORDINGS, [item.manifest.room.recordings[0].sid], NIGHT)
    write(catalog, item, after_h=24)
    assert [row["participant_sid"] for row in talk_rows(catalog)] == ["PA" + "b" * 32]


def test_talk_is_purged_with_the_recording(catalog: Catalog, room_record: Rooms) -> None:
    item = with_a_second(room_record())
    write(catalog, item)
    first, other = item.manifest.room.recordings
    delete(catalog, Table.RECORDINGS, [first.sid], NIGHT)
    for partition, rows in due_for_purge(catalog, NIGHT).items():
        purge(catalog, partition, rows, NIGHT, NIGHT)
    assert [row["participant_sid"] for row in talk_rows(catalog)] == [other.participant_sid]
    sid = talk_sid(item.manifest.room.sid, item.manifest.room.end_time, first.participant_sid)
    told = catalog.read(Table.ATTEMPTS, columns=["purged_sha256"])["purged_sha256"].to_pylist()
    assert set(told) == {purged_digest(sid), purged_digest(first.sid)}
