"""The stage of a composition: all that decides what is drawn over and under its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from roomreel.errors import AssetMissing
from roomreel.model.geometry import Rect
from roomreel.model.layout import Stretch
from roomreel.model.look import Asset, Avatar, Drawing, OverlayState
from roomreel.model.media import Problem
from roomreel.model.plan import OutputSegment
from roomreel.model.room import MediaType, Room
from roomreel.model.template import Template
from roomreel.model.time import Span, frame_at, seconds_since_1970
from roomreel.plan.conversation import Conversation
from roomreel.plan.region_layout import RegionLayout
from roomreel.plan.select import People
from roomreel.plan.timeline import in_output
from roomreel.plan.usable import Usable
from roomreel.text import shown_name


@dataclass(frozen=True)
class Stage:
    """All that decides overlays.

    Attributes:
        layouts: of the regions of each stretch, in the order of the template.
        stretches: in which one layout is on.
        talk: who talks; nobody, where nothing asks for it.
        usable: by sid, what was read of the room.
        zero: seconds on the room clock at which the composition begins before anything is cut.
        kept: what of the room clock is in the output.
        frame_count: of the composition.
        assets: by path, or why they cannot be drawn.
        avatars: likewise, by the sid of the participant.
    """

    room: Room
    template: Template
    layouts: Sequence[RegionLayout]
    stretches: Sequence[Stretch]
    talk: Conversation
    usable: Mapping[str, Usable]
    zero: Fraction
    kept: Sequence[OutputSegment]
    frame_count: int
    assets: Mapping[str, Asset | AssetMissing]
    avatars: Mapping[str, Avatar | Problem]

    @cached_property
    def canvas(self) -> Rect:
        """All of the picture, with the line that is added to an odd side."""
        size = self.template.resolution.padded_even
        return Rect(0, 0, size.width, size.height)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The values of variables."""
        date = self.room.date_created or self.room.end_time
        return {
            "room": shown_name(self.room.unique_name),
            "date": date.date().isoformat() if date else "",
            "template": shown_name(self.template.friendly_name),
        }

    @cached_property
    def tracks(self) -> Mapping[str, str]:
        """The names of tracks, by the sid of the recording."""
        return {one.sid: one.track_name for one in self.room.recordings}

    @cached_property
    def people(self) -> People:
        """The participants, by sid."""
        return self.room.people

    @cached_property
    def sounds(self) -> Mapping[str, Sequence[Usable]]:
        """All sound that was read, by the sid of the participant."""
        found: dict[str, list[Usable]] = {}
        for one in self.usable.values():
            if one.recording.type is MediaType.AUDIO:
                found.setdefault(one.recording.participant_sid, []).append(one)
        return found

    @cached_property
    def wall_ahead(self) -> Fraction | None:
        """The seconds since 1970 at which the room clock stood at 0; None where nothing says it."""
        if self.room.clock_zero is not None:
            return seconds_since_1970(self.room.clock_zero)
        created = self.room.date_created
        return None if created is None else seconds_since_1970(created) - self.zero

    def asset(self, path: str) -> Asset:
        """Return the asset of a path.

        Raises:
            AssetMissing: there is none.
        """
        found = self.assets.get(path, AssetMissing(f"there is no asset {path!r}"))
        if isinstance(found, AssetMissing):
            raise found
        return found

    def avatar(self, participant_sid: str) -> Avatar | None:
        """Return the avatar of a participant; None where there is none that can be drawn."""
        found = self.avatars.get(participant_sid)
        return found if isinstance(found, Avatar) else None

    def always(self, drawing: Drawing) -> tuple[OverlayState, ...]:
        """Return the states of what is shown from the first frame to the last."""
        return (OverlayState(0, self.frame_count, drawing),)

    def runs(self, span: Span) -> Iterator[tuple[int, int, Fraction]]:
        """Yield the frames of a span of the room clock, by the stretch of it that is kept.

        Yields:
            The first frame, the first one after, and what to add to an output time to get room
            time.
        """
        rate = self.template.frame_rate
        for part, ahead in in_output(span, self.kept):
            first, last = frame_at(part.start, rate), frame_at(part.end, rate)
            if first < last:
                yield first, last, ahead
