"""Make the sample rooms, for `roomreel demo` and `data/make_rooms.py`.

The same end time gives the same manifests, and with the same PyAV the same media. Without one the
rooms end yesterday, and are left alone until they are about to leave the nightly window.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av

from roomreel.samples.filming import Facts, film
from roomreel.samples.manifest import avatar_name, creation_time, document, media_name
from roomreel.samples.pictures import portrait
from roomreel.samples.recorder import encode_picture
from roomreel.samples.script import ROOMS, Room

HERE = Path(__file__).parent

KEPT_FOR = timedelta(days=6)
"""Rooms younger than this stay as they are: the nightly window is 7 days."""


def main(out: Path, argv: Sequence[str] | None = None) -> int:
    """Make what is missing or out of date in a folder, or in that of `--out`, and say so."""
    args = _arguments(out, argv)
    try:
        make(args.out, args.end_time, [ROOMS[name] for name in args.room or ROOMS], say=print)
    except OSError as error:
        sys.stderr.write(f"cannot write the sample rooms: {error}\n")
        return 1
    return 0


def make(
    out: Path,
    end_time: datetime | None = None,
    rooms: Iterable[Room] = ROOMS.values(),
    say: Callable[[str], object] = lambda _: None,
) -> list[Path]:
    """Make rooms that are missing or out of date.

    A manifest is written last and by rename, so a run that is killed leaves no room half made.

    Args:
        out: folder; each room has one of its own in it.
        end_time: the rooms end some hours before it; unset: they end yesterday, and rooms that
            ended in the last `KEPT_FOR` are left as they are.
        rooms: which.
        say: gets a line for each room.

    Returns:
        The manifests, in the order of the rooms.

    Raises:
        OSError: a file cannot be written.
    """
    now = datetime.now(UTC)
    base = end_time or now.replace(hour=0, minute=0, second=0, microsecond=0)
    rooms = list(rooms)
    stale = [room for room in rooms if not _is_fresh(out / room.name, room, end_time, now)]
    with _pool() as pool:
        filmed = [(room, _film_all(pool, room, out / room.name, base)) for room in stale]
        for room, jobs in filmed:
            found = [job.result() if job else None for job in jobs]
            _paint_avatars(room, out / room.name)
            _publish(out / room.name, document(room, base, found, fingerprint()))
            say(f"{room.name}: made {sum(job is not None for job in jobs)} recordings")
    for room in rooms:
        if room not in stale:
            say(f"{room.name}: up to date")
    return [out / room.name / "room.json" for room in rooms]


def _arguments(out: Path, argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=out, help="folder of the rooms")
    parser.add_argument("--end-time", type=_utc, help="rooms end hours before it; UTC, ISO")
    parser.add_argument("--room", action="append", choices=ROOMS, help="only this one; repeatable")
    return parser.parse_args(argv)


def _utc(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _pool() -> ProcessPoolExecutor:
    # Not forked: the caller of make() may have threads.
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


def _film_all(
    pool: ProcessPoolExecutor, room: Room, home: Path, base: datetime
) -> list[Future[Facts] | None]:
    """Start filming; None for a recording that has no file."""
    home.mkdir(parents=True, exist_ok=True)
    return [
        pool.submit(film, room, shot, home / media_name(room, shot, base))
        if shot.status == "completed"
        else None
        for shot in room.shots
    ]


def _paint_avatars(room: Room, home: Path) -> None:
    for person in room.people:
        if person.has_avatar:
            (home / avatar_name(person)).write_bytes(encode_picture(portrait(person.colour)))


def _is_fresh(home: Path, room: Room, end_time: datetime | None, now: datetime) -> bool:
    """Return whether the room there was made by this very script, for a fitting time."""
    try:
        found = json.loads((home / "room.json").read_text(encoding="utf-8"))
        if found["attributes"]["made_by"] != fingerprint():
            return False
        began = datetime.fromisoformat(found["room"]["date_created"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return began == creation_time(room, end_time) if end_time else now - KEPT_FOR < began < now


def others(out: Path) -> list[Path]:
    """Return the manifests below a folder that are of no sample room."""
    return [file for file in sorted(out.rglob("*.json")) if not _is_sample(file)]


def _is_sample(file: Path) -> bool:
    try:
        return "made_by" in json.loads(file.read_text(encoding="utf-8"))["attributes"]
    except (ValueError, KeyError, TypeError):
        return False


def fingerprint() -> str:
    """Changes when the scripts or the codecs do."""
    sources = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))
    return hashlib.sha256(sources + av.__version__.encode()).hexdigest()


def _publish(home: Path, manifest: dict[str, Any]) -> None:
    """Put the manifest in place, then remove what earlier or killed runs left."""
    part = home / "room.json.part"
    part.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    part.replace(home / "room.json")
    people, recordings = manifest["participants"], manifest["recordings"]
    named = (*(one.get("avatar") for one in people), *(one.get("media") for one in recordings))
    kept = {"room.json", *named}
    for path in home.iterdir():
        if path.is_file() and path.name not in kept:
            path.unlink()
