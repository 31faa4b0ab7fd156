"""The job of a render process: parts, joining, verification, stills; all in a scratch folder."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from roomreel.errors import RenderError, RoomreelError, StorageFailed
from roomreel.media import ffmpeg
from roomreel.media.encoder_check import EncoderCheck, check_encoder
from roomreel.media.encoders import VideoEncoder
from roomreel.media.log import enable_codec_log
from roomreel.media.mux import mux
from roomreel.model.composition import Decoded
from roomreel.render.fingerprint import FrameFingerprint
from roomreel.render.in_use import InUseMarker
from roomreel.render.parts import PartContents
from roomreel.render.pictures import ChunkOutput, CompositionChunks, render_chunks
from roomreel.render.recheck import independent_fingerprint
from roomreel.render.sound import make_sound, make_sounds
from roomreel.render.spec import IN_USE_FILE, OnFrames, Rendered, RenderSpec
from roomreel.render.stream_copy import copy_planned
from roomreel.render.verify import Stills, verify, verify_part

MOST_JOINS = 3
"""How often parts are made again that another run removed, which composes the same."""


def render(spec: RenderSpec, notify: OnFrames) -> Rendered:
    """Make the parts that are missing, join and verify them, and take stills.

    Notifies the count of frames done, now and then, and None where there is other progress.

    Raises:
        RenderError: a codec or the verification failed.
        StorageFailed: the scratch folder is full or not writable.
    """
    enable_codec_log()
    for _ in range(MOST_JOINS - 1):
        _make_parts(spec, notify)
        try:
            return _join(spec, notify)
        except (RenderError, StorageFailed):
            if all(part.is_finished for part in spec.parts):
                raise
    _make_parts(spec, notify)
    return _join(spec, notify)


def _make_parts(spec: RenderSpec, notify: OnFrames) -> None:
    unfit = _check_encoder(spec) if spec.missing_chunks() else None
    if unfit is not None:
        raise unfit  # before the sound begins, which would be mixed to its end first
    with ThreadPoolExecutor(1) as beside:
        heard = beside.submit(make_sound, spec, notify)
        render_pictures(spec, notify)
        heard.result()


def _join(spec: RenderSpec, notify: OnFrames) -> Rendered:
    plan, folder = spec.plan, Path(spec.folder)
    # Read before FFmpeg opens their files: what is not there, or not ours to read, ends in words.
    parts = [part.read() for part in spec.parts]
    files = [part.media for part in parts]
    sound = files.pop() if plan.audio else None
    media = folder / f"composition.{plan.format}"
    mux(files, sound, media, spec.tags, plan)
    notify(None)
    leveled = parts[-1].leveled if plan.audio else None
    rendered = Rendered(str(media), None, None, _decoded(parts), leveled=leveled)
    return _add_stills(spec, rendered, _verify(spec, media, parts, notify))


def render_pictures(spec: RenderSpec, notify: OnFrames) -> None:
    """Render the unfinished chunks of one composition; raise what stopped one of them."""
    enable_codec_log()
    if spec.plan.copied:
        _copy_pictures(spec)
    for error in render_together([spec], notify):
        if error is not None:
            raise error


def render_parts(specs: Sequence[RenderSpec], notify: OnFrames) -> list[RoomreelError | None]:
    """Render compositions of one room together, and the sound of those that begin here.

    Sound that is the same in several of them is made once. Errors of it are left to `render`, which
    makes it again and reports them.

    Returns:
        As `render_together`.
    """
    with ThreadPoolExecutor(1) as beside:
        sounding = [
            spec
            for spec in specs
            if spec.plan.audio
            and any(frames.start == 0 for frames in spec.missing_chunks())
            and _check_encoder(spec) is None
        ]
        sounds = beside.submit(make_sounds, sounding, notify)
        errors = render_together(specs, notify)
        sounds.result()
    return errors


def render_together(specs: Sequence[RenderSpec], notify: OnFrames) -> list[RoomreelError | None]:
    """Render the unfinished chunks of compositions of one room; each source is decoded once.

    Notifies the count of frames rendered, now and then.

    Returns:
        For each spec the error that stopped it; the others are rendered all the same.
    """
    errors: dict[int, RoomreelError | None] = {}
    compositions: dict[int, CompositionChunks] = {}
    for number, spec in enumerate(specs):
        unfinished = spec.missing_chunks()
        errors[number] = _check_encoder(spec) if unfinished else None
        if unfinished and errors[number] is None:
            write = partial(_write_chunk, spec, len(specs))
            compositions[number] = CompositionChunks(spec.plan, unfinished, spec.drawer, write)
    if compositions:
        first = specs[0]
        paths = {sid: path for spec in specs for sid, path in spec.paths.items()}
        in_use = InUseMarker(Path(first.folder) / f"pictures.{IN_USE_FILE}", sorted(paths))
        rendered = render_chunks([*compositions.values()], paths, first.threads, in_use, notify)
        errors.update(zip(compositions, rendered, strict=True))
    return [errors[number] for number in range(len(specs))]


def _check_encoder(spec: RenderSpec) -> RoomreelError | None:
    """Return the error of an encoder that cannot take the pictures, before any is decoded."""
    plan = spec.plan
    try:
        check_encoder(
            EncoderCheck(spec.video, plan.format, plan.resolution.padded_even, plan.frame_rate)
        )
    except RoomreelError as error:
        return error
    finally:
        enable_codec_log()  # to hear why an encoder does not open, PyAV took over
    return None


@contextmanager
def _write_chunk(spec: RenderSpec, at_once: int, frames: range) -> Iterator[ChunkOutput]:
    """Open the file of a chunk; it is kept if it has exactly its frames."""
    plan, size = spec.plan, spec.plan.resolution.padded_even
    with spec.pictures(frames).make(Path(spec.folder), at_once) as made:
        with VideoEncoder(made.media, size, plan.frame_rate, spec.matrix, spec.video) as encoder:
            yield ChunkOutput(encoder, made)
        verify_part(made.media, len(frames))


def _copy_pictures(spec: RenderSpec) -> None:
    """Copy the pictures, unless that is done already."""
    part = spec.pictures(*spec.chunks)
    if part.is_finished:
        return
    in_use = InUseMarker(Path(spec.folder) / f"copy.{IN_USE_FILE}", sorted(spec.sources))
    with part.make(Path(spec.folder)) as made:
        copy_planned(spec.plan, spec.paths, made.media, in_use)


def _decoded(parts: Iterable[PartContents]) -> dict[str, Decoded]:
    decoded: dict[str, Decoded] = defaultdict(Decoded)
    for made in parts:
        for sid, seen in made.decoded.items():
            decoded[sid] += seen
    return dict(decoded)


def _verify(
    spec: RenderSpec, media: Path, parts: Sequence[PartContents], notify: OnFrames
) -> Stills | None:
    on_progress = _throttle(notify)
    whole = spec.verify == "full"
    painted = not spec.plan.copied
    damaged = {sid for sid, seen in _decoded(parts).items() if seen.errors}
    fingerprints = [FrameFingerprint.joined(made.fingerprint for made in parts)] if painted else []
    if whole and painted:
        in_use = InUseMarker(Path(spec.folder) / f"recheck.{IN_USE_FILE}", sorted(spec.sources))
        paths, threads = spec.paths, spec.threads
        second = independent_fingerprint(
            spec.plan, spec.drawer, paths, threads, in_use, on_progress, damaged
        )
        fingerprints.append(second)
    heard = None if spec.plan.copies_sound else parts[-1].heard
    leveled = parts[-1].leveled
    return verify(media, spec.plan, fingerprints, heard, leveled, on_progress, whole=whole)


def _throttle(notify: OnFrames) -> Callable[[], None]:
    """Return a callable that reports progress, but once a second at most."""
    reported = time.monotonic()

    def on_progress() -> None:
        nonlocal reported
        if time.monotonic() - reported > 1:
            reported = time.monotonic()
            notify(None)

    return on_progress


def _add_stills(spec: RenderSpec, rendered: Rendered, stills: Stills | None) -> Rendered:
    if stills is None:
        return rendered
    poster, sheet = (Path(spec.folder) / name for name in ("poster.jpg", "sheet.jpg"))
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(ffmpeg.write_sheet, stills.sheet, sheet, spec.ffmpeg)
        ffmpeg.write_poster(stills.poster, poster, spec.ffmpeg)
        done.result()
    return replace(rendered, poster=str(poster), sheet=str(sheet))
