"""Pictures that are copied: made by the plan, and verified.

Nothing is painted, so only packets and some of the key frames can tell whether the copy is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av import VideoFrame

from roomreel.errors import SourceFailed, VerificationFailed
from roomreel.media.copy import copy_pictures, copy_sound
from roomreel.media.pose import UPRIGHT, pose_of
from roomreel.model.media import TrackPath
from roomreel.model.plan import KEY_FRAME_S, Passthrough, Plan
from roomreel.render.reading import Reading

TIMESTAMP_TOLERANCE_S = Fraction(1, 500)
"""Both containers may round a time to a millisecond, one after the other."""


def copy_planned(
    plan: Plan, paths: Mapping[str, TrackPath], output: Path, reading: Reading
) -> None:
    """Copy the pictures that a plan says are copied.

    Args:
        plan: of a copy.
        paths: by recording sid.
        reading: told of what is being read.

    Raises:
        SourceFailed: the recording has no file, or cannot be copied.
        VerificationFailed: it has other packets than when it was planned.
    """
    copied = plan.copied or Passthrough()
    sid = copied.recording_sid
    path = _path(sid, paths)
    shift = copied.start - plan.scenes[0].placements[0].media_start
    with reading.of(sid):
        count = copy_pictures(path, output, shift, copied.media_end)
    if count != plan.frame_count:
        raise VerificationFailed(f"{sid} has {count} pictures, not {plan.frame_count} as planned")


def copy_planned_sound(
    plan: Plan, paths: Mapping[str, TrackPath], output: Path, reading: Reading
) -> None:
    """Copy the one sound of a plan that says so.

    Raises:
        SourceFailed: the recording has no file, or cannot be copied.
    """
    [clip] = plan.audio
    sid = clip.recording_sid
    path = _path(sid, paths)
    with reading.of(sid):
        copy_sound(
            path,
            output,
            clip.span.start - clip.media_start,
            before=clip.span.start,
            after=plan.length - clip.span.end,
        )


def wrong_copy(times: Sequence[Fraction], keys: Sequence[Fraction], plan: Plan) -> str:
    """What differs between the packets of a finished copy and the plan, or "".

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
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for at in keys:
            container.seek(round(at / stream.time_base), stream=stream)
            frames = _alone(next(container.demux(stream)), stream.codec_context)
            size = plan.resolution
            if not frames or (frames[0].width, frames[0].height) != (size.width, size.height):
                raise VerificationFailed(f"the key frame at {float(at):.3f} s is no {size} picture")
            if pose_of(frames[0]) != UPRIGHT:
                raise VerificationFailed("pictures are turned or mirrored")
            found[at] = frames[0]
    return found


def _path(sid: str, paths: Mapping[str, TrackPath]) -> TrackPath:
    if sid not in paths:
        raise SourceFailed("it was to be copied, and cannot be read", sid=sid)
    return paths[sid]


def _alone(packet: Any, context: Any) -> list[VideoFrame]:
    """What a decoder makes of one packet; one that waits for more is told that none will come."""
    frames = [*packet.decode(), *context.decode(None)]
    context.flush_buffers()
    return frames
