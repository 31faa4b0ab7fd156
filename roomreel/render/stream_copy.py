"""Copies of packets: made as the plan says, and verified.

Nothing is painted, so only packets and some of the key frames can show whether the copy is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from roomreel.errors import SourceFailed, VerificationFailed
from roomreel.media.copy import copy_pictures, copy_sound
from roomreel.media.frames import VideoFrame
from roomreel.media.inspect import decode_key_frames
from roomreel.media.pose import UPRIGHT, pose_of
from roomreel.model.media import TrackPath
from roomreel.model.plan import KEY_FRAME_S, Passthrough, Plan
from roomreel.render.in_use import InUseMarker

TIMESTAMP_TOLERANCE_S = Fraction(1, 500)
"""Both containers may round a time to a millisecond, one after the other."""


def copy_planned(
    plan: Plan, paths: Mapping[str, TrackPath], output: Path, in_use: InUseMarker
) -> None:
    """Copy the pictures that a plan says are copied.

    Args:
        plan: of a copy.
        paths: by recording sid.
        in_use: marks the recording that is being read.

    Raises:
        SourceFailed: the recording has no file, or cannot be copied.
        VerificationFailed: it has other packets than when it was planned.
    """
    copied = plan.copied or Passthrough()
    sid = copied.recording_sid
    path = _path(sid, paths)
    shift = copied.start - plan.scenes[0].placements[0].media_start
    with in_use.mark(sid):
        count = copy_pictures(path, output, shift, copied.media_end)
    if count != plan.frame_count:
        raise VerificationFailed(f"{sid} has {count} pictures, not {plan.frame_count} as planned")


def copy_planned_sound(
    plan: Plan, paths: Mapping[str, TrackPath], output: Path, in_use: InUseMarker
) -> None:
    """Copy the one sound of a plan that says so.

    Raises:
        SourceFailed: the recording has no file, or cannot be copied.
    """
    [clip] = plan.audio
    sid = clip.recording_sid
    path = _path(sid, paths)
    with in_use.mark(sid):
        copy_sound(
            path,
            output,
            clip.span.start - clip.media_start,
            before=clip.span.start,
            after=plan.length - clip.span.end,
        )


def copy_error(times: Sequence[Fraction], keys: Sequence[Fraction], plan: Plan) -> str:
    """Return in words how the packets of a finished copy differ from the plan, or "".

    Args:
        times: of its pictures in seconds, in file order.
        keys: of its key frames.
        plan: of a copy.
    """
    copied = plan.copied or Passthrough()
    if len(times) != plan.frame_count:
        return f"it has {len(times)} frames, not {plan.frame_count}"
    end = copied.start + copied.media_end - plan.scenes[0].placements[0].media_start
    longest = max(after - before for before, after in pairwise([times[0], *keys, end]))
    rising = all(before < after for before, after in pairwise(times))
    checks = (
        (not rising, "timestamps of the pictures do not rise"),
        (times[0] not in keys, "it does not begin with a key frame"),
        (
            abs(times[0] - copied.start) > TIMESTAMP_TOLERANCE_S,
            f"its first frame is at {float(times[0]):.3f} s, not {float(copied.start):.3f} s",
        ),
        (times[-1] > end, f"its last frame is after its end at {float(end):.3f} s"),
        (
            longest > KEY_FRAME_S + TIMESTAMP_TOLERANCE_S,
            f"key frames are up to {float(longest):.3f} s apart",
        ),
    )
    return next((words for wrong, words in checks if wrong), "")


def decode_at(path: Path, keys: Sequence[Fraction], plan: Plan) -> dict[Fraction, VideoFrame]:
    """Decode some of the key frames, each after a seek: all of them would cost more than the copy.

    Raises:
        VerificationFailed: one cannot be decoded, or is not of the plan's size, or turned.
    """
    found: dict[Fraction, VideoFrame] = {}
    size = plan.resolution
    for at, frame in decode_key_frames(path, keys):
        if frame is None or (frame.width, frame.height) != (size.width, size.height):
            raise VerificationFailed(f"the key frame at {float(at):.3f} s is no {size} picture")
        if pose_of(frame) != UPRIGHT:
            raise VerificationFailed("pictures are turned or mirrored")
        found[at] = frame
    return found


def _path(sid: str, paths: Mapping[str, TrackPath]) -> TrackPath:
    if sid not in paths:
        raise SourceFailed("it was to be copied, and cannot be read", sid=sid)
    return paths[sid]
