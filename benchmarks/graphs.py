"""Filter graphs for one ffmpeg process: the overlay chain people paste, and xstack."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from layout import Input, Layout

from roomreel.media.encoder_options import ALWAYS, ENCODERS, MAX_BITS_PER_PIXEL
from roomreel.media.encoders import SOUND
from roomreel.model.plan import KEY_FRAME_S
from roomreel.model.template import Format

VIDEO_ENCODERS = {Format.MP4: "libx264", Format.WEBM: "libvpx"}

Graph = Callable[[Layout], str]
"""The part of a filter graph that makes [seen] from the inputs [0:v], [1:v] and so on."""


def overlay(scaler: str) -> Graph:
    """A black canvas and one overlay after the other."""

    def graph(layout: Layout) -> str:
        size = f"{layout.canvas.width}x{layout.canvas.height}"
        steps = [f"color=black:s={size}:r={layout.rate}:d={layout.seconds}[on0]"]
        for index, picture in enumerate(layout.pictures):
            steps.append(f"[{index}:v]{_from(picture)},{_fitted(picture, scaler)}[cell{index}]")
            x, y = _corner(picture)
            steps.append(f"[on{index}][cell{index}]overlay={x}:{y}:eof_action=pass[on{index + 1}]")
        return ";".join([*steps, f"[on{len(layout.pictures)}]null[seen]"])

    return graph


def xstack(scaler: str) -> Graph:
    """All cells side by side in one filter, each at the output's rate."""

    def graph(layout: Layout) -> str:
        steps, places = [], []
        for index, picture in enumerate(layout.pictures):
            # Up: a picture is shown from its own time on, as roomreel and overlay do.
            even = f"fps={layout.rate}:round=up:start_time=0"
            steps.append(
                f"[{index}:v]{_from(picture)},{_fitted(picture, scaler)},{even},"
                f"tpad=stop=-1[cell{index}]"
            )
            places.append("{}_{}".format(*_corner(picture)))
        cells = "".join(f"[cell{index}]" for index in range(len(places)))
        size = f"w={layout.canvas.width}:h={layout.canvas.height}"
        stack = f"{cells}xstack=inputs={len(places)}:layout={'|'.join(places)}:fill=black"
        return ";".join(
            [*steps, f"{stack},pad={size}:color=black,trim=end_frame={layout.frames}[seen]"]
        )

    return graph


def heard(layout: Layout) -> str:
    """The part that makes [heard]: gaps of DTX filled, voices added up."""
    first = len(layout.pictures)
    steps = [
        f"[{first + index}:a]aresample=48000:async=1:first_pts=0,"
        f"adelay={round(voice.start_s * 1000)}:all=1[voice{index}]"
        for index, voice in enumerate(layout.voices)
    ]
    names = "".join(f"[voice{index}]" for index in range(len(layout.voices)))
    mix = f"{names}amix=inputs={len(layout.voices)}:normalize=0:duration=longest[heard]"
    return ";".join([*steps, mix])


def with_encoder(
    program: str, layout: Layout, graph: Graph, encoder: str, output: Path
) -> list[str]:
    """The command line.

    Args:
        encoder: "defaults" for what FFmpeg does unasked, else a quality of roomreel.
    """
    inputs = [word for one in (*layout.pictures, *layout.voices) for word in ("-i", one.path)]
    graphs = [graph(layout), heard(layout)] if layout.pictures else [heard(layout)]
    seen = ["-map", "[seen]", *_pictures(layout, encoder)] if layout.pictures else []
    return [
        *(program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *inputs),
        *("-filter_complex", ";".join(graphs), *seen, "-map", "[heard]"),
        *(*_sound(layout, encoder), "-t", str(layout.seconds), str(output)),
    ]


def encoder_options(layout: Layout, quality: str) -> dict[str, str]:
    """What roomreel tells the encoder."""
    name = VIDEO_ENCODERS[layout.format]
    options = {**ALWAYS[name], **ENCODERS[name][quality]}
    if name == "libvpx":
        pixels_a_second = layout.canvas.width * layout.canvas.height * layout.rate
        options["b:v"] = str(int(pixels_a_second * MAX_BITS_PER_PIXEL))
    return options


def _pictures(layout: Layout, quality: str) -> list[str]:
    name = VIDEO_ENCODERS[layout.format]
    # FFmpeg would choose VP9 for WebM, another codec than all others here.
    words = ["-c:v", name, "-r", str(layout.rate)]
    if quality == "defaults":
        return [*words, "-pix_fmt", "yuv420p"]
    options = encoder_options(layout, quality)
    words += ["-pix_fmt", "yuv420p", "-threads", str(os.cpu_count() or 1)]
    words += ["-g", str(int(KEY_FRAME_S * layout.rate))]
    return words + [word for key, value in options.items() for word in (f"-{key}", value)]


def _sound(layout: Layout, quality: str) -> list[str]:
    name, _, bit_rate, options = SOUND[layout.format]
    if quality == "defaults":
        return ["-c:a", name]
    ours = [word for key, value in options.items() for word in (f"-{key}", value)]
    return ["-c:a", name, "-b:a", str(bit_rate), "-ac", "2", *ours]


def _from(picture: Input) -> str:
    return f"setpts=PTS-STARTPTS+{picture.start_s}/TB"


def _fitted(picture: Input, scaler: str) -> str:
    cell = picture.cell
    assert cell is not None
    size = f"{cell.width}:{cell.height}"
    return (
        f"scale={size}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags={scaler},"
        f"pad={size}:(ow-iw)/2:(oh-ih)/2,setsar=1"
    )


def _corner(picture: Input) -> tuple[int, int]:
    assert picture.cell is not None
    return picture.cell.x, picture.cell.y
