"""Media of a delivery that no room refers to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from roomreel.importers.claims import Draft
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import Listing
from roomreel.model.formats import FORMATS

ENDINGS = frozenset(ending for known in FORMATS for ending in known.endings)

BEGINNINGS = (b"\x1a\x45\xdf\xa3", b"OggS", b"RIFF", b"ID3")
"""Of media without an ending, as stores of objects have them; of MP4, see `is_media`."""


_COPIES = re.compile(r"(^|/)RM[0-9a-f]{32}\.media/")
"""Folders of copies that an import made."""


def is_media(listing: Listing, name: str) -> bool:
    """Return whether a file may be media, by its ending or its first bytes."""
    path = PurePosixPath(name)
    if path.name.startswith(".") or _COPIES.search(name):
        return False
    if path.suffix.lower().lstrip(".") in ENDINGS:
        return True
    head = listing.head(name, 12)
    return head.startswith(BEGINNINGS) or head[4:8] == b"ftyp"


def with_unreferenced(drafts: Sequence[Draft], listing: Listing) -> list[Draft]:
    """Return the drafts, with a finding for each file of media that none of them refers to.

    It goes to a room with files in the same folder, else to the first.
    """
    if not drafts:
        return []
    named = [{*draft.documents, *draft.files} for draft in drafts]
    referred = set().union(*named)
    found: list[list[Finding]] = [[] for _ in drafts]
    for name in listing.sizes:
        if name not in referred and is_media(listing, name):
            text = f"{name} is media, and nothing of the delivery refers to it; it is left out"
            found[_nearest(name, named)].append(Finding(Code.MEDIA_UNREFERENCED, name, text))
    return [
        replace(draft, findings=(*draft.findings, *more))
        for draft, more in zip(drafts, found, strict=True)
    ]


def _nearest(name: str, named: Sequence[set[str]]) -> int:
    folder = name.rpartition("/")[0]
    return next(
        (
            number
            for number, files in enumerate(named)
            if any(file.rpartition("/")[0] == folder for file in files)
        ),
        0,
    )
