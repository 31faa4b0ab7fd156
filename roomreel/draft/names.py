"""Names of recorded files: who is heard or seen, as recorders write it.

A wrong guess makes two people one. So a name gives a participant only where a row of `RECORDERS`
knows it, or where words for a track follow a person, after a dash or an underscore. Any other file
is a participant of its own, whatever else its name may say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

RECORDERS: Mapping[str, str] = {
    # <start of the recording in ms>-<session>-<what>-<start of the track in ms>
    "Daily": rf"\d{{13}}-(?P<who>{UUID})-(?P<what>[a-z]+-(?:audio|video))-\d{{13}}",
    # <start, to the ms>-<attendee>, and #content where something is shared
    "Amazon Chime": rf"\d{{4}}(?:-\d\d){{5}}-\d{{3}}-(?P<who>{UUID})(?P<what>#content)?",
    # Rooms and users may have dashes in their names; the time is in us.
    "Janus": r"(?:videoroom|audiobridge)-.+-user-(?P<who>.+)-\d{13,}-(?P<what>audio|video)(-\d+)?",
    # <sid of the track>-<time>; the sid says what the track is, and nothing of who it is.
    "LiveKit": r"(?P<who>TR_(?P<what>A[Ms]|V[CS])?\w+)(?:-.+)?",
    # <name>-<address>-<first frame>-<channels>; punctuation is underscores.
    "Jamulus": r"(?P<who>[0-9A-Za-z_]{4,}-[0-9A-Za-z_]+)-\d+-[12](?:_\d+)?",
    # <recording>_<channel>__uid_s_<user>__uid_e_<what>_<time>
    "Agora": r".+__uid_s_(?P<who>.+)__uid_e_(?P<what>audio|video)(?:_\d+)?",
    # archive-<connection>, or a piece of it
    "Sora": r"(?:split-)?archive-(?P<who>[0-9A-Z]{26})(?:_\d+)?",
    # audio<name without spaces><numbers of file, segment and meeting>
    "Zoom": r"audio(?P<who>[^\Wa-z\d_]\D*)\d{6,}",
}
"""How the whole name of a file is written, without its ending, by recorder."""

TRACKS: Mapping[str, str] = {
    "cam-audio": "microphone",
    "AM": "microphone",
    "cam-video": "camera",
    "VC": "camera",
    "screen-video": "screen",
    "#content": "screen",
    "VS": "screen",
    "As": "screen-audio",
}
"""What layouts call the tracks that recorders have other words for."""

NO_TRACK = {"audio", "video"}
"""Words that say no more than what the file holds."""

_SIDE = r"(?:front|back|rear|main|second|left|right|built-?in|shared)"
_DEVICE = (
    r"(?:camera|cam|webcam|video|microphone|mic|audio|voice|sound|headset|phone"
    r"|screen(?:[ _-]?shar(?:e|ing))?|desktop|slides|presentation)"
)
_KNOWN = {recorder: re.compile(pattern) for recorder, pattern in RECORDERS.items()}
_PERSON_AND_TRACK = re.compile(
    rf"(?P<who>.+?)\s*[-_]\s*(?P<what>(?:{_SIDE}[ _-]+)*{_DEVICE}(?:[ _-]*\d{{1,3}})?)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NameParts:
    """Participant and track in the name of a file.

    Attributes:
        who: the participant.
        track: the name of the track; "" where the name does not say.
        rule: whose way to write names it is.
    """

    who: str
    track: str
    rule: str


PERSON_AND_TRACK = "as in alice-camera"
OWN = "one a file"


def parse_name(stem: str) -> NameParts:
    """Return participant and track by a file's name.

    Args:
        stem: the name without its ending.
    """
    for recorder, pattern in _KNOWN.items():
        if match := pattern.fullmatch(stem):
            return NameParts(match["who"], _track(match.groupdict().get("what") or ""), recorder)
    match = _PERSON_AND_TRACK.fullmatch(stem)
    if match and match["who"].strip():
        return NameParts(match["who"].strip(), match["what"], PERSON_AND_TRACK)
    return NameParts(stem, "", OWN)


def _track(word: str) -> str:
    return TRACKS.get(word, "" if word in NO_TRACK else word)
