"""The job of a render process: parts, muxing, verification, stills; all in a scratch folder."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from roomreel.media import ffmpeg
from roomreel.media.colour import output_matrix
from roomreel.media.encode import (
    PART_SUFFIX,
    SoundEncoder,
    VideoEncoder,
    VideoSettings,
    mux,
)
from roomreel.media.isolate import Notify
from roomreel.media.sound import RATE
from roomreel.model.composition import Decoded
from roomreel.model.plan import Plan
from roomreel.render.mix import render_sound
from roomreel.render.pictures import render_pictures
from roomreel.render.reading import Reading
from roomreel.render.verify import verify

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
        paths: local file by recording sid; a recording without is black or silent in its place.
        folder: an empty scratch folder for whatever is written.
        tags: of the container.
        threads: for decoding.
        ffmpeg: program for the stills.
    """

    plan: Plan
    paths: Mapping[str, str]
    folder: str
    tags: Mapping[str, str]
    video: VideoSettings
    threads: int
    ffmpeg: str


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
    """Render, verify and take stills.

    Notifies the count of frames done, now and then, and None where there is other progress.

    Raises:
        RenderError: a codec or the verification failed.
        StorageFailed: the scratch folder is full or not writable.
    """
    plan, folder = spec.plan, Path(spec.folder)
    parts: list[Path] = []
    decoded: dict[str, Decoded] = {}
    reading = Reading(folder / READING_FILE, sorted(spec.paths))
    with ThreadPoolExecutor(1) as beside:
        suffix = PART_SUFFIX[plan.format]
        pictures, sound = folder / f"pictures.{suffix}", folder / f"sound.{suffix}"
        heard = beside.submit(_sound, spec, sound, reading, notify) if plan.audio else None
        if plan.has_video:
            decoded.update(_pictures(spec, pictures, reading, notify))
            parts.append(pictures)
        if heard is not None:
            decoded.update(heard.result())
            parts.append(sound)
    media = folder / f"composition.{plan.format}"
    mux(parts, media, plan.format, spec.tags, plan.chapters, plan.duration)
    for part in parts:
        part.unlink()
    notify(plan.frame_count)
    return _with_stills(spec, Rendered(str(media), None, None, decoded))


def _pictures(spec: RenderSpec, path: Path, reading: Reading, notify: Notify) -> dict[str, Decoded]:
    plan = spec.plan
    size = plan.resolution.padded_even
    with VideoEncoder(path, size, plan.frame_rate, output_matrix(size), spec.video) as encoder:
        return render_pictures(plan, spec.paths, encoder, spec.threads, reading, notify)


def _sound(spec: RenderSpec, path: Path, reading: Reading, notify: Notify) -> dict[str, Decoded]:
    plan = spec.plan

    def tell(samples: int) -> None:
        # Where there are pictures they tell how far it is.
        notify(None if plan.has_video else int(samples * plan.frame_rate / RATE))

    with SoundEncoder(path, plan.format) as encoder:
        return render_sound(plan, spec.paths, encoder, reading, tell)


def _with_stills(spec: RenderSpec, rendered: Rendered) -> Rendered:
    stills = verify(Path(rendered.media), spec.plan)
    if stills is None:
        return rendered
    poster, sheet = (Path(spec.folder) / name for name in ("poster.jpg", "sheet.jpg"))
    ffmpeg.write_poster(stills.poster, poster, spec.ffmpeg)
    ffmpeg.write_sheet(stills.sheet, sheet, spec.ffmpeg)
    return replace(rendered, poster=str(poster), sheet=str(sheet))
