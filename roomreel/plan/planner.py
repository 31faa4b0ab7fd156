"""The planner: the pipeline from a room and a template to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

from roomreel.errors import AssetMissing, EmptyTrackList
from roomreel.model.event import in_order
from roomreel.model.layout import DEFAULT
from roomreel.model.look import Asset, Avatar
from roomreel.model.media import MediaFile, Problem, size_of_files
from roomreel.model.plan import AudioClip, LayoutStretch, Plan, PlanWarning, Source, SpeakerStretch
from roomreel.model.room import Recording, Room
from roomreel.model.talk import Spurts
from roomreel.model.template import Template
from roomreel.model.time import Span, frame_at
from roomreel.model.window import Window
from roomreel.plan.arrange import arrange
from roomreel.plan.callback import unsent_callback
from roomreel.plan.chapters import chapters, marks_passed_over
from roomreel.plan.gains import gains
from roomreel.plan.overlays import drawn_assets, overlay_warnings, overlays
from roomreel.plan.passed_over import tracks_passed_over
from roomreel.plan.passthrough import with_passthrough
from roomreel.plan.placeholders import missing_avatars
from roomreel.plan.refuse import refuse_empty, refuse_unheard, refuse_unready, refuse_unusable
from roomreel.plan.scenes import VisibleInterval, scenes, visible_intervals
from roomreel.plan.select import selected_recordings, unknown_sources
from roomreel.plan.sound import clips
from roomreel.plan.spans import merged, total, within
from roomreel.plan.stage import Stage
from roomreel.plan.usable import Usable, usable_recordings
from roomreel.plan.window import excerpt


def make_plan(  # noqa: PLR0913  all that decides it
    room: Room,
    template: Template,
    media: Mapping[str, MediaFile],
    hold: Fraction,
    *,
    sends: bool = False,
    assets: Mapping[str, Asset | AssetMissing] = MappingProxyType({}),
    avatars: Mapping[str, Avatar | Problem] = MappingProxyType({}),
    spurts: Spurts = MappingProxyType({}),
) -> Plan:
    """Decide everything about one composition before a pixel is drawn.

    The same room, template and packets give the same plan, in whatever order recordings come.
    That the sources are within the limit is for `check` to say, before packets are read.

    Args:
        room: what the manifest says.
        template: how to compose it.
        media: by recording sid, at least of what `selected_recordings` names.
        hold: seconds a picture is held at most while another comes later.
        sends: whether somebody sends to the status_callback of the template.
        assets: what the template draws, or why it cannot be drawn, by path.
        avatars: those of `people_with_avatars`, likewise, by sid.
        spurts: who talks, by the sound of `speaker_recordings`.

    Raises:
        AssetMissing: one of them cannot be drawn, and there is a picture to draw it in.
        RoomNotCompleted: the call, or the processing of a recording, still goes on.
        RecordingsDeleted: every selected recording has been deleted.
        EmptyTrackList: nothing usable is selected, or the output or its window has no frame.
        SourceLimitExceeded: the output would be longer than any call.
    """
    chosen = selected_recordings(room, template)
    refuse_unready(room, chosen)
    refuse_empty(room, template, chosen)
    usable, found = usable_recordings(room, chosen, media, hold)
    events = in_order(room.events)
    arranged = arrange(template, usable, room.people, events, spurts)
    included, kept, length_s = arranged.included, arranged.kept, arranged.length
    frame_count = frame_at(length_s, template.frame_rate)
    if not included:
        refuse_unheard(room, template, usable)
    _refuse_no_frame(room, frame_count, included, chosen, (*found, *arranged.warnings))

    intervals = tuple(visible_intervals(arranged.layouts, kept))
    # No cell is made for nobody; where voices alone have cells, what is drawn in them is seen.
    has_video = any(layout.region.columns for layout in arranged.layouts)
    zero = included[0].span.start
    stage = Stage(
        room=room,
        template=template,
        layouts=arranged.layouts,
        stretches=arranged.stretches,
        talk=arranged.talk,
        usable=arranged.usable,
        zero=zero,
        kept=kept,
        frame_count=frame_count,
        assets=assets,
        avatars=avatars,
    )
    layouts = tuple(_layout_stretches(stage))
    drawn = overlays(stage) if has_video else ()
    heard = [source.recording for source in arranged.audio]
    heard_clips = clips(arranged.audio, kept, gains(template.mixing, heard, media, room.people))
    warnings = {
        *found,
        *arranged.warnings,
        *unknown_sources(room, template),
        *(() if sends else unsent_callback(template)),
        *tracks_passed_over(room, chosen, media),
        *overlay_warnings(room, template),
        *marks_passed_over(included, template.chapters, events),
        *(missing_avatars(stage) if has_video else ()),
    }
    plan = Plan(
        room_sid=room.sid,
        room_name=room.unique_name,
        template=template.friendly_name,
        resolution=template.resolution,
        format=template.format,
        frame_rate=template.frame_rate,
        frame_count=frame_count,
        length=length_s,
        source_bytes=_source_bytes(chosen, media),
        has_video=has_video,
        regions=layouts[0].regions,
        scenes=scenes(intervals, frame_count, template.frame_rate),
        audio=heard_clips,
        chapters=chapters(room, included, kept, template.chapters, events, arranged.stretches),
        chapter_kinds=template.chapters,
        kept=kept,
        sources=_sources(included, intervals, heard_clips),
        warnings=tuple(sorted(warnings)),
        overlays=drawn,
        assets=drawn_assets(stage, drawn),
        loudness=template.mixing.loudness if heard_clips else None,
        speaker=tuple(_speaker_stretches(stage)),
        layouts=layouts if len(layouts) > 1 or layouts[0].name != DEFAULT else (),
    )
    if template.window != Window():
        plan = excerpt(plan, template.window)
    if not template.passthrough:
        return plan
    return with_passthrough(plan, intervals, arranged.usable, media, hold)


def _refuse_no_frame(
    room: Room,
    frame_count: int,
    included: Sequence[Usable],
    chosen: Sequence[Recording],
    found: Sequence[PlanWarning],
) -> None:
    if not included:
        refuse_unusable(room, chosen, found)
    if not frame_count:
        raise EmptyTrackList(
            f"none of the {len(included)} sources is ever seen or heard",
            "give the regions more cells, select sound, or set trim to false",
        )


def _layout_stretches(stage: Stage) -> Iterator[LayoutStretch]:
    """Yield the frames of each stretch of which the output has any."""
    for stretch in stage.stretches:
        runs = [(first, last) for first, last, _ in stage.runs(stretch.span)]
        if runs:
            regions = tuple(one.region for one in stage.layouts if one.stretch == stretch)
            yield LayoutStretch(stretch.layout, runs[0][0], runs[-1][1], regions)


def _speaker_stretches(stage: Stage) -> Iterator[SpeakerStretch]:
    """Yield the frames in which each participant is the active speaker, in order."""
    runs = (
        (spoken.participant_sid, first, last)
        for spoken in stage.talk.lane
        for first, last, _ in stage.runs(spoken.span)
    )
    for sid, together in groupby(runs, key=itemgetter(0)):
        own = [*together]
        yield SpeakerStretch(sid, own[0][1], own[-1][2])


def _source_bytes(chosen: Iterable[Recording], media: Mapping[str, MediaFile]) -> int:
    stored = (media.get(recording.sid, MediaFile()).stored for recording in chosen)
    return size_of_files(medium for medium in stored if medium is not None)


def _sources(
    included: Iterable[Usable],
    intervals: Iterable[VisibleInterval],
    heard_clips: Iterable[AudioClip],
) -> tuple[Source, ...]:
    shown: dict[str, list[Span]] = {}
    for interval in intervals:
        shown.setdefault(interval.layer.recording_sid, []).append(interval.span)
    for clip in heard_clips:
        shown.setdefault(clip.recording_sid, []).append(clip.span)
    return tuple(
        Source(
            recording_sid=source.sid,
            type=source.recording.type,
            span=source.span,
            media_end=source.span.end - source.offset,
            gaps=within(source.span, source.gaps),
            shown=total(merged(shown.get(source.sid, ()))),
            track_index=source.recording.track_index,
        )
        for source in included
    )
