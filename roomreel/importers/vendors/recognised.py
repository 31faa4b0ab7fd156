"""Deliveries that are recognised and not read: why, and what to do instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Draft
from roomreel.importers.port import API, HEAD, Listing, Match, Options
from roomreel.text import counted

_MOST_HEADS = 100
"""Files of a kind whose beginnings are asked for: what a delivery is, the first ones say."""

_AS_FILES = "`roomreel import files FOLDER` takes it as one recording of everybody all the same"
_LATER = "no version of roomreel reads it yet"


@dataclass(frozen=True, slots=True)
class Explained:
    """A kind of delivery that is recognised only to say what to do.

    Attributes:
        signs: returns the score of a delivery and what was found, or None.
        why: why it is not read, in words that follow "it is".
        remedy: what to do instead.
    """

    name: str
    title: str
    signs: Callable[[Listing], Match | None]
    why: str
    remedy: str
    api: int = API

    def detect(self, files: Listing) -> Match:
        """Return how surely a delivery is of this kind."""
        return self.signs(files) or Match(0, f"nothing looks like {self.title}")

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Say why it is not read.

        Raises:
            DeliveryInvalid: always.
        """
        found = self.detect(files)
        seen = f" ({found.why})" if found.score else ""
        raise DeliveryInvalid(f"{files.title} is {self.title}{seen}: {self.why}", self.remedy)


def _by_names(pattern: str, score: int = 60) -> Callable[[Listing], Match | None]:
    """Return signs by names of files, below whatever folders they lie."""
    named = re.compile(rf"(?:.*/)?(?:{pattern})", re.DOTALL | re.ASCII)

    def signs(files: Listing) -> Match | None:
        found = [name for name in files.sizes if named.fullmatch(name)]
        if not found:
            return None
        return Match(score, f"{counted(len(found), 'file')} named like {found[0]}")

    return signs


def _by_heads(
    beginnings: Sequence[bytes], endings: tuple[str, ...]
) -> Callable[[Listing], Match | None]:
    """Return signs by the first bytes of files with these endings."""

    def signs(files: Listing) -> Match | None:
        named = [name for name in files.sizes if name.lower().endswith(endings)][:_MOST_HEADS]
        found = [name for name in named if files.head(name).startswith(tuple(beginnings))]
        if not found:
            return None
        return Match(80, f"{found[0]} begins with {files.head(found[0])[:8]!r}")

    return signs


def _jibri(files: Listing) -> Match | None:
    for name in files.sizes:
        folder, _, base = name.rpartition("/")
        if base != "metadata.json":
            continue
        about = _members(files.head(name, HEAD))
        below = f"{folder}/" if folder else ""
        films = [one for one in files.sizes if re.fullmatch(re.escape(below) + r"[^/]+\.mp4", one)]
        if "meeting_url" in about and "participants" in about and films:
            return Match(95, f"{name} beside {films[0]}")
    return None


def _events(files: Listing) -> Match | None:
    for name in files.sizes:
        if name.rpartition("/")[2] == "events.xml":
            head = files.head(name, 4096)
            if b"<recording" in head and b"meeting_id" in head:
                return Match(95, f"{name} is a log of a recorded meeting")
    return None


def _locked(files: Listing) -> Match | None:
    """Return the sign of packets that only the callers can decrypt, as their headers say."""
    for name in [one for one in files.sizes if one.lower().endswith(_MJR)][:_MOST_HEADS]:
        head = files.head(name, HEAD)
        length = int.from_bytes(head[8:10], "big")
        if head.startswith(b"MJR0") and _members(head[10 : 10 + length]).get("e") is True:
            return Match(95, f"{name} says that it is end-to-end encrypted")
    return None


def _archives(files: Listing) -> Match | None:
    packed = [
        name for name in files.sizes if name.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz"))
    ]
    if not packed or len(packed) < len(files.sizes):
        return None
    return Match(60, f"{counted(len(packed), 'archive')} and nothing else, such as {packed[0]}")


def _members(data: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


_MJR = (".mjr", ".mjr.tmp")
_STAMP = r"[0-9]{4}(?:-[0-9]{2}){5}-[0-9]{3}"
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_COMPOSED = "it is composed already, and what each of them said or showed is not in it"

EXPLAINED: tuple[Explained, ...] = (
    Explained("jibri", "a film by Jibri", _jibri, _COMPOSED, _AS_FILES),
    Explained(
        "meet",
        "a film by Google Meet",
        _by_names(
            r".*\([0-9]{4}-[0-9]{2}-[0-9]{2}(?: at)? [0-9]{2}[:_ ][0-9]{2} GMT[^)]*\).*\.mp4"
        ),
        _COMPOSED,
        _AS_FILES,
    ),
    Explained(
        "teams",
        "a film by Microsoft Teams",
        _by_names(r".*-[0-9]{8}_[0-9]{6}(?:UTC)?-Meeting Recording.*\.mp4"),
        _COMPOSED,
        _AS_FILES,
    ),
    Explained(
        "encrypted",
        "end-to-end encrypted",
        _locked,
        "only the devices of those who were in the call have its keys",
        "record with a participant that has the key, or without end-to-end encryption",
    ),
    Explained(
        "mcap",
        "a log in MCAP",
        _by_heads([b"\x89MCAP0\r\n"], (".mcap",)),
        "it holds messages, not the tracks of a call",
        "export the tracks from the service that wrote it, and import that",
    ),
    Explained(
        "janus",
        "recorded packets of Janus",
        _by_heads([b"MJR0", b"MEETECHO"], _MJR),
        _LATER,
        "convert each file by janus-pp-rec to .opus or .webm, give the starts by --offsets, and"
        " `roomreel import files FOLDER`",
    ),
    Explained(
        "rtpdump",
        "recorded packets (rtpdump)",
        _by_heads([b"#!rtpplay1.0"], (".rtpdump", ".rtp")),
        _LATER,
        "convert each file to Matroska, give the starts by --offsets, and"
        " `roomreel import files FOLDER`",
    ),
    Explained(
        "chime",
        "a capture by Amazon Chime SDK",
        _by_names(rf"(?:audio|video|composited-video)/{_STAMP}(?:-{_UUID}(?:#content)?)?\.mp4"),
        _LATER,
        "run a concatenation pipeline of Chime, and `roomreel import files FOLDER` on what it"
        " writes, with the starts by --offsets",
    ),
    Explained(
        "agora",
        "individual recordings of Agora",
        _by_names(r".+__uid_s_.+__uid_e_(?:audio|video)(?:_[0-9]+)*\.(?:m3u8|ts|webm|mp4)"),
        _LATER,
        "join the slices of each playlist by ffmpeg -i NAME.m3u8 -c copy NAME.mkv, and"
        " `roomreel import files FOLDER` on them, with the starts by --offsets",
    ),
    Explained(
        "bigbluebutton",
        "a raw recording of BigBlueButton",
        _events,
        _LATER,
        "`roomreel import files` takes its folders audio, video and deskshare, with the starts"
        " of events.xml by --offsets",
    ),
    Explained(
        "zoom",
        "a recording by Zoom",
        _by_names(r"Audio Record/audio.+\.m4a|GMT[0-9]{8}-[0-9]{6}_Recording.*\.(?:mp4|m4a)"),
        _LATER,
        "`roomreel import files` takes the folder Audio Record: files of one segment begin"
        " together",
    ),
    Explained(
        "archives",
        "a folder of archives",
        _archives,
        "which of them are of one call is not known",
        "import each of them: `roomreel import FOLDER/NAME.zip --out rooms`",
    ),
)
"""In the order in which they are tried; whoever writes the reader of one removes its row."""
