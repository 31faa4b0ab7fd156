"""The recordings that a draft may become: a piece of a track, with its sids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roomreel.importers.claims import Draft, DraftParticipant, DraftTrack, Piece
from roomreel.importers.sids import sid_of


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a track.

    Attributes:
        sid: of the recording; `source_sid`: of the track; `participant_sid`: of who published it.
        who: the identity of that participant.
    """

    track: DraftTrack
    piece: Piece
    sid: str
    source_sid: str
    participant_sid: str
    who: str

    @property
    def label(self) -> str:
        """The track as people write it: Ana/camera; one name where both are called the same."""
        name = self.track.name
        return name if name == self.who else f"{self.who}/{name}"


def room_sid(vendor: str, draft: Draft) -> str:
    """Return the sid of the room of a draft."""
    return sid_of("RM", vendor, draft.id, given=draft.sid)


def participants_of(vendor: str, draft: Draft) -> dict[str, tuple[str, DraftParticipant]]:
    """Return sid and claims of everybody by key; who only publishes is known by the key."""
    known = {one.key: one for one in draft.participants}
    for track in draft.tracks:
        known.setdefault(track.participant, DraftParticipant(track.participant, track.participant))
    taken: set[str] = set()
    return {
        key: (_free("PA", taken, vendor, draft.id, key, given=one.sid), one)
        for key, one in known.items()
    }


def parts_of(vendor: str, draft: Draft) -> list[Part]:
    """Return the pieces of all tracks, those of a track by their claimed start."""
    people = participants_of(vendor, draft)
    taken: set[str] = set()
    return [
        part
        for track in draft.tracks
        for part in _of_track((vendor, draft.id), track, people[track.participant], taken)
    ]


def _of_track(
    room: tuple[str, str],
    track: DraftTrack,
    person: tuple[str, DraftParticipant],
    taken: set[str],
) -> Iterator[Part]:
    keys = (*room, track.participant, track.key, track.kind.value)
    source_sid = sid_of("MT", *keys, given=track.source_sid)
    for ordinal, piece in enumerate(sorted(track.pieces, key=_order)):
        sid = _free("RT", taken, *keys, ordinal, given=piece.sid)
        yield Part(track, piece, sid, source_sid, person[0], person[1].identity)


def _order(piece: Piece) -> tuple[bool, float, str]:
    clock = piece.clock
    return clock is None, 0 if clock is None else float(clock.start.value), piece.file or ""


def _free(prefix: str, taken: set[str], *keys: str | int, given: str | None) -> str:
    """Return a sid that nothing in the room has yet, and note it."""
    sid = sid_of(prefix, *keys, given=given)
    if sid in taken:
        sid = next(
            free
            for number in range(len(taken) + 1)
            if (free := sid_of(prefix, *keys, number, "repeated")) not in taken
        )
    taken.add(sid)
    return sid
