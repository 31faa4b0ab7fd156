"""`roomreel import [SERVICE] FOLDER`: room manifests from what recording services deliver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.import_account import SERVICE, Account, failures_after, fetch
from roomreel.cli.options import Config, Json
from roomreel.cli.times import moment
from roomreel.errors import RoomreelError

if TYPE_CHECKING:
    from roomreel.importers.choices import GivenOffset
    from roomreel.importers.delivery.listing import Delivery
    from roomreel.importers.finding import Finding
    from roomreel.importers.reading import Reading
    from roomreel.importers.settling.settle import Settled
    from roomreel.importers.settling.write import Written
    from roomreel.settings import Settings

ROOMS = Path("rooms")
"""The folder of manifests where a delivery cannot be written to."""

_OFFSET = re.compile(r"(?P<track>.+)=(?P<ms>[+-]?[0-9]{1,15})", re.DOTALL)


class Strict(StrEnum):
    """The worst clock that is taken."""

    EXACT = "exact"
    GOOD = "good"
    COARSE = "coarse"


def import_delivery(  # noqa: PLR0913, PLR0917  an option a parameter
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[SERVICE] FOLDER",
            help="A folder, zip or tar as the service delivers it; the service is found.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Where manifests go; unset: FOLDER where it is one to write to, else ./rooms.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The room's unique name.")] = None,
    room: Annotated[
        str | None, typer.Option("--room", metavar="ID", help="Only this room: its id or name.")
    ] = None,
    offset: Annotated[
        list[str] | None,
        typer.Option(
            "--offset",
            metavar="TRACK=MS",
            help="Where the file of a track begins, whatever is claimed. Any number of times.",
        ),
    ] = None,
    offsets: Annotated[
        Path | None,
        typer.Option(
            "--offsets",
            metavar="FILE.csv",
            help="Likewise, a file of lines: file,participant,track,offset_ms[,start].",
        ),
    ] = None,
    end_time: Annotated[
        datetime | None,
        typer.Option(
            "--end-time",
            parser=moment,
            metavar="TIME",
            help="When the room ended, such as 2026-11-20T09:30 (UTC); unset: as found.",
        ),
    ] = None,
    strict: Annotated[
        Strict | None, typer.Option("--strict", help="Refuse rooms of worse clocks.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what was edited; write empty rooms, too.")
    ] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy media beside the manifests, too.")
    ] = False,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="AC...",
            help="Fetch what an account of Twilio has into DIR first. The API key comes from "
            "TWILIO_API_KEY and TWILIO_API_KEY_SECRET, or the token from TWILIO_AUTH_TOKEN, or "
            "either from standard input.",
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            parser=moment,
            metavar="TIME",
            help="Fetch rooms that ended then or later, such as 2026-11-20 or 7d.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", parser=moment, metavar="TIME", help="Fetch rooms that ended before then."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Recordings fetched at the same time; unset: 4."),
    ] = None,
    no_media: Annotated[
        bool, typer.Option("--no-media", help="Fetch what the service says alone; import nothing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show claims and evidence, and write nothing.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make room manifests from what a recording service or a recorder has delivered.

    Each room gets a manifest that `plan`, `compose` and `nightly` take, and beside it a record of
    what was claimed, what was found in the media, and what was chosen. Media stay where they are
    without --copy; those of an archive are taken out of it. A second run over the same writes
    nothing.
    """
    from roomreel.cli.configuration import load
    from roomreel.importers.choices import Choices
    from roomreel.importers.claims import Grade
    from roomreel.importers.delivery.listing import open_delivery
    from roomreel.importers.rooms import refusal_of, settle_all
    from roomreel.storage import scratch_folder

    wanted = Account(account, room, since, until, jobs, no_media)
    wanted.refuse_misuse(words, dry_run=dry_run)
    given = (*_offsets(offset or ()), *_sheet(offsets))
    choices = Choices(given, end_time, name)
    settings = load(config)
    done = fetch(wanted, out or ROOMS) if account else None
    if done and (no_media or not done.rooms):
        raise_all(failures_after(done, ()))
        return
    service, place = (SERVICE, out or ROOMS) if done else _split(words)
    target = Target(out, place, copy or not place.is_dir(), force)
    scratch = scratch_folder(settings.scratch_root) if dry_run else nullcontext(target.folder)
    with open_delivery(place, settings.scratch_root) as files, scratch as made:
        readings, broken = _read(files, service, given)
        say_findings(broken)
        readings = _of_room(readings, room)
        if done:
            readings = [one.of_rooms(done.rooms) for one in readings]
        count = sum(len(one.drafts) for one in readings)
        if name is not None and count > 1:
            raise typer.BadParameter(f"--name is of one room, and there are {count}: add --room")
        rooms = settle_all(readings, choices, settings.memory_limit_bytes, made)
        failures: list[RoomreelError] = [one.failure for one in readings if one.failure]
        worst = Grade(strict.value) if strict else None
        refusals = [refusal_of(one, worst, force=force) for one in rooms]
        failures += [one for one in refusals if one is not None]
        taken = [one for one, refused in zip(rooms, refusals, strict=True) if refused is None]
        if as_json:
            console.out_json([one.record for one in rooms])
        if dry_run:
            show_all(rooms, as_json=as_json)
        else:
            write_all(taken, target, settings, as_json=as_json)
    raise_all(failures_after(done, failures))


class Target:
    """The place and the way in which rooms are written."""

    def __init__(self, out: Path | None, place: Path, copy: bool, force: bool) -> None:
        from roomreel.storage.replace import is_writable

        usable = place.is_dir() and is_writable(place)
        self.folder = out or (place if usable else ROOMS)
        self.is_delivery = usable and self.folder.resolve() == place.resolve()
        self.copy = copy
        self.force = force


def show_all(rooms: Sequence[Settled], *, as_json: bool) -> None:
    """Show the rooms, of which nothing is written."""
    from roomreel.cli.import_table import print_room

    for one in rooms:
        if not as_json:
            print_room(one)
        say_findings(one.findings)
    console.say("written nothing (--dry-run)")


def write_all(
    rooms: Sequence[Settled], target: Target, settings: Settings, *, as_json: bool
) -> None:
    """Write manifests and records, and say what to do with them."""
    from roomreel.cli.import_next import alone_in, missed_by_nights, say_next
    from roomreel.importers.settling.write import write

    lone = target.is_delivery and len(rooms) == 1
    kept = alone_in(target.folder)
    missed = dict[str, None]()
    for one in rooms:
        written = write(
            one,
            target.folder,
            alone=lone or one.room.sid == kept,
            copy=target.copy,
            force=target.force,
            roots=settings.media_folders,
        )
        say_findings(one.findings)
        if not as_json:
            console.out_literal(str(written.manifest))
        say_written(one, written)
        say_next(written, settings)
        why = missed_by_nights(written, settings, copied=target.copy)
        missed |= {} if why is None else {why: None}
    for why in missed:
        console.say(why)


def say_written(room: Settled, written: Written) -> None:
    """Say what was written of a room."""
    from roomreel.text import counted

    about = (
        f"{counted(len(room.room.recordings), 'recording')} of"
        f" {counted(len(room.room.participants), 'participant')}, clock {room.grade}"
    )
    if written.is_edited:
        console.say(
            f"left as it is: {written.manifest} was changed by hand (--force replaces it)", "yellow"
        )
    elif written.changed:
        console.say(f"{about}; the record: {written.record}")
    else:
        console.say(f"{about}; up to date, nothing written")


def say_findings(findings: Iterable[Finding]) -> None:
    """Say what was noticed: warnings in yellow, notes without."""
    from roomreel.importers.finding import Severity

    for one in findings:
        warns = one.severity is Severity.WARNING
        console.say(f"{one.code}: {one.text}", "yellow" if warns else "dim")


def raise_all(failures: Sequence[RoomreelError]) -> None:
    """Report all failures but the first, and raise that.

    Raises:
        RoomreelError: the first.
    """
    for one in failures[1:]:
        console.report(one)
    if failures:
        raise failures[0]


def _read(
    files: Delivery, service: str | None, given: tuple[GivenOffset, ...]
) -> tuple[list[Reading], list[Finding]]:
    from roomreel.importers.port import Options
    from roomreel.importers.reading import read_found, read_named
    from roomreel.importers.registry import candidates, importer_of

    options = Options(offsets=given)
    if service is not None:
        return read_named(files, importer_of(service), options), []
    readings, broken = read_found(files, candidates(), options)
    for one in readings:
        found = one.found
        console.say(
            f"{found.files.title}: {found.importer.name}, {found.match.score} of 100:"
            f" {found.match.why}"
        )
    return readings, broken


def _of_room(readings: Sequence[Reading], room: str | None) -> list[Reading]:
    from roomreel.importers.reading import only_room

    return list(only_room(readings, room))


def _split(words: Sequence[str]) -> tuple[str | None, Path]:
    match list(words):
        case [place]:
            return None, Path(place)
        case [service, place]:
            return service, Path(place)
        case _:
            raise typer.BadParameter("one folder or archive at a time, after the service's name")


def _offsets(texts: Iterable[str]) -> Iterator[GivenOffset]:
    from roomreel.importers.choices import GivenOffset

    for text in texts:
        parts = _OFFSET.fullmatch(text)
        if parts is None:
            raise typer.BadParameter(f"--offset {text!r}: write TRACK=MS, such as Ana/camera=1250")
        yield GivenOffset(int(parts["ms"]), track=parts["track"], at=f"--offset {text}")


def _sheet(place: Path | None) -> tuple[GivenOffset, ...]:
    from roomreel.importers.sheet import read_offsets

    return () if place is None else read_offsets(place)
