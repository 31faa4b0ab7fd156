"""People seen and heard in a composition, by the plan that was published beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from roomreel.documents.published_plan import parse_plan, seen_and_heard
from roomreel.errors import DocumentInvalid, NotFound
from roomreel.model.plan import Chapter, Placement, Plan
from roomreel.model.table import Row
from roomreel.model.template import USUAL_CHAPTERS
from roomreel.model.time import Span
from roomreel.plan.chapters import chapters_of_output
from roomreel.service.lists.compositions import find_composition
from roomreel.service.lists.listing import RecordingFilter, list_recordings
from roomreel.service.lists.people import name_of
from roomreel.service.media.links import LinkKind
from roomreel.service.media.media import find_composed
from roomreel.service.service import Service
from roomreel.storage.stores import store_of

MOST_BYTES = 8 * 2**20
"""Of a plan that is shown: a call of 50 people that come and go for a day has a tenth of that."""

_MOST_RECORDINGS = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan of a composition, with the names of its people.

    Attributes:
        recordings: rows of the recordings of the room, by sid, as far as they are known.
        spans: by recording, when it is seen or heard, in output time, in the order of first times.
    """

    plan: Plan
    recordings: Mapping[str, Row]
    spans: Mapping[str, Sequence[Span]]

    @property
    def names(self) -> dict[str, str]:
        """The names of participants and of recordings that the drawing of a plan has, by sid."""
        people = {self._participant_of(sid): self.name_of(sid)[0] for sid in self.recordings}
        return people | {sid: " \N{MIDDLE DOT} ".join(self.name_of(sid)) for sid in self.recordings}

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters: as the plan lists them, or, of usual ones, people come and go."""
        if self.plan.chapter_kinds != USUAL_CHAPTERS:
            return self.plan.chapters
        active = (
            (self.name_of(sid)[0], self._participant_of(sid), span)
            for sid, spans in self.spans.items()
            for span in spans
        )
        return chapters_of_output(active, self.plan.duration)

    def name_of(self, sid: str) -> tuple[str, str]:
        """Return the names of the participant and the track of a recording, or sids."""
        row = self.recordings.get(sid, {})
        person = name_of(row) or row.get("participant_sid") or sid
        return person, row.get("track_name") or row.get("source_sid") or sid

    def label_of(self, sid: str) -> str:
        """Return what people know a recording by, in one text."""
        return " \N{MIDDLE DOT} ".join(dict.fromkeys(self.name_of(sid)))

    def seen_at(self, instant: Fraction) -> Sequence[Placement]:
        """Return the cells that are filled at an instant of the output, the lowest first."""
        frame = int(instant * self.plan.frame_rate)
        scenes = self.plan.scenes
        place = bisect_right(scenes, frame, key=lambda scene: scene.start_frame) - 1
        if place < 0 or frame >= scenes[place].end_frame:
            return ()
        return scenes[place].placements

    def heard_at(self, instant: Fraction) -> list[str]:
        """Return the recordings that are heard at an instant of the output."""
        return [clip.recording_sid for clip in self.plan.audio if instant in clip.span]

    def _participant_of(self, sid: str) -> str:
        return self.recordings.get(sid, {}).get("participant_sid") or sid


def find_shown(service: Service, sid: str) -> Shown:
    """Return who is seen and heard in a composition.

    Raises:
        NotFound: there is no composition of this sid, or no plan of it that can be read, and why.
        StorageFailed: it cannot be looked at.
    """
    row = find_composition(service, sid)
    file = find_composed(service, LinkKind.PLAN, sid)
    if file.is_encrypted:
        raise NotFound(f"the plan of composition {sid} is encrypted, as its media are")
    if file.stored.size_bytes > MOST_BYTES:
        raise NotFound(f"the plan of composition {sid} is too large to be shown")
    read = store_of(file.place).read(file.place, MOST_BYTES)
    try:
        plan, spans = _parsed(read.data if read else b"", row["room_name"] or row["room_sid"] or "")
    except DocumentInvalid as error:
        raise NotFound(f"the plan of composition {sid} cannot be read: {error.message}") from error
    return Shown(plan, _recordings(service, plan.room_sid), spans)


# A page asks for its plan several times, and each click does.
@lru_cache(maxsize=2)
def _parsed(data: bytes, room_name: str) -> tuple[Plan, Mapping[str, Sequence[Span]]]:
    plan = parse_plan(data, room_name)
    return plan, seen_and_heard(plan)


def covers(placement: Placement, x: int, y: int) -> bool:
    """Return whether a point of the picture is in a cell."""
    rect = placement.rect
    return rect.x <= x < rect.right and rect.y <= y < rect.bottom


def _recordings(service: Service, room_sid: str) -> dict[str, Row]:
    wanted = RecordingFilter(grouping_sids=(room_sid,))
    page = list_recordings(
        service.database, wanted, _MOST_RECORDINGS, None, largest=_MOST_RECORDINGS
    )
    return {row["sid"]: row for row in page.rows}
