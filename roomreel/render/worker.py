"""The job of a render process: parts, joining, verification, stills; all in a scratch folder."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from roomreel.errors import RoomreelError
from roomreel.media import ffmpeg
from roomreel.media.colour import output_matrix
from roomreel.media.encode import SoundEncoder, VideoEncoder, VideoSettings, mux
from roomreel.media.isolate import Notify
from roomreel.media.prove import Trial, prove
from roomreel.media.sound import RATE
from roomreel.model.composition import Decoded
from roomreel.model.media import Stored
from roomreel.model.plan import Plan
from roomreel.plan.chunks import scenes_within
from roomreel.render.anew import witness_anew
from roomreel.render.copied import copy_planned
from roomreel.render.mix import render_sound
from roomreel.render.parts import Made, Part, digest
from roomreel.render.pictures import Frames, View, draw
from roomreel.render.reading import Reading
from roomreel.render.verify import Stills, verify, verify_part
from roomreel.render.witness import Witness
from roomreel.settings import Verification

BASE_S = 60.0
"""Time budget of a render that has nothing to do: start-up on a loaded machine."""

PER_MEGAPIXEL_FRAME_S = 0.15
PER_SOURCE_S = 0.5
PER_SOUND_S = 0.1
"""Time budget per million pixels painted, per second of a source, and per second of sound that is
written, be it silence: 10 times what one slow core needs for the standard quality, so that only a
stall runs into it."""

READING_FILE = "reading"
"""In the scratch folder: what was being read, for whoever finds the process dead."""


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """Everything a render needs.

    Attributes:
        sources: by recording sid; a recording without is black or silent in its place.
        chunks: frames that go to a file each; together all frames of the plan.
        folder: an empty scratch folder for whatever is half done.
        kept: folder of the finished parts of this composition.
        tags: of the container.
        threads: for decoding.
        ffmpeg: program for the stills.
        verify: how much of the finished file is looked at.
    """

    plan: Plan
    sources: Mapping[str, Stored]
    chunks: tuple[range, ...]
    folder: str
    kept: str
    tags: Mapping[str, str]
    video: VideoSettings
    threads: int
    ffmpeg: str
    verify: Verification = "sampled"

    @property
    def paths(self) -> dict[str, str]:
        """Local file by recording sid."""
        return {sid: stored.path for sid, stored in self.sources.items()}

    def without(self, sids: Iterable[str]) -> RenderSpec:
        """The same render without some of its sources."""
        left_out = set(sids)
        kept = {sid: stored for sid, stored in self.sources.items() if sid not in left_out}
        return replace(self, sources=kept)

    def pictures(self, frames: range) -> Part:
        """The part that holds some of the frames."""
        plan = self.plan
        scenes = scenes_within(plan, frames)
        shown = {p.recording_sid for scene in scenes for p in scene.placements}
        video = self.video.encoder, self.video.quality, sorted(self.video.options.items())
        form = plan.resolution, plan.format, plan.frame_rate
        name = digest("pictures", frames, scenes, self._versions(shown), video, form)
        return Part(Path(self.kept) / name, plan.format)

    def sound(self) -> Part:
        """The part that holds all sound."""
        plan = self.plan
        heard = {clip.recording_sid for clip in plan.audio}
        name = digest("sound", plan.audio, plan.duration, self._versions(heard), plan.format)
        return Part(Path(self.kept) / name, plan.format)

    def unfinished(self) -> tuple[range, ...]:
        """The chunks of pictures that are still to be drawn."""
        chunks = self.chunks if self.plan.has_video and not self.plan.copied else ()
        return tuple(frames for frames in chunks if not self.pictures(frames).is_finished)

    def _versions(self, sids: Iterable[str]) -> list[tuple[object, ...]]:
        """What of the sources decides a part: their bytes, not where a copy of them lies."""
        ends = self.plan.media_ends
        found = ((sid, self.sources.get(sid), ends[sid]) for sid in sorted(sids))
        return [(sid, end, at and (at.size_bytes, at.version)) for sid, at, end in found]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Verified files in the scratch folder.

    Attributes:
        decoded: what decoding showed, by recording sid.
        left_out: recordings that were taken out because their decoder fails, and how it does.
    """

    media: str
    poster: str | None
    sheet: str | None
    decoded: dict[str, Decoded]
    left_out: Mapping[str, str] = field(default_factory=dict)


def time_budget_s(plan: Plan) -> float:
    """Wall seconds a render may take before it counts as stalled."""
    pixels = plan.resolution.width * plan.resolution.height * plan.frame_count
    return (
        BASE_S
        + pixels / 1e6 * PER_MEGAPIXEL_FRAME_S * plan.has_video
        + float(plan.source_duration) * PER_SOURCE_S
        + float(plan.duration) * PER_SOUND_S * bool(plan.audio)
    )


def render(spec: RenderSpec, notify: Notify) -> Rendered:
    """Make the parts that are missing, join and verify them, and take stills.

    Notifies the count of frames done, now and then, and None where there is other progress.

    Raises:
        RenderError: a codec or the verification failed.
        StorageFailed: the scratch folder is full or not writable.
    """
    plan, folder = spec.plan, Path(spec.folder)
    unfit = _prove(spec) if spec.unfinished() else None
    if unfit is not None:
        raise unfit  # before the sound begins, which would be mixed to its end first
    with ThreadPoolExecutor(1) as beside:
        heard = beside.submit(make_sound, spec, notify)
        draw_one(spec, notify)
        heard.result()
    pictures = [spec.pictures(frames) for frames in spec.chunks if plan.has_video]
    sound = spec.sound() if plan.audio else None
    media = folder / f"composition.{plan.format}"
    files = [part.media for part in pictures]
    mux(files, sound.media if sound else None, media, spec.tags, plan)
    notify(None)
    made = [part.made() for part in ([*pictures, sound] if sound else pictures)]
    rendered = Rendered(str(media), None, None, _decoded(made))
    return _with_stills(spec, rendered, _verified(spec, media, made, notify))


def draw_one(spec: RenderSpec, notify: Notify) -> None:
    """Make the unfinished chunks of one composition; raises what kept one from being made."""
    if spec.plan.copied:
        _copy(spec)
    for error in draw_together([spec], notify):
        if error is not None:
            raise error


def draw_together(specs: Sequence[RenderSpec], notify: Notify) -> list[RoomreelError | None]:
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
            views[number] = View(spec.plan, unfinished, partial(_writing, spec))
    if views:
        first = specs[0]
        paths = {sid: path for spec in specs for sid, path in spec.paths.items()}
        reading = Reading(Path(first.folder) / f"pictures.{READING_FILE}", sorted(paths))
        drawn = draw([*views.values()], paths, first.threads, reading, notify)
        errors.update(zip(views, drawn, strict=True))
    return [errors[number] for number in range(len(specs))]


def make_sound(spec: RenderSpec, notify: Notify) -> None:
    """Mix and encode all sound of a plan, unless that is done already."""
    plan, part = spec.plan, spec.sound()
    if not plan.audio or part.is_finished:
        return
    reading = Reading(Path(spec.folder) / f"sound.{READING_FILE}", sorted(spec.sources))

    def tell(samples: int) -> None:
        # Where there are pictures they tell how far it is.
        notify(None if plan.has_video else int(samples * plan.frame_rate / RATE))

    with part.making(Path(spec.folder)) as made, SoundEncoder(made.media, plan.format) as sink:
        seen = render_sound(plan, spec.paths, sink, reading, made.heard, tell)
        made.decoded.update(seen)


def _prove(spec: RenderSpec) -> RoomreelError | None:
    """Why the encoder cannot do what is asked of it, before anything is decoded for it."""
    plan = spec.plan
    try:
        prove(Trial(spec.video, plan.format, plan.resolution.padded_even, plan.frame_rate))
    except RoomreelError as error:
        return error
    return None


@contextmanager
def _writing(spec: RenderSpec, frames: range) -> Iterator[Frames]:
    """The file of a chunk; kept if it has exactly its frames."""
    plan, size = spec.plan, spec.plan.resolution.padded_even
    with spec.pictures(frames).making(Path(spec.folder)) as made:
        matrix = output_matrix(size)
        with VideoEncoder(made.media, size, plan.frame_rate, matrix, spec.video) as encoder:
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
    spec: RenderSpec, media: Path, parts: Sequence[Made], notify: Notify
) -> Stills | None:
    tell = _now_and_then(notify)
    whole = spec.verify == "full"
    painted = not spec.plan.copied
    witnesses = [Witness.joined(made.witness for made in parts)] if painted else []
    if whole and painted:
        reading = Reading(Path(spec.folder) / f"anew.{READING_FILE}", sorted(spec.sources))
        witnesses.append(witness_anew(spec.plan, spec.paths, spec.threads, reading, tell))
    return verify(media, spec.plan, witnesses, parts[-1].heard, tell, whole=whole)


def _now_and_then(notify: Notify) -> Callable[[], None]:
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
    ffmpeg.write_poster(stills.poster, poster, spec.ffmpeg)
    ffmpeg.write_sheet(stills.sheet, sheet, spec.ffmpeg)
    return replace(rendered, poster=str(poster), sheet=str(sheet))
