"""The job of a render process: parts, joining, verification, stills; all in a scratch folder."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from roomreel.errors import RenderError, RoomreelError, StorageFailed
from roomreel.media import ffmpeg
from roomreel.media.encode import SoundEncoder, VideoEncoder, mux
from roomreel.media.encoder_check import Trial, prove
from roomreel.model.composition import Decoded
from roomreel.model.samples import RATE
from roomreel.process.stderr_capture import let_codecs_speak
from roomreel.render.anew import witness_anew
from roomreel.render.copied import copy_planned, copy_planned_sound
from roomreel.render.mix import render_sound
from roomreel.render.parts import Made
from roomreel.render.pictures import Frames, View, draw
from roomreel.render.reading import Reading
from roomreel.render.spec import READING_FILE, OnFrames, Rendered, RenderSpec
from roomreel.render.verify import Stills, verify, verify_part
from roomreel.render.witness import Witness

MOST_JOINS = 3
"""How often parts are made again that another run removed, which composes the same."""


def render(spec: RenderSpec, notify: OnFrames) -> Rendered:
    """Make the parts that are missing, join and verify them, and take stills.

    Notifies the count of frames done, now and then, and None where there is other progress.

    Raises:
        RenderError: a codec or the verification failed.
        StorageFailed: the scratch folder is full or not writable.
    """
    let_codecs_speak()
    for _ in range(MOST_JOINS - 1):
        _make_parts(spec, notify)
        try:
            return _joined(spec, notify)
        except (RenderError, StorageFailed):
            if all(part.is_finished for part in spec.parts):
                raise
    _make_parts(spec, notify)
    return _joined(spec, notify)


def _make_parts(spec: RenderSpec, notify: OnFrames) -> None:
    unfit = _prove(spec) if spec.unfinished() else None
    if unfit is not None:
        raise unfit  # before the sound begins, which would be mixed to its end first
    with ThreadPoolExecutor(1) as beside:
        heard = beside.submit(make_sound, spec, notify)
        draw_one(spec, notify)
        heard.result()


def _joined(spec: RenderSpec, notify: OnFrames) -> Rendered:
    plan, folder = spec.plan, Path(spec.folder)
    # Read before FFmpeg opens their files: what is not there, or not ours to read, ends in words.
    made = [part.made() for part in spec.parts]
    files = [part.media for part in made]
    sound = files.pop() if plan.audio else None
    media = folder / f"composition.{plan.format}"
    mux(files, sound, media, spec.tags, plan)
    notify(None)
    rendered = Rendered(str(media), None, None, _decoded(made))
    return _with_stills(spec, rendered, _verified(spec, media, made, notify))


def draw_one(spec: RenderSpec, notify: OnFrames) -> None:
    """Make the unfinished chunks of one composition; raises what kept one from being made."""
    let_codecs_speak()
    if spec.plan.copied:
        _copy(spec)
    for error in draw_together([spec], notify):
        if error is not None:
            raise error


def draw_ahead(specs: Sequence[RenderSpec], notify: OnFrames) -> list[RoomreelError | None]:
    """Draw compositions of one room together, and make the sound of those that begin here beside.

    Sound that is the same in several of them is made once. What of it comes to nothing is left to
    `render`, which tells of it.

    Returns:
        As `draw_together`.
    """
    with ThreadPoolExecutor(1) as beside:
        alike: dict[str, list[RenderSpec]] = defaultdict(list)
        for spec in specs:
            begins = any(frames.start == 0 for frames in spec.unfinished())
            if begins and spec.plan.audio and _prove(spec) is None:
                alike[spec.sound().folder.name].append(spec)
        sounds = [beside.submit(_make_sounds, same, notify) for same in alike.values()]
        errors = draw_together(specs, notify)
        for sound in sounds:
            with suppress(RoomreelError):
                sound.result()
    return errors


def _make_sounds(specs: Sequence[RenderSpec], notify: OnFrames) -> None:
    """Make the sound of compositions that have the same one."""
    first, *others = specs
    make_sound(first, notify)
    for spec in others:
        first.sound().copy_to(spec.sound(), Path(spec.folder))


def draw_together(specs: Sequence[RenderSpec], notify: OnFrames) -> list[RoomreelError | None]:
    """Draw the unfinished chunks of compositions of one room; each source is decoded once.

    Notifies the count of frames drawn, now and then.

    Returns:
        Of each spec, what kept it from being drawn; the others are drawn all the same.
    """
    errors: dict[int, RoomreelError | None] = {}
    views: dict[int, View] = {}
    for number, spec in enumerate(specs):
        unfinished = spec.unfinished()
        errors[number] = _prove(spec) if unfinished else None
        if unfinished and errors[number] is None:
            write = partial(_writing, spec, len(specs))
            views[number] = View(spec.plan, unfinished, spec.matrix, write)
    if views:
        first = specs[0]
        paths = {sid: path for spec in specs for sid, path in spec.paths.items()}
        reading = Reading(Path(first.folder) / f"pictures.{READING_FILE}", sorted(paths))
        drawn = draw([*views.values()], paths, first.threads, reading, notify)
        errors.update(zip(views, drawn, strict=True))
    return [errors[number] for number in range(len(specs))]


def make_sound(spec: RenderSpec, notify: OnFrames) -> None:
    """Mix and encode all sound of a plan, or copy it, unless that is done already."""
    let_codecs_speak()
    plan, part = spec.plan, spec.sound()
    if not plan.audio or part.is_finished:
        return
    reading = Reading(Path(spec.folder) / f"sound.{READING_FILE}", sorted(spec.sources))

    def tell(samples: int) -> None:
        # Where there are pictures they tell how far it is.
        notify(None if plan.has_video else int(samples * plan.frame_rate / RATE))

    with part.making(Path(spec.folder)) as made:
        if plan.copies_sound:
            copy_planned_sound(plan, spec.paths, made.media, reading)
            return
        with SoundEncoder(made.media, plan.format) as sink:
            seen = render_sound(plan, spec.paths, sink, reading, made.heard, tell)
        made.decoded.update(seen)


def _prove(spec: RenderSpec) -> RoomreelError | None:
    """Why the encoder cannot do what is asked of it, before anything is decoded for it."""
    plan = spec.plan
    try:
        prove(Trial(spec.video, plan.format, plan.resolution.padded_even, plan.frame_rate))
    except RoomreelError as error:
        return error
    finally:
        let_codecs_speak()  # to hear why an encoder does not open, PyAV took over
    return None


@contextmanager
def _writing(spec: RenderSpec, at_once: int, frames: range) -> Iterator[Frames]:
    """The file of a chunk; kept if it has exactly its frames."""
    plan, size = spec.plan, spec.plan.resolution.padded_even
    with spec.pictures(frames).making(Path(spec.folder), at_once) as made:
        with VideoEncoder(made.media, size, plan.frame_rate, spec.matrix, spec.video) as encoder:
            yield Frames(encoder, made)
        verify_part(made.media, len(frames))


def _copy(spec: RenderSpec) -> None:
    """Copy the pictures, unless that is done already."""
    part = spec.pictures(*spec.chunks)
    if part.is_finished:
        return
    reading = Reading(Path(spec.folder) / f"copy.{READING_FILE}", sorted(spec.sources))
    with part.making(Path(spec.folder)) as made:
        copy_planned(spec.plan, spec.paths, made.media, reading)


def _decoded(parts: Iterable[Made]) -> dict[str, Decoded]:
    decoded: dict[str, Decoded] = defaultdict(Decoded)
    for made in parts:
        for sid, seen in made.decoded.items():
            decoded[sid] += seen
    return dict(decoded)


def _verified(
    spec: RenderSpec, media: Path, parts: Sequence[Made], notify: OnFrames
) -> Stills | None:
    tell = _now_and_then(notify)
    whole = spec.verify == "full"
    painted = not spec.plan.copied
    damaged = {sid for sid, seen in _decoded(parts).items() if seen.errors}
    witnesses = [Witness.joined(made.witness for made in parts)] if painted else []
    if whole and painted:
        reading = Reading(Path(spec.folder) / f"anew.{READING_FILE}", sorted(spec.sources))
        paths, threads = spec.paths, spec.threads
        anew = witness_anew(spec.plan, spec.matrix, paths, threads, reading, tell, damaged)
        witnesses.append(anew)
    heard = None if spec.plan.copies_sound else parts[-1].heard
    return verify(media, spec.plan, witnesses, heard, tell, whole=whole)


def _now_and_then(notify: OnFrames) -> Callable[[], None]:
    """A callable that tells of progress, but once a second at most."""
    told = time.monotonic()

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            notify(None)

    return tell


def _with_stills(spec: RenderSpec, rendered: Rendered, stills: Stills | None) -> Rendered:
    if stills is None:
        return rendered
    poster, sheet = (Path(spec.folder) / name for name in ("poster.jpg", "sheet.jpg"))
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(ffmpeg.write_sheet, stills.sheet, sheet, spec.ffmpeg)
        ffmpeg.write_poster(stills.poster, poster, spec.ffmpeg)
        done.result()
    return replace(rendered, poster=str(poster), sheet=str(sheet))
