"""The part of `roomreel import` that fetches a delivery from an account before it is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from roomreel.cli import console
from roomreel.errors import ImportEmpty, NotFound, RoomreelError, StorageFailed
from roomreel.text import counted

if TYPE_CHECKING:
    from roomreel.importers.download.twilio import Downloaded

SERVICE = "twilio"

BASE_URL_VARIABLE = "TWILIO_VIDEO_API"
"""Another base URL of the API, such as that of a stand-in."""

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Account:
    """The options of a download.

    Attributes:
        sid: of the account; None: nothing is fetched, the files are there.
        jobs: None: as many as usual.
    """

    sid: str | None
    room: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    jobs: int | None = None
    no_media: bool = False

    def refuse_misuse(self, words: Sequence[str], *, dry_run: bool) -> None:
        """Refuse options that do not go together.

        Raises:
            BadParameter: some do not.
        """
        if self.sid is None:
            if self.since or self.until or self.jobs is not None or self.no_media:
                raise typer.BadParameter(
                    "--since, --until, --jobs and --no-media say what of an --account is fetched"
                )
            return
        if list(words) != [SERVICE]:
            raise typer.BadParameter(
                f"with --account it is: roomreel import {SERVICE} --account AC..."
            )
        if dry_run:
            raise typer.BadParameter("--dry-run is of files that are there, without --account")


def fetch(account: Account, out: Path) -> Downloaded:
    """Fetch what is wanted of an account into a folder, and say what came of it.

    Raises:
        ArgumentsInvalid: the credentials are refused, or options contradict each other.
        NotFound: the client of the service is not installed, or there is no such room.
        StorageFailed: a list cannot be had, or the disk has no space.
    """
    try:
        from roomreel.importers.download.service import BASE_URL
        from roomreel.importers.download.twilio import JOBS, How, download
    except ModuleNotFoundError as error:
        raise NotFound(
            "the client of Twilio is not installed", "install roomreel[twilio]"
        ) from error
    from roomreel.importers.download.credentials import credentials_from
    from roomreel.importers.download.rooms import Selection

    selection = Selection(account.room, account.since, account.until)
    credentials = credentials_from(account.sid or "", os.environ, _ask_line)
    how = How(
        jobs=JOBS if account.jobs is None else account.jobs,
        with_media=not account.no_media,
        base_url=os.environ.get(BASE_URL_VARIABLE) or BASE_URL,
    )
    done = download(selection, out, credentials, how, console.say)
    console.say(done.text)
    return done


def failures_after(
    done: Downloaded | None, failures: Sequence[RoomreelError]
) -> list[RoomreelError]:
    """Return the failures of an import after a download, if there was one.

    Rooms of which nothing is there yet are no failure then: they are left for the next time.
    """
    if done is None:
        return list(failures)
    for one in failures:
        if isinstance(one, ImportEmpty):
            console.say(f"{one.message}: left for the next time")
    kept = [one for one in failures if not isinstance(one, ImportEmpty)]
    if done.failed:
        named = "; ".join(done.failed[:_MOST_NAMED])
        more = len(done.failed) - _MOST_NAMED
        kept.append(
            StorageFailed(
                f"{counted(len(done.failed), 'recording')} could not be fetched: {named}"
                + (f" and {more} more" if more > 0 else ""),
                "run it again: it fetches what is missing",
            )
        )
    return kept


def _ask_line() -> str:
    """Return a line of standard input, which a terminal does not show; "" where there is none."""
    if sys.stdin is None or sys.stdin.closed:
        return ""
    if sys.stdin.isatty():
        return getpass("API key (SK...:SECRET) or auth token: ")
    return sys.stdin.readline()
