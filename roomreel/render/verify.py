"""Check that a file is what was planned: a wrong file with exit code 0 is the commonest failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from roomreel.errors import VerificationFailed
from roomreel.media.ebur128 import LoudnessMeter
from roomreel.media.frames import VideoFrame
from roomreel.media.inspect import (
    UNREADABLE,
    StreamPackets,
    decode_pictures,
    decode_spans,
    read_packets,
)
from roomreel.model.loudness import Leveled, Measured
from roomreel.model.plan import KEY_FRAME_S, Plan, Scene
from roomreel.render.compare import difference
from roomreel.render.energy import Energy, energy_of
from roomreel.render.fingerprint import FrameFingerprint, fingerprint_frames, key_frames
from roomreel.render.layers import layers_of, states_within
from roomreel.render.stream_copy import copy_error, decode_at

TIMESTAMP_TOLERANCE_S = Fraction(1, 1000)
"""Matroska stores whole milliseconds, so a frame may sit up to half of one off its instant."""

SOUND_TOLERANCE_S = Fraction(23, 1000)
"""The last packet of Opus or AAC (20 and 21 ms) may be padding, and WebM rounds by up to 1 ms."""

LOUDNESS_TOLERANCE_LU = 0.5
"""A part and the file that its packets are copied to begin at other samples of the first packet."""

SHEET_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Stills:
    """Pictures taken from the finished file while it was verified."""

    poster: VideoFrame
    sheet: tuple[VideoFrame, ...]


def verify(
    path: Path,
    plan: Plan,
    seen: Sequence[FrameFingerprint] = (),
    heard: Energy | None = None,
    leveled: Leveled | None = None,
    on_progress: Callable[[], None] = lambda: None,
    *,
    whole: bool = False,
) -> Stills | None:
    """Check streams, every packet, timestamps and durations; look at key frames, hear the sound.

    A scene begins with a key frame, so the frame at each scene boundary is among those decoded, and
    so are those at which overlays change.

    Args:
        seen: fingerprints to compare the pictures with; the first, made while they were
            painted, has all frames.
        heard: energy of the mix, to compare the sound with.
        leveled: how it was brought to a loudness, which the sound is to have.
        on_progress: called for each picture, and each second of sound, that was decoded.
        whole: decode every picture, not only key frames, and from these to changes of overlays.

    Returns:
        Stills for poster and contact sheet; None for an audio-only composition.

    Raises:
        VerificationFailed: names what differs from the plan.
    """
    try:
        streams = read_packets(path)
        wrong = _wrong_streams(set(streams), plan)
        if not wrong and "video" in streams:
            check = _wrong_copy if plan.copied else _wrong_pictures
            wrong = check(streams["video"], plan)
        if not wrong and "audio" in streams:
            wrong = _wrong_sound(streams["audio"], plan)
        if wrong:
            raise _unplanned(wrong)
        with ThreadPoolExecutor(1) as beside:
            meter = LoudnessMeter(true_peak=False) if leveled else None
            has_sound = heard and plan.audio
            file = beside.submit(energy_of, path, on_progress, meter) if has_sound else None
            stills: Stills | None = None
            if plan.has_video:
                keys = streams["video"].seconds(streams["video"].keys)
                stills = _look(path, keys, plan, seen, on_progress, whole=whole)
            if heard and file:
                _listen(heard, file.result())
                if leveled and meter:
                    _compare_loudness(leveled.file, meter.finish())
    except UNREADABLE as error:
        raise VerificationFailed(f"the finished file cannot be read back: {error}") from error
    return stills


def verify_part(path: Path, frame_count: int) -> None:
    """Check that a part of the pictures has exactly its frames.

    Raises:
        VerificationFailed: it does not, or it cannot be read back.
    """
    try:
        streams = read_packets(path)
    except UNREADABLE as error:
        raise VerificationFailed(f"a finished part cannot be read back: {error}") from error
    found = len(streams["video"].pts) if "video" in streams else 0
    if found != frame_count:
        raise VerificationFailed(f"a finished part has {found} frames, not {frame_count}")


def _wrong_streams(found: set[str], plan: Plan) -> str:
    wanted = {name for name, has in (("video", plan.has_video), ("audio", bool(plan.audio))) if has}
    if found == wanted:
        return ""
    return (
        f"it has {' and '.join(sorted(found)) or 'no stream'}, not {' and '.join(sorted(wanted))}"
    )


def _wrong_sound(packets: StreamPackets, plan: Plan) -> str:
    if not packets.monotonic:
        return "timestamps of the sound do not rise"
    end = packets.end * packets.base
    if abs(end - plan.duration) > SOUND_TOLERANCE_S:
        return f"sound lasts {float(end):.3f} s, not {float(plan.duration):.3f} s"
    return ""


def _wrong_pictures(packets: StreamPackets, plan: Plan) -> str:
    if len(packets.pts) != plan.frame_count:
        return f"it has {len(packets.pts)} frames, not {plan.frame_count}"
    if not packets.monotonic:
        return "timestamps of the pictures do not rise"
    for number, at in enumerate(packets.seconds(sorted(packets.pts))):
        if abs(at - number / plan.frame_rate) > TIMESTAMP_TOLERANCE_S:
            return f"frame {number} is at {float(at):.4f} s"
    keys = {round(at * plan.frame_rate) for at in packets.seconds(packets.keys)}
    missing = sorted({*key_frames(plan.scenes, plan.frame_rate)} - keys)
    if missing:
        return f"no key frame at frame {missing[0]}, where a scene or {KEY_FRAME_S} s of one begin"
    edges = [*sorted(keys), plan.frame_count]
    longest = max(b - a for a, b in pairwise(edges))
    if longest > KEY_FRAME_S * plan.frame_rate:
        return f"key frames are up to {longest} frames apart"
    return ""


def _wrong_copy(packets: StreamPackets, plan: Plan) -> str:
    return copy_error(packets.seconds(packets.pts), packets.seconds(packets.keys), plan)


def _unplanned(wrong: str) -> VerificationFailed:
    return VerificationFailed(f"the finished file is not what was planned: {wrong}")


def _listen(heard: Energy, file: Energy) -> None:
    second = next(heard.silenced_in(file), None)
    if second is not None:
        at = f"{second // 60}:{second % 60:02}"
        raise _unplanned(f"silence at {at} where the plan has sound")


def _compare_loudness(noted: Measured, file: Measured) -> None:
    made, found = noted.loudness_lufs, file.loudness_lufs
    if made is None or found is None:
        wrong = made is not found
    else:
        wrong = abs(made - found) > LOUDNESS_TOLERANCE_LU
    if wrong:
        raise _unplanned(f"its loudness is {found} LUFS, not {made} LUFS")


def _look(
    path: Path,
    keys: Sequence[Fraction],
    plan: Plan,
    seen: Sequence[FrameFingerprint],
    on_progress: Callable[[], None],
    *,
    whole: bool,
) -> Stills:
    """Decode some frames, or all, compare them with their fingerprints, and take stills."""
    for fingerprint in seen[:1]:
        unseen = sorted({*fingerprint_frames(plan)} - fingerprint.frames)
        if unseen:
            raise VerificationFailed(f"nothing was noted of frame {unseen[0]} when it was rendered")
    poster_key = _poster_key(keys, plan)
    sheet_keys = _spread(keys, SHEET_PICTURES)
    if plan.copied and not whole:
        some = decode_at(path, sorted({poster_key, *sheet_keys}), plan)
        return Stills(some[poster_key], tuple(some[at] for at in sorted(sheet_keys)))
    kept: dict[Fraction, VideoFrame] = {}
    count = 0
    for at, frame in _compared(decode_pictures(path, keys_only=not whole), plan, seen):
        count += 1
        on_progress()
        if at == poster_key or at in sheet_keys:
            kept[at] = frame
    expected, kind = (plan.frame_count, "frames") if whole else (len(keys), "key frames")
    if count != expected:
        raise VerificationFailed(f"{count} of {expected} {kind} could be decoded")
    if seen and not whole:
        _look_between(path, keys, plan, seen, on_progress)
    return Stills(kept[poster_key], tuple(kept[at] for at in sorted(sheet_keys)))


def _look_between(
    path: Path,
    keys: Sequence[Fraction],
    plan: Plan,
    seen: Sequence[FrameFingerprint],
    on_progress: Callable[[], None],
) -> None:
    """Compare the frames between key frames that have fingerprints."""
    starts = {round(at * plan.frame_rate): at for at in sorted(keys)}
    wanted = {*fingerprint_frames(plan)} - starts.keys()
    last = {max(key for key in starts if key < frame): frame for frame in sorted(wanted)}
    spans = [(starts[key], frame / plan.frame_rate) for key, frame in last.items()]
    count = 0
    for at, _ in _compared(decode_spans(path, spans), plan, seen):
        count += round(at * plan.frame_rate) in wanted
        on_progress()
    if count != len(wanted):
        raise VerificationFailed(f"{count} of {len(wanted)} changes of overlays could be decoded")


def _compared(
    pictures: Iterable[tuple[Fraction, VideoFrame]], plan: Plan, seen: Sequence[FrameFingerprint]
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield pictures by rising time in seconds, each after it was compared."""
    size = plan.resolution.padded_even
    scenes = iter(plan.scenes)
    scene = next(scenes)
    layers = layers_of(scene, plan)
    for at, frame in pictures:
        if (frame.width, frame.height) != (size.width, size.height):
            raise VerificationFailed(f"a picture is {frame.width}x{frame.height}, not {size}")
        number = round(at * plan.frame_rate)
        if seen and number >= scene.end_frame:
            while number >= scene.end_frame:
                scene = next(scenes)
            layers = layers_of(scene, plan)
        for fingerprint in seen:
            wrong = difference(frame, fingerprint.blocks(number), layers)
            if wrong:
                raise VerificationFailed(f"frame {number} of the finished file is wrong: {wrong}")
        yield at, frame


def _poster_key(keys: Sequence[Fraction], plan: Plan) -> Fraction:
    """Return a key frame of the longest scene that shows the most pictures.

    Of its key frames it is one with the most overlays, and of these the nearest to its middle.
    """

    def worth(scene: Scene) -> tuple[int, int]:
        return len(scene.placements), scene.end_frame - scene.start_frame

    scene = max(plan.scenes, key=worth)
    middle = Fraction(scene.start_frame + scene.end_frame, 2) / plan.frame_rate
    frames = {at: round(at * plan.frame_rate) for at in keys}
    inside = [at for at in keys if scene.start_frame <= frames[at] < scene.end_frame] or list(keys)

    def drawn(at: Fraction) -> int:
        here = range(frames[at], frames[at] + 1)
        return sum(bool(states_within(overlay.states, here)) for overlay in plan.overlays)

    return min(inside, key=lambda at: (-drawn(at), abs(at - middle)))


def _spread(keys: Sequence[Fraction], count: int) -> set[Fraction]:
    if len(keys) <= count:
        return set(keys)
    return {keys[index * (len(keys) - 1) // (count - 1)] for index in range(count)}
