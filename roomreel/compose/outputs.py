"""Files that go where a person says: never in place of what roomreel did not make itself.

A slip in a command must not cost a recording. What is there already is replaced where it is an
earlier output of the same kind, which files say of themselves: compositions in their tags, pictures
and pages by a mark at their beginning. What is encrypted says nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

from roomreel.documents.manifest import SCHEMA
from roomreel.encryption import SUFFIXES
from roomreel.errors import OutputRefused, StorageFailed
from roomreel.media.tags import read_tags
from roomreel.model.location import Location, ObjectLocation
from roomreel.model.mark import MARK
from roomreel.model.media import Stored
from roomreel.storage import pinned, read_head, stat

_HEAD_BYTES = 4096
# Of a manifest that is to be replaced, all is read.
_MANIFEST_BYTES = 8 * 1024 * 1024


class Made(Enum):
    """The kind of a file that roomreel makes."""

    COMPOSITION = "a composition of roomreel"
    PICTURE = "a poster or contact sheet of roomreel"
    CODEC_LOG = "a log of roomreel"
    ENCRYPTED = "known to be of roomreel (it is encrypted)"
    PLAN = "a drawing of roomreel"
    PLAN_DOCUMENT = "a plan document of roomreel"
    REPORT = "a report of roomreel"
    MANIFEST = "a room manifest"


_BEGINNINGS: Mapping[Made, re.Pattern[bytes]] = {
    kind: re.compile(pattern.replace(b"MARK", MARK.encode()), re.DOTALL)
    for kind, pattern in {
        # A comment behind one other segment: of JFIF, or of the encoder.
        Made.PICTURE: rb"\xff\xd8\xff.{3,64}?\xff\xfe..MARK",
        Made.CODEC_LOG: rb"== [^\n]+\n",
        Made.PLAN: rb"<svg [^>]*>\n<!-- MARK -->",
        Made.PLAN_DOCUMENT: rb'\s*\{\s*"schema":\s*"roomreel\.plan/',
        Made.REPORT: rb"\s*<!doctype html>\n<html [^>]*>\n<head>\n<!-- MARK -->",
    }.items()
}
_ENDINGS = {".jpg": Made.PICTURE, ".log": Made.CODEC_LOG, ".json": Made.PLAN_DOCUMENT}


def of_composition(places: Iterable[Location]) -> dict[Location, Made]:
    """Return what each of the files of a composition is, by its name."""
    encrypted = tuple(filter(None, SUFFIXES.values()))
    return {
        place: Made.ENCRYPTED
        if any(ending in place.name for ending in encrypted)
        else _ENDINGS.get(Path(place.name).suffix, Made.COMPOSITION)
        for place in places
    }


def refuse_to_replace(
    targets: Mapping[Location, Made],
    memory_bytes: int = 0,
    sources: Iterable[Location] = (),
    *,
    force: bool = False,
) -> None:
    """Hold that where files are to go there is nothing, or an earlier one of the same kind.

    Args:
        targets: where they are to go.
        memory_bytes: what looking into media there may take; unset where no target is one.
        sources: what is never replaced, whatever it is and by whatever name it is meant.
        force: whether the user said that anything else may be.

    Raises:
        OutputRefused: something else is there; names each.
        StorageFailed: it cannot be looked at.
    """
    sources = list(sources)
    reasons = [
        f"{place} is {reason}"
        for place, kind in targets.items()
        if (reason := _reason(place, kind, sources, memory_bytes, force=force))
    ]
    if reasons:
        raise OutputRefused("; ".join(reasons), "choose another name, or move away what is there")


def _reason(
    place: Location, kind: Made, sources: list[Location], memory_bytes: int, *, force: bool
) -> str:
    """Return why a place is refused, or ""."""
    if any(_is_same(place, source) for source in sources):
        return "what the composition is made of"
    try:
        stored = stat(place)
    except StorageFailed as error:
        if isinstance(place, Path) and os.path.lexists(place):
            return "there, and not a regular file"
        raise error from None
    if stored is None or force or _is(kind, place, stored, memory_bytes):
        return ""
    return f"there, and not {kind.value}"


def _is(kind: Made, place: Location, stored: Stored, memory_bytes: int) -> bool:
    if kind is Made.COMPOSITION:
        opens = pinned(place, stored.version)
        return read_tags([opens], memory_bytes)[opens].room_sid is not None
    if kind is Made.MANIFEST:
        return _is_manifest(read_head(str(place), _MANIFEST_BYTES))
    beginning = _BEGINNINGS.get(kind)
    return beginning is not None and bool(beginning.match(read_head(str(place), _HEAD_BYTES)))


def _is_manifest(data: bytes) -> bool:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def _is_same(one: Location, other: Location) -> bool:
    """Return whether two locations are one file, by whatever links, names and letters."""
    if isinstance(one, ObjectLocation) or isinstance(other, ObjectLocation):
        return type(one) is type(other) and one.resolve() == other.resolve()
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return os.path.realpath(one) == os.path.realpath(other)
