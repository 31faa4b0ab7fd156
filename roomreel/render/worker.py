"""The job of a render process: parts, muxing, verification, stills; all in a scratch folder."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
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
from roomreel.model.composition import Decoded
from roomreel.model.plan import Plan
from roomreel.render.mix import render_sound
from roomreel.render.pictures import render_pictures
from roomreel.render.verify import verify

BASE_S = 60.0
"""Time budget of a render that has nothing to do: start-up on a loaded machine."""

PER_MEGAPIXEL_FRAME_S = 0.15
PER_SOURCE_S = 0.5
"""Time budget per million pixels painted and per second of a source: 10 times what one slow core
needs for the standard quality, so that only a stall runs into it."""


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """Everything a render needs.

    Attributes:
        paths: local file by recording sid.
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
    """Verified files in the scratch folder, and what decoding showed by recording sid."""

    media: str
    poster: str | None
    sheet: str | None
    decoded: dict[str, Decoded]


def time_budget_s(plan: Plan) -> float:
    """Wall seconds a render may take before it counts as stalled."""
    pixels = plan.resolution.width * plan.resolution.height * plan.frame_count
    return (
        BASE_S
        + pixels / 1e6 * PER_MEGAPIXEL_FRAME_S * plan.has_video
        + float(plan.source_duration) * PER_SOURCE_S
    )


def render(spec: RenderSpec, notify: Notify) -> Rendered:
    """Render, verify and take stills; notifies the count of frames done, now and then.

    Raises:
        RenderError: a codec or the verification failed.
        StorageFailed: the scratch folder is full or not writable.
    """
    plan, folder = spec.plan, Path(spec.folder)
    parts: list[Path] = []
    decoded: dict[str, Decoded] = {}
    with ExitStack() as stack:
        beside = stack.enter_context(ThreadPoolExecutor(1))
        suffix = PART_SUFFIX[plan.format]
        pictures, sound = folder / f"pictures.{suffix}", folder / f"sound.{suffix}"
        heard = beside.submit(_sound, spec, sound) if plan.audio else None
        if plan.has_video:
            decoded.update(_pictures(spec, pictures, notify))
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


def _pictures(spec: RenderSpec, path: Path, notify: Notify) -> dict[str, Decoded]:
    plan = spec.plan
    size = plan.resolution.padded_even
    with VideoEncoder(path, size, plan.frame_rate, output_matrix(size), spec.video) as encoder:
        return render_pictures(plan, spec.paths, encoder, spec.threads, notify)


def _sound(spec: RenderSpec, path: Path) -> dict[str, Decoded]:
    with SoundEncoder(path, spec.plan.format) as encoder:
        return render_sound(spec.plan, spec.paths, encoder)


def _with_stills(spec: RenderSpec, rendered: Rendered) -> Rendered:
    stills = verify(Path(rendered.media), spec.plan)
    if stills is None:
        return rendered
    poster, sheet = (Path(spec.folder) / name for name in ("poster.jpg", "sheet.jpg"))
    ffmpeg.write_poster(stills.poster, poster, spec.ffmpeg)
    ffmpeg.write_sheet(stills.sheet, sheet, spec.ffmpeg)
    return replace(rendered, poster=str(poster), sheet=str(sheet))
