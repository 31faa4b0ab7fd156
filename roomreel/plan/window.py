"""The window of a template: a composition that is planned becomes an excerpt of it.

Pictures: frame k of the excerpt is frame `start_frame` + k of the whole, at the same place of each
medium, as in chunks.

Sound: the mixer brings both ends of a clip, and its place in its medium, to the nearest sample. To
cut clips at frames and then round would round twice: at 30000/1001 a frame lasts 1601.6 samples.
So clips are first put where the mixer puts them, and then cut and moved by whole samples; to round
these again changes nothing. Sample i of the excerpt is, at every frame rate, sample n + i of what
the mixer adds up for the whole, where n is the sample nearest to the first frame. The limiter,
which passes on unchanged what is within full scale, begins anew with the excerpt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from roomreel.errors import EmptyTrackList
from roomreel.model.plan import (
    AudioClip,
    Chapter,
    Excerpt,
    LayoutStretch,
    OutputSegment,
    Plan,
    Scene,
    SpeakerStretch,
)
from roomreel.model.samples import RATE, nearest_sample
from roomreel.model.time import Span, decimal_text, frame_at
from roomreel.model.window import Window
from roomreel.plan.overlays import drawn_paths, overlays_within
from roomreel.plan.scenes import scenes_within
from roomreel.plan.seen import when_heard, when_seen
from roomreel.plan.spans import merged, total
from roomreel.plan.timeline import output_time

S = TypeVar("S", LayoutStretch, SpeakerStretch)


def excerpt(plan: Plan, window: Window) -> Plan:
    """Return the plan of a part of a composition; one that has all frames is the whole.

    Sources and warnings stay those of the whole.

    Raises:
        EmptyTrackList: nothing of the composition is in the window.
    """
    frames = _frames(plan, window)
    if len(frames) == plan.frame_count:
        return plan
    rate = plan.frame_rate
    end = plan.length if frames.stop == plan.frame_count else frames.stop / rate
    span = Span(frames.start / rate, end)
    scenes = scenes_within(plan, frames)
    audio = tuple(_clips(plan.audio, nearest_sample(span.start), len(frames) / rate))
    if not frames or not (plan.has_video or audio):
        raise _empty(plan, window)
    shown = _shown(scenes, audio, rate)
    overlays = overlays_within(plan.overlays, frames, rate)
    paths = drawn_paths(overlays)
    return replace(
        plan,
        frame_count=len(frames),
        length=span.duration,
        scenes=scenes,
        audio=audio,
        chapters=tuple(_chapters(plan.chapters, span)),
        kept=tuple(_kept(plan.kept, span)),
        sources=tuple(
            replace(source, shown=shown.get(source.recording_sid, Fraction(0)))
            for source in plan.sources
        ),
        overlays=overlays,
        assets=tuple(asset for asset in plan.assets if asset.path in paths),
        loudness=plan.loudness if audio else None,
        regions=plan.regions_at(frames.start),
        layouts=tuple(_within(plan.layouts, frames)),
        speaker=tuple(_within(plan.speaker, frames)),
        window=Excerpt(frames.start, frames.stop, plan.frame_count),
    )


def _frames(plan: Plan, window: Window) -> range:
    """Return the frames of a composition that are in a window."""
    zero = plan.sources[0].span.start

    def frame_of(ms: int) -> int:
        return frame_at(output_time(zero + Fraction(ms, 1000), plan.kept), plan.frame_rate)

    end = plan.frame_count if window.end_ms is None else frame_of(window.end_ms)
    return range(frame_of(window.start_ms), end)


def _clips(clips: Iterable[AudioClip], first: int, length: Fraction) -> Iterator[AudioClip]:
    """Yield what is heard from a sample of the output on, counted from that."""
    last = first + nearest_sample(length)
    for clip in clips:
        begins = nearest_sample(clip.span.start)
        start, end = max(begins, first), min(nearest_sample(clip.span.end), last)
        if start < end:
            media_start = nearest_sample(clip.media_start) + start - begins
            span = Span(Fraction(start - first, RATE), Fraction(end - first, RATE))
            yield replace(clip, span=span, media_start=Fraction(media_start, RATE))


def _chapters(chapters: Sequence[Chapter], span: Span) -> Iterator[Chapter]:
    """Yield the chapters that begin in a span of the output, and the one that reaches into it."""
    reaching = [one for one in chapters if one.start <= span.start][-1:]
    for one in (*reaching, *(one for one in chapters if span.start < one.start < span.end)):
        yield replace(one, start=max(one.start - span.start, Fraction(0)))


def _within(stretches: Iterable[S], frames: range) -> Iterator[S]:
    """Yield stretches in a range of frames, cut at its edges and counted from its start."""
    for one in stretches:
        start, end = max(one.start_frame, frames.start), min(one.end_frame, frames.stop)
        if start < end:
            yield replace(one, start_frame=start - frames.start, end_frame=end - frames.start)


def _kept(kept: Iterable[OutputSegment], span: Span) -> Iterator[OutputSegment]:
    for stretch in kept:
        ahead = stretch.room.start - stretch.start
        room = stretch.room.intersection(span.shifted(ahead))
        if not room.is_empty:
            yield OutputSegment(room, room.start - ahead - span.start)


def _shown(
    scenes: Iterable[Scene], audio: Iterable[AudioClip], rate: Fraction
) -> dict[str, Fraction]:
    """Return the seconds of output in which each recording is displayed or heard."""
    found = {**when_seen(scenes, rate), **when_heard(audio)}
    return {sid: total(merged(spans)) for sid, spans in found.items()}


def _empty(plan: Plan, window: Window) -> EmptyTrackList:
    until = "the end" if window.end_ms is None else f"{_seconds(window.end_ms)}"
    return EmptyTrackList(
        f"nothing is seen or heard in the window from {_seconds(window.start_ms)} to {until}:"
        f" the composition ends before it, or it is cut out; the whole lasts"
        f" {decimal_text(plan.length, 3)} s",
        "choose a window in which somebody is there; it counts from the first recording, in the"
        " room's time",
    )


def _seconds(ms: int) -> str:
    return f"{decimal_text(Fraction(ms, 1000), 3)} s"
