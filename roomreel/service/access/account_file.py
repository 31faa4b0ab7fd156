"""The account on the disk: made once, read by its owner alone, read again when it changes."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

from roomreel.errors import NotFound, RoomreelError, SettingsInvalid
from roomreel.logs import LOG
from roomreel.service.access.account import VARIABLE, Account, make_account, parse_account, text_of
from roomreel.settings.serving import Serving
from roomreel.storage.failure import storage_errors
from roomreel.storage.files import clean_up_unfinished
from roomreel.storage.lock import alone
from roomreel.storage.replace import make_folder, new_file

FILE_NAME = "account.json"
_LOCK_NAME = "account.lock"
_OWNER_ALONE = stat.S_IRUSR | stat.S_IWUSR
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# An account has 300 bytes.
_MOST_BYTES = 1 << 16
# A new token counts on all instances within these seconds.
_LOOKED_AT_EACH_S = 2.0

# Inode, size and modification time: a file that is replaced has another.
Stamp = tuple[int, int, int]


def open_account(settings: Serving) -> Account:
    """Return the account; the first one who asks makes it, and all others get the same.

    Raises:
        SettingsInvalid: it cannot be used: see `read_account`.
        StorageFailed: its file cannot be made or read.
    """
    file = _file(settings)
    # Without the lock where it is there: another user may hold one that they can read.
    if not has_account(settings):
        with storage_errors("make", file):
            make_folder(file.parent)
        with storage_errors("lock", file), alone(file.parent / _LOCK_NAME):
            if not os.path.lexists(file):
                _write(file, make_account(settings.account_sid))
    return read_account(settings)


def has_account(settings: Serving) -> bool:
    """Return whether somebody has made the account yet, or it is given."""
    return VARIABLE in os.environ or os.path.lexists(_file(settings))


def read_account(settings: Serving) -> Account:
    """Return the account that is there.

    Raises:
        NotFound: nobody has made it yet.
        SettingsInvalid: others may read its file, it is of another user, or it says no account.
        StorageFailed: its file cannot be read.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        account = parse_account(given.encode(errors="replace"), VARIABLE)
    else:
        file = _file(settings)
        account = parse_account(_read(file), str(file))
    return replace(account, sid=settings.account_sid or account.sid)


def rotate_token(settings: Serving) -> Account:
    """Give the account another auth token, and return it; the old one ends at once.

    Raises:
        NotFound: nobody has made the account yet.
        SettingsInvalid: it cannot be used, or is in the environment.
        StorageFailed: its file cannot be written.
    """
    if VARIABLE in os.environ:
        raise SettingsInvalid(
            f"the account is in {VARIABLE}, which roomreel cannot change",
            "put a text with another auth_token there, and start all instances again",
        )
    file = _file(settings)
    read_account(settings)  # what cannot be used is not to be locked or replaced
    with storage_errors("lock", file), alone(file.parent / _LOCK_NAME):
        account = read_account(settings).with_new_token()
        _write(file, account)
    return account


class CurrentAccount:
    """The account as it is now, for a process that goes on while the token is rotated."""

    def __init__(self, settings: Serving) -> None:
        self._settings = settings
        self._stamp = self._look()
        self._account = open_account(settings)
        self._looked_at = time.monotonic()

    def get(self) -> Account:
        """Return the account; where its file cannot be used any more, that of before.

        The file is looked at once in some seconds, however often it is asked for.
        """
        now = time.monotonic()
        if now - self._looked_at >= _LOOKED_AT_EACH_S:
            self._looked_at = now
            self._read_again()
        return self._account

    def _read_again(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._account = read_account(self._settings)
        except RoomreelError as error:
            LOG.error("the account cannot be read again, and stays as it was: %s", error)

    def _look(self) -> Stamp | None:
        if VARIABLE in os.environ:
            return None
        try:
            found = _file(self._settings).lstat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def _file(settings: Serving) -> Path:
    return settings.service_root / FILE_NAME


def _write(file: Path, account: Account) -> None:
    """Put the account in its place; at no instant may anybody else read it.

    What others left half written, who were killed, goes: it has secrets.
    """
    clean_up_unfinished(file.parent)
    with storage_errors("write", file), new_file(file) as new:
        os.fchmod(new.fileno(), _OWNER_ALONE)
        new.write(text_of(account).encode())


def _read(file: Path) -> bytes:
    if not os.path.lexists(file):
        raise NotFound(f"there is no account in {file.parent}", "roomreel serve makes it")
    with storage_errors("read", file), open(file, "rb", opener=_open_unfollowed) as opened:
        _refuse_shared(os.fstat(opened.fileno()), file)
        return opened.read(_MOST_BYTES)


def _refuse_shared(found: os.stat_result, file: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SettingsInvalid(f"{file} is not a regular file", "remove it")
    if found.st_uid != os.geteuid():
        raise SettingsInvalid(
            f"{file} belongs to user {found.st_uid}, and this is user {os.geteuid()}",
            "run roomreel as that user, or set service_home to another folder",
        )
    if found.st_mode & _OTHERS:
        raise SettingsInvalid(f"others may read {file}, which has secrets", f"chmod 600 {file}")


def _open_unfollowed(path: str, flags: int) -> int:
    # Of a pipe, opening would wait for a writer.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
