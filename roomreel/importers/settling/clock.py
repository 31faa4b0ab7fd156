"""The clock rule: where each file sits on the room clock. Pure.

A claim is of the container's time 0, or of the first packet: never are two of them added. Slices of
one recording are chained; sound and pictures of one file stay together. What has no clock begins
with the room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from roomreel.importers.choices import GivenOffset
from roomreel.importers.claims import Anchor, DraftTrack, Grade
from roomreel.importers.settling.chain import Link, Slice, chain
from roomreel.importers.settling.evidence import Evidence
from roomreel.importers.settling.parts import Part
from roomreel.importers.settling.plausibility import Believed

DAY_MS = 24 * 3600 * 1000

BY_HAND = "by-hand"
NO_CLOCK = "none"


@dataclass(frozen=True, slots=True)
class Placed:
    """The place of a recording on the room clock.

    Attributes:
        at: ms, of what the anchor names.
        offset: ms, of the container's time 0, as the manifest has it.
        chosen: claim, chain, by-hand or assumed; `reason`: in words.
        overlap: ms that it has in common with slices before it.
    """

    at: Fraction
    offset: int
    grade: Grade
    rule: str
    chosen: str
    reason: str
    overlap: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class _File:
    """The tracks of a file that one claim is about: they are placed as one."""

    parts: tuple[Part, ...]
    claim: Fraction | None
    anchor: Anchor
    first: Fraction | None
    end: Fraction | None
    given: GivenOffset | None

    @property
    def head(self) -> Part:
        return self.parts[0]

    def slice(self) -> Slice:
        """Return it as a link of a chain."""
        lead = self.first or Fraction(0)
        begin = lead if self.anchor is Anchor.FIRST else Fraction(0)
        length = None if self.end is None else self.end - begin
        return Slice(self.claim, length, lead - begin, is_fixed=self.given is not None)


def offset_of(at: Fraction, anchor: Anchor, first: Fraction | None) -> int:
    """Return where the container's time 0 sits, in ms, halves to even.

    Args:
        at: ms of the anchor on the room clock.
        first: ms of the first packet in the container; None: not known, taken as 0.
    """
    return round(at - (first or 0) if anchor is Anchor.FIRST else at)


def placed(
    vendor: str,
    parts: Sequence[Part],
    claims: Mapping[str, Believed],
    found: Mapping[str, Evidence],
    given: Mapping[str, GivenOffset],
) -> dict[str, Placed]:
    """Return the place of each part by sid."""
    files = _files(parts, claims, found, given)
    links = _linked(files)
    known = [link.at for link in links.values() if link.at is not None]
    assumed = _assumed(known)
    result: dict[str, Placed] = {}
    for file in files:
        link = links[file.head.sid]
        place = _placed(vendor, file, link, assumed)
        result.update({part.sid: place for part in file.parts})
    return result


def _files(
    parts: Sequence[Part],
    claims: Mapping[str, Believed],
    found: Mapping[str, Evidence],
    given: Mapping[str, GivenOffset],
) -> list[_File]:
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(_key(part, claims[part.sid], given.get(part.sid)), []).append(part)
    return [_file(group, claims, found, given) for group in groups.values()]


def _key(part: Part, claim: Believed, hand: GivenOffset | None) -> tuple[object, ...]:
    file = part.piece.file
    if file is None:
        return (part.sid,)
    clock = part.piece.clock
    start = claim.start and (claim.start.value, clock and clock.anchor)
    return (file, part.track.participant, start, hand)


def _file(
    group: Sequence[Part],
    claims: Mapping[str, Believed],
    found: Mapping[str, Evidence],
    given: Mapping[str, GivenOffset],
) -> _File:
    head = group[0]
    hand, start, clock = given.get(head.sid), claims[head.sid].start, head.piece.clock
    firsts = [one for part in group if (one := found[part.sid].first) is not None]
    ends = [one for part in group if (one := found[part.sid].end) is not None]
    claim = None if start is None else Fraction(start.value)
    anchor = Anchor.ZERO if clock is None else clock.anchor
    if hand is not None:
        claim, anchor = Fraction(hand.offset_ms), hand.anchor
    return _File(
        tuple(group), claim, anchor, min(firsts, default=None), max(ends, default=None), hand
    )


def _linked(files: Sequence[_File]) -> dict[str, Link]:
    """Return the link of each file by the sid of its first part; what is no slice stands alone."""
    links = {file.head.sid: Link(file.claim) for file in files}
    for chained in _chains([file for file in files if file.head.track.leash_ms is not None]):
        order = sorted(chained, key=lambda file: (file.claim is None, file.claim or 0))
        leash = min(file.head.track.leash_ms or 0 for file in order)
        places = chain([file.slice() for file in order], leash)
        links.update({file.head.sid: link for file, link in zip(order, places, strict=True)})
    return links


def _chains(files: Iterable[_File]) -> list[list[_File]]:
    """Return the files that follow each other: those of one track, and of tracks they share."""
    chains: list[tuple[set[tuple[str, str, str]], list[_File]]] = []
    for file in files:
        tracks, members = {_track_key(part.track) for part in file.parts}, [file]
        apart = []
        for other_tracks, other in chains:
            if tracks & other_tracks:
                tracks, members = tracks | other_tracks, [*other, *members]
            else:
                apart.append((other_tracks, other))
        chains = [*apart, (tracks, members)]
    return [members for _, members in chains]


def _track_key(track: DraftTrack) -> tuple[str, str, str]:
    return track.participant, track.key, track.kind.value


def _assumed(known: Sequence[Fraction]) -> Fraction:
    """Return where begins what has no clock: at the zero of the room, or with the first there is.

    Zero is meant where the others lie within a day of it; else they count from another instant.
    """
    earliest = min(known, default=Fraction(0))
    return Fraction(0) if abs(earliest) <= DAY_MS else earliest


def _placed(vendor: str, file: _File, link: Link, assumed: Fraction) -> Placed:
    clock = file.head.piece.clock
    at = assumed if link.at is None else link.at
    offset = offset_of(at, file.anchor, file.first)
    grade = Grade.GUESSED if file.claim is None or clock is None else clock.grade
    rule = f"{vendor}/{NO_CLOCK}" if clock is None else clock.rule
    if file.given is not None:
        reason = f"{file.given.at}, {_words(file.anchor)}"
        # The user's word is the last, also where only exact clocks are taken.
        return Placed(at, offset, Grade.EXACT, BY_HAND, BY_HAND, reason, link.overlap)
    if link.follows:
        claim = "none" if file.claim is None else str(round(file.claim))
        return Placed(at, offset, grade, rule, "chain", f"follows the one before; claim {claim}")
    if link.at is None:
        return Placed(at, offset, grade, rule, "assumed", "nothing says when it begins")
    return Placed(at, offset, grade, rule, "claim", _words(file.anchor), link.overlap)


def _words(anchor: Anchor) -> str:
    return "anchor zero" if anchor is Anchor.ZERO else "anchor first packet"
