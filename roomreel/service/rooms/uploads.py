"""Media and avatars that come by the API: streamed into the folder of their room, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from roomreel.compose.stored_settings import recordings_key
from roomreel.encryption import age, instruction_file, put_instruction
from roomreel.encryption.envelope import Sealing, metadata_of
from roomreel.errors import ArgumentsInvalid, Conflict, DiskFull, NotFound, TooManyRequests
from roomreel.model.location import Location
from roomreel.model.room import Manifest, Recording, RecordingStatus
from roomreel.model.table import Table
from roomreel.service.rooms.arrivals import (
    default_name,
    manifest_place,
    read_kept,
    refuse_told_elsewhere,
)
from roomreel.service.service import Service
from roomreel.settings.serving import Serving
from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import alone
from roomreel.storage.port import Writer
from roomreel.storage.replace import ground_of
from roomreel.storage.stores import store_of

# In the folder of a room; no media file may be called so.
_LOCK = ".media.lock"
# How often free space is looked at while bytes come.
_LOOK_BYTES = 64 * 2**20


class AtOnce:
    """The limit of the uploads of an instance at a time.

    Args:
        most: how many there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = threading.BoundedSemaphore(most)

    def __enter__(self) -> None:
        """Take one.

        Raises:
            TooManyRequests: all are taken.
        """
        if not self._taken.acquire(blocking=False):
            message = f"uploads on their way already: {self._most} (uploads_at_once)"
            raise TooManyRequests(message, "try again later")

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._taken.release()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bytes that are to come.

    Attributes:
        size_bytes: how many; None: not said.
        sha256: their digest, 64 hex digits; None: not said.
    """

    size_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A place that bytes are to come to.

    Attributes:
        key: whom they are encrypted for as they come; None: they stay as they are.
    """

    place: Location
    key: RSAPublicKey | None = None


def find_target(service: Service, room: str, sid: str) -> Target:
    """Return where the media file of a recording belongs, and whom it is encrypted for.

    Args:
        room: sid of a room whose manifest came by the API.
        sid: of a recording of that manifest.

    Raises:
        NotFound: there is no such recording in it.
        Conflict: the room is told of elsewhere, or nothing may come for the recording any more.
        SettingsInvalid: it is to be encrypted, and the key is not there.
        StorageFailed, DocumentInvalid: it cannot be read how recordings are stored.
    """
    manifest = _manifest_of(service, room)
    recording = next((one for one in manifest.room.recordings if one.sid == sid), None)
    if recording is None:
        raise NotFound(f"the manifest of room {room} has no recording {sid}")
    _refuse_ended(service, recording)
    name = recording.media or default_name(recording)
    return _target(service, room, name, is_encrypted=recording.encryption is not None)


def find_avatar_target(service: Service, room: str, sid: str) -> Target:
    """Return where the avatar of a participant belongs, and whom it is encrypted for.

    Args:
        room: sid of a room whose manifest came by the API.
        sid: of a participant of that manifest.

    Raises:
        NotFound: there is no such participant in it.
        Conflict: the manifest names no avatar of theirs, or all that was recorded of them was
            deleted; or the room is told of elsewhere.
        SettingsInvalid, StorageFailed, DocumentInvalid: as of `find_target`.
    """
    manifest = _manifest_of(service, room)
    person = next((one for one in manifest.room.participants if one.sid == sid), None)
    if person is None:
        raise NotFound(f"the manifest of room {room} has no participant {sid}")
    if person.avatar is None:
        raise Conflict(
            f"the manifest of room {room} names no avatar of participant {sid}",
            "put it with the name of a file as `avatar`",
        )
    own = [one for one in manifest.room.recordings if one.participant_sid == sid]
    if own and len(_deleted(service, own)) == len(own):
        raise Conflict(f"the recordings of participant {sid} were deleted")
    return _target(service, room, person.avatar, is_encrypted=False)


def _manifest_of(service: Service, room: str) -> Manifest:
    refuse_told_elsewhere(service.database, service.settings, room)
    manifest = read_kept(manifest_place(service.settings, room))
    if manifest is None:
        raise NotFound(f"room {room} has no manifest yet", "put that first")
    return manifest


def _target(service: Service, room: str, name: str, *, is_encrypted: bool) -> Target:
    # What is encrypted by whoever puts it is not encrypted once more: its manifest says for whom.
    comes_encrypted = is_encrypted or name.lower().endswith(age.SUFFIX)
    key = None if comes_encrypted else recordings_key(service.settings)
    return Target(manifest_place(service.settings, room).parent / name, key)


def _deleted(service: Service, recordings: Sequence[Recording]) -> set[str]:
    """Return the sids of those recordings that were deleted."""
    rows = service.catalog.find(Table.RECORDINGS, [one.sid for one in recordings])
    found = {sid for sid, row in rows.items() if row["status"] == "deleted"}
    return found | {one.sid for one in recordings if one.status is RecordingStatus.DELETED}


def _refuse_ended(service: Service, recording: Recording) -> None:
    if _deleted(service, [recording]):
        raise Conflict(f"recording {recording.sid} was deleted")
    if recording.media is None:
        raise Conflict(
            f"recording {recording.sid} is {recording.status} without a media file",
            "a media file is put while the status is processing",
        )


@dataclass
class Upload:
    """Bytes on their way to a place; they are there when the block ends, or nothing of them is.

    What is to be encrypted is before a byte of it is written anywhere.

    Every call may come from another thread, one at a time.

    Attributes:
        size_bytes: how many have come.
    """

    target: Target
    wanted: Wanted
    settings: Serving
    size_bytes: int = 0
    _sealing: Sealing | None = None
    _ends: ExitStack = field(default_factory=ExitStack)
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            DiskFull: there is no space for as many bytes.
        """
        self._refuse_full(self.wanted.size_bytes or 0)
        place, key = self.target.place, self.target.key
        self._sealing = None if key is None else Sealing(key)
        # Ends last: when the file has its name.
        self._last = self._ends.enter_context(ExitStack())
        writer = store_of(place).writer(place, self._metadata)
        self._writer: Writer = self._ends.enter_context(writer)
        return self

    def write(self, pieces: Sequence[bytes]) -> None:
        """Take bytes, in pieces that follow one another.

        Raises:
            ArgumentsInvalid: there are more than may be.
            DiskFull: the disk is nearly full.
        """
        with self._one_at_a_time:
            before = self.size_bytes
            self.size_bytes += sum(map(len, pieces))
            if self.size_bytes // _LOOK_BYTES != before // _LOOK_BYTES:
                self._refuse_full(0)
            for data in pieces:
                if self.wanted.sha256 is not None:
                    self._digest.update(data)
                self._writer.write(self._sealing.update(data) if self._sealing else data)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the file in its place; where an error has ended the block, remove what has come.

        Raises:
            ArgumentsInvalid: it is not what was announced.
            StorageFailed: it cannot be put there.
        """
        with self._one_at_a_time:
            if error is not None:
                self._ends.__exit__(kind, error, trace)
                return
            with self._ends:
                self._refuse_other()
                self._finish()

    @property
    def _metadata(self) -> Mapping[str, str]:
        """Values by which the file is opened, by the names of S3's metadata."""
        return metadata_of(self._sealing.envelope) if self._sealing else {}

    def _finish(self) -> None:
        """Write what is left, and on a disk what stands beside the file before it comes."""
        place = self.target.place
        if self._sealing:
            self._writer.write(self._sealing.finish())
        if isinstance(place, Path) and (self._sealing or instruction_file(place).exists()):
            # Of two that come at once one would stand beside the other's file.
            with storage_errors("write", place):
                self._last.enter_context(alone(place.parent / _LOCK))
            put_instruction(place, self._metadata)

    def _refuse_other(self) -> None:
        if self.size_bytes == 0:
            raise ArgumentsInvalid("the body has no bytes: a media file has some")
        wanted, found = self.wanted.sha256, self._digest.hexdigest()
        if wanted is not None and wanted != found:
            raise ArgumentsInvalid(
                f"X-Content-SHA256 is {wanted}, and that of the {self.size_bytes} bytes that came "
                f"is {found}"
            )

    def _refuse_full(self, more_bytes: int) -> None:
        """Refuse what would fill the disk; a store of objects has its own limits.

        Raises:
            DiskFull: it would.
        """
        place = self.target.place
        if not isinstance(place, Path):
            return
        free = shutil.disk_usage(ground_of(place.parent)).free
        if free - more_bytes < self.settings.upload_free_bytes:
            raise DiskFull(
                f"the disk has {free} bytes left, of which {self.settings.upload_free_bytes} stay "
                "free (upload_free_bytes)",
                "make space, or try again later",
            )
