"""Catalogs of many nights, made up: the same seed, the same rows."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from roomreel.catalog.attempts import Unread, of_document
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.earlier import attempts_of
from roomreel.catalog.rows import Stamp
from roomreel.model.composition import composition_sid
from roomreel.model.table import Partition, Row, Table, talk_sid

# Name, seconds of rendering per second made, bit rate, share that fails.
TEMPLATES = (
    ("grid", 0.35, 900_000, 0.03),
    ("presenter", 0.28, 1_100_000, 0.02),
    ("mosaic", 0.9, 1_800_000, 0.08),
    ("audio-only", 0.03, 96_000, 0.01),
)
FAILURES = (
    ("empty-track-list", "nothing usable is left"),
    ("render-timeout", "the render went past its time budget of 900 s"),
    ("source-limit-exceeded", "the selected recordings have 41000000000 bytes"),
    ("render-failed", "the decoder died"),
)
FIRST = date(2026, 10, 20)
BROKEN_ON = 12  # of a month
STAMP = Stamp(datetime(2026, 11, 21, tzinfo=UTC))
IDENTITIES = ("alice", "bob", "carol", "dan", "erin")
NAMES = ("stand-up", "math lesson", "interview", "board", "retro", "support call")
WARNINGS = ("timestamp-gap", "late-keyframe", "size-changed", "clock-drift", "media-missing")


def fill(
    catalog: Catalog, days: int = 30, rooms_a_day: int = 8, seed: int = 4, first: date = FIRST
) -> None:
    """Commit `days` dates of rooms that end during the day, fewer at weekends."""
    dice = random.Random(seed)
    for number in range(days):
        day = first + timedelta(days=number)
        rooms: list[Row] = []
        recordings: list[Row] = []
        compositions: list[Row] = []
        attempts: list[Row] = [unread_on(day)] if day.day == BROKEN_ON else []
        busy = rooms_a_day if day.weekday() < 5 else rooms_a_day // 4
        for _ in range(dice.randint(busy // 2, busy + busy // 2)):
            room, tracks = room_of(dice, day)
            rooms.append(room)
            recordings += tracks
            compositions += [composition_of(dice, room, *kind) for kind in TEMPLATES]
        attempts += [attempt for row in compositions for attempt in attempts_at(row)]
        talk = [row for room in rooms for row in talk_in(dice, room)]
        tables = (rooms, recordings, compositions, attempts, talk)
        for table, rows in zip(Table, tables, strict=True):
            catalog.commit(Partition(table, day), rows)


def attempts_at(row: Row) -> list[Row]:
    """As many attempts as a composition says there were: those that broke, and the last one."""
    ended = row["date_completed"]
    earlier = [ended - timedelta(days=days) for days in range(row["attempts"] - 1, 0, -1)]
    tried = [*(row | _BROKE | {"date_completed": time} for time in earlier), row]
    return [attempt for one in tried for attempt in attempts_of(one)]


def unread_on(day: date) -> Row:
    """A manifest that could not be read on a day."""
    stamp = Stamp(datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC))
    return of_document(Unread("rooms/typo.json", "document-invalid", "not JSON"), stamp)


_BROKE = {"status": "failed", "failure_code": "render-failed", "failure_message": "it broke"}


def talk_in(dice: random.Random, room: Row) -> list[Row]:
    """Return what the people of a room said: each ten seconds a turn of one of them."""
    people = room["participant_count"]
    turns: list[list[Row]] = [[] for _ in range(people)]
    for start in range(0, 120_000, 10_000):
        length = dice.randint(1000, 12_000)
        turn = {"start_ms": start, "end_ms": start + length, "talk_ms": length, "level_db": -36.0}
        dice.choice(turns).append(turn)
    lengths = [sum(turn["talk_ms"] for turn in own) for own in turns]
    return [
        {
            "sid": talk_sid(room["sid"], room["end_time"], f"PA{person:032x}"),
            "status": "completed",
            "updated_at": room["updated_at"],
            "room_sid": room["sid"],
            "room_name": room["unique_name"],
            "participant_sid": f"PA{person:032x}",
            "participant_identity": IDENTITIES[person % 5],
            "talk_ms": length,
            "turn_count": len(own),
            "talk_share": length / sum(lengths),
            "turns": own,
        }
        for person, (own, length) in enumerate(zip(turns, lengths, strict=True))
    ]


def room_of(dice: random.Random, day: date) -> tuple[Row, list[Row]]:
    """A room and its recordings: a camera and a microphone for each of its people."""
    length_ms = int(dice.lognormvariate(14.2, 0.7))
    end = datetime(day.year, day.month, day.day, dice.randint(7, 18), 12, tzinfo=UTC)
    sid = f"RM{dice.getrandbits(128):032x}"
    people = dice.choice((2, 2, 3, 4, 6, 9))
    room = {
        "sid": sid,
        "status": "completed",
        "updated_at": end,
        "engine_version": "0.1.0",
        "unique_name": dice.choice(NAMES),
        "date_created": end - timedelta(milliseconds=length_ms),
        "end_time": end,
        "duration_ms": length_ms,
        "participant_count": people,
        "recording_count": 2 * people,
        "manifest_url": f"rooms/{sid}.json",
        "templates_done": [],
        "participants": [
            {"sid": f"PA{person:032x}", "identity": IDENTITIES[person % 5]}
            for person in range(people + 1)
        ],
    }
    tracks = [
        track_of(dice, room, person, kind)
        for person in range(people)
        for kind in ("video", "audio")
    ]
    room["source_bytes"] = sum(track["size_bytes"] for track in tracks)
    return room, tracks


def track_of(dice: random.Random, room: Row, person: int, kind: str) -> Row:
    """A recording, of which one in five has something wrong."""
    is_video = kind == "video"
    length_ms = int(room["duration_ms"] * dice.uniform(0.3, 1))
    row = {
        "sid": f"RT{dice.getrandbits(128):032x}",
        "status": "completed",
        "updated_at": room["end_time"],
        "engine_version": "0.1.0",
        "room_sid": room["sid"],
        "room_name": room["unique_name"],
        "participant_sid": f"PA{person:032x}",
        "participant_identity": IDENTITIES[person % 5],
        "track_name": "camera" if is_video else "microphone",
        "type": kind,
        "codec": "VP8" if is_video else "OPUS",
        "claimed_duration_ms": length_ms + dice.choice((0, 0, 0, 3000)),
        "size_bytes": length_ms * (60 if is_video else 6),
        "start_ms": 0,
        "end_ms": length_ms,
        "start_time": room["date_created"],
        "end_time": room["date_created"] + timedelta(milliseconds=length_ms),
        "usable": True,
        "duration_ms": length_ms,
        "width": 1280 if is_video else None,
        "height": 720 if is_video else None,
        "first_keyframe_ms": 0 if is_video else None,
        "size_changes": 0 if is_video else None,
        "gap_count": 0,
        "gap_ms": 0,
        "drift_ppm": None if is_video else dice.gauss(0, 18),
        "decode_errors": 0,
        "warnings": [],
    }
    if dice.random() < 0.2:
        wrong = dice.choice(WRONG_PICTURE if is_video else WRONG_SOUND)
        row |= wrong(dice)
    return row


WRONG_SOUND = (
    lambda dice: {"gap_count": dice.randint(1, 4), "gap_ms": int(dice.lognormvariate(9, 1))},
    lambda dice: {"drift_ppm": dice.choice((-1, 1)) * dice.uniform(60, 400)},
    lambda _: {"warnings": [{"code": "media-missing", "message": "there is no file"}]},
)
WRONG_PICTURE = (
    WRONG_SOUND[0],
    lambda dice: {"first_keyframe_ms": int(dice.lognormvariate(6.5, 1))},
    lambda dice: {"size_changes": int(dice.lognormvariate(1, 1)) + 1},
    lambda dice: {"decode_errors": int(dice.lognormvariate(2, 1.5)) + 1},
)


def composition_of(
    dice: random.Random, room: Row, name: str, factor: float, bitrate: int, failing: float
) -> Row:
    """A composition of the room by the template of that name."""
    started = room["end_time"] + timedelta(hours=8)
    length_ms = int(room["duration_ms"] * 0.95)
    render_s = length_ms / 1000 * factor * dice.lognormvariate(0, 0.35)
    row = {
        "sid": composition_sid(room["sid"], room["end_time"], name, "0" * 64),
        "status": "completed",
        "updated_at": started,
        "engine_version": "0.1.0",
        "room_sid": room["sid"],
        "room_name": room["unique_name"],
        "template": name,
        "template_sha256": "0" * 64,
        "date_created": started,
        "date_started": started,
        "date_completed": started + timedelta(seconds=render_s + 2),
        "format": "mp4",
        "attempts": dice.choices((1, 2, 3), (94, 5, 1))[0],
        "recordings": [],
        "warnings": [],
    }
    if dice.random() < failing * (4 if room["end_time"].day == 12 else 1):
        code, message = dice.choices(FAILURES, (5, 3, 1, 2))[0]
        return row | {"status": "failed", "failure_code": code, "failure_message": message}
    warned = [code for code in WARNINGS if dice.random() < 0.08]
    return row | {
        "duration_ms": length_ms,
        "size_bytes": int(length_ms / 8000 * bitrate * dice.uniform(0.7, 1.2)),
        "bitrate_bps": int(bitrate * dice.uniform(0.7, 1.2)),
        "source_bytes": room["source_bytes"],
        "render_s": render_s,
        "realtime_factor": render_s * 1000 / length_ms,
        "media_url": f"/store/{room['sid']}-{name}.mp4",
        "warnings": [{"code": code, "recording_sid": None, "message": "m"} for code in warned],
    }
