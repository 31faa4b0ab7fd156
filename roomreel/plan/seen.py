"""Times at which recordings are seen and heard, in output time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from roomreel.model.plan import AudioClip, Scene
from roomreel.model.time import Span


def when_seen(scenes: Iterable[Scene], rate: Fraction) -> Mapping[str, list[Span]]:
    """Return the spans in which each recording is in a cell, by sid."""
    # Most scenes go on with what the one before them shows.
    frames: dict[str, list[list[int]]] = defaultdict(list)
    for scene in scenes:
        for placement in scene.placements:
            runs = frames[placement.recording_sid]
            if runs and runs[-1][0] <= scene.start_frame <= runs[-1][1]:
                runs[-1][1] = max(runs[-1][1], scene.end_frame)
            else:
                runs.append([scene.start_frame, scene.end_frame])
    return {sid: [Span(a / rate, b / rate) for a, b in runs] for sid, runs in frames.items()}


def when_heard(clips: Iterable[AudioClip]) -> Mapping[str, list[Span]]:
    """Return the spans in which each recording sounds, by sid."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for clip in clips:
        spans[clip.recording_sid].append(clip.span)
    return spans
