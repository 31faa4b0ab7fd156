"""Write what came of an import: a manifest, its record beside it, and media where asked for.

The manifest is what others read, and it appears whole or not at all. The record knows the digest of
the manifest beside it, so that one that a person has changed is never replaced unasked; while a
manifest is being replaced it knows both, so that a kill at any instant is no change by hand.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from roomreel.documents.import_record import IMPORT
from roomreel.documents.manifest import SCHEMA as ROOM
from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.errors import OutputRefused
from roomreel.importers.settling.settle import Settled
from roomreel.model.location import is_url
from roomreel.model.room import Room
from roomreel.storage import clean_up_unfinished, sha256_of, write_bytes
from roomreel.storage.documents import RECORD
from roomreel.storage.failure import storage_errors
from roomreel.storage.path_policy import is_inside
from roomreel.storage.replace import new_file
from roomreel.storage.rooms import MANIFEST

_LONGEST_BYTES = 120
_UNSAFE = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class Written:
    """The files of an import.

    Attributes:
        changed: whether anything was written.
        is_edited: whether the manifest was changed by hand, and left as it is.
        media: copies, there already or made.
        outside: folders of media that no root holds: a batch refuses what lies there.
    """

    manifest: Path
    record: Path
    changed: bool
    is_edited: bool = False
    media: tuple[Path, ...] = ()
    outside: tuple[Path, ...] = ()


def write(
    settled: Settled,
    out: Path,
    *,
    alone: bool = False,
    copy: bool = False,
    force: bool = False,
    roots: Sequence[str] = (),
) -> Written:
    """Write manifest and record of a room; nothing where both are there already.

    Args:
        out: folder for them; it is made where it is not there.
        alone: whether the folder holds this one room, and its manifest is `room.json`.
        copy: put the media beside the manifest; else it names them where they are.
        force: replace a manifest that was changed by hand, or that no import made.
        roots: folders in which a batch looks for media.

    Raises:
        DocumentInvalid: it would be no valid manifest.
        OutputRefused: something else is there, or a person has changed it.
        StorageFailed: something cannot be read or written; what was there is unharmed.
    """
    folder = out.absolute()
    manifest = _place(settled.room, folder, alone=alone)
    record = record_beside(manifest)
    copies = _copied(settled, folder) if copy else {}
    room = _finished(settled.room, folder, copies, record.name)
    text = manifest_text(room)
    parse_manifest(text.encode(), str(manifest))
    outside = _outside(manifest, room, roots)
    state = _State.read(manifest, record)
    document = {**settled.record, "manifest": {"file": manifest.name}}
    if state.is_edited(text) and not force:
        if not state.is_recorded(document):
            raise OutputRefused(
                f"{manifest} was changed by hand, or not made by an import",
                "--force replaces it; --out writes elsewhere",
            )
        return Written(manifest, record, False, True, tuple(copies.values()), outside)
    changed = _replace(manifest, record, text, document, state)
    return Written(manifest, record, changed, False, tuple(copies.values()), outside)


def record_beside(manifest: Path) -> Path:
    """Return where the record of a manifest is: a.import.json of a.room.json and of a.json."""
    stem = manifest.name.removesuffix(".json").removesuffix(".room")
    return manifest.with_name(f"{stem}{RECORD}")


@dataclass(frozen=True, slots=True)
class _State:
    """The state of both files before anything is written; None: not there."""

    manifest: bytes | None
    record: bytes | None

    @classmethod
    def read(cls, manifest: Path, record: Path) -> _State:
        """Return it.

        Raises:
            OutputRefused: something of another kind is there.
        """
        state = cls(_read(manifest), _read(record))
        for place, data, schema, words in (
            (manifest, state.manifest, ROOM, "a room manifest"),
            (record, state.record, IMPORT, "a record of an import"),
        ):
            if data is not None and _parsed(data).get("schema") != schema:
                raise OutputRefused(f"{place} is there, and not {words}", "choose another --out")
        return state

    @property
    def known(self) -> list[str]:
        """The digests of manifests that the record speaks of."""
        about = _parsed(self.record or b"{}").get("manifest")
        digests = about.get("sha256") if isinstance(about, dict) else None
        return [one for one in digests if isinstance(one, str)] if isinstance(digests, list) else []

    def is_edited(self, text: str) -> bool:
        """Return whether there is a manifest that is neither this one nor one of an import's."""
        if self.manifest is None or self.manifest == text.encode():
            return False
        return _sha256(self.manifest) not in self.known

    def is_recorded(self, document: Mapping[str, Any]) -> bool:
        """Return whether the record says the same but for the digests of the manifest."""
        said = _parsed(self.record or b"{}")
        return bool(said) and {**said, "manifest": None} == {**_plain(document), "manifest": None}


def _replace(
    manifest: Path, record: Path, text: str, document: Mapping[str, Any], state: _State
) -> bool:
    """Write what differs; returns whether anything does."""
    data, own = text.encode(), [_sha256(text.encode())]
    final = _record_bytes(document, own)
    if state.manifest == data and state.record == final:
        return False
    if state.manifest != data:
        before = [] if state.manifest is None else [_sha256(state.manifest)]
        write_bytes(record, _record_bytes(document, sorted({*before, *own})))
        write_bytes(manifest, data)
    write_bytes(record, final)
    return True


def _record_bytes(document: Mapping[str, Any], digests: list[str]) -> bytes:
    whole = {**document, "manifest": {**document["manifest"], "sha256": digests}}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as it is read back."""
    plain: dict[str, Any] = json.loads(json.dumps(document))
    return plain


def _place(room: Room, folder: Path, *, alone: bool) -> Path:
    """Return where the manifest of a room goes: by its name, unless another room is there."""
    if alone and not _is_foreign(folder / MANIFEST):
        return folder / MANIFEST
    by_sid = folder / f"{room.sid}.room.json"
    if not _is_safe(room.unique_name):
        return by_sid
    by_name = folder / f"{room.unique_name}.room.json"
    there = _read(by_name)
    about = _parsed(there or b"{}").get("room")
    sid = about.get("sid") if isinstance(about, dict) else None
    return by_sid if sid not in (None, room.sid) else by_name


def _is_foreign(place: Path) -> bool:
    """Return whether something is there that is no manifest, such as a document of the service."""
    data = _read(place)
    return data is not None and _parsed(data).get("schema") != ROOM


def _is_safe(name: str) -> bool:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return False
    is_plain = name.isprintable() and not _UNSAFE & set(name)
    return is_plain and 0 < length <= _LONGEST_BYTES and name.strip(" .") == name


def _finished(room: Room, folder: Path, copies: Mapping[str, Path], record: str) -> Room:
    recordings = (
        one
        if one.media is None
        else replace(one, media=_media(copies.get(one.media, Path(one.media)), folder))
        for one in room.recordings
    )
    mark = {**room.attributes["import"], "record": record}
    attributes = {**room.attributes, "import": mark}
    return replace(room, recordings=tuple(recordings), attributes=attributes)


def _media(path: Path, folder: Path) -> str:
    """Return how a manifest in a folder names a file: relative where it lies below."""
    path = path.absolute()
    if not path.is_relative_to(folder):
        return str(path)
    name = str(path.relative_to(folder))
    return f"./{name}" if is_url(name) else name


def _outside(manifest: Path, room: Room, roots: Sequence[str]) -> tuple[Path, ...]:
    named = {one.media for one in room.recordings if one.media is not None}
    folders = {
        (manifest.parent / media).parent
        for media in named
        if not is_inside(str(manifest), media, roots)
    }
    return tuple(sorted(folders))


def _copied(settled: Settled, folder: Path) -> dict[str, Path]:
    """Copy the media beside the manifest, and return where each is, by its path before."""
    place = folder / f"{settled.room.sid}.media"
    if place.is_dir():
        clean_up_unfinished(place)
    return dict(_copies(settled.media.values(), place))


def _copies(paths: Iterable[Path], place: Path) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.absolute().parent == place:  # made there by a recipe, and named likewise
            continue
        copy = place / f"{sha256_of(path)[:32]}{path.suffix.lower()}"
        with storage_errors("copy", path):
            if not _is_whole(copy, path):
                with path.open("rb") as source, new_file(copy) as file:
                    shutil.copyfileobj(source, file)
        yield str(path), copy


def _is_whole(copy: Path, path: Path) -> bool:
    return copy.is_file() and copy.stat().st_size == path.stat().st_size


def _read(place: Path) -> bytes | None:
    with storage_errors("read", place):
        try:
            return place.read_bytes()
        except FileNotFoundError:
            return None


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
