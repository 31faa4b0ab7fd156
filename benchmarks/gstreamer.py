"""The command line of GStreamer's compositor."""

from __future__ import annotations

import os
from pathlib import Path

from graphs import encoder_options
from layout import Input, Layout

from roomreel.media.encoders import SOUND
from roomreel.model.plan import KEY_FRAME_S
from roomreel.model.template import Format

DECODERS = {"vp8": "vp8dec", "h264": "avdec_h264"}
MUXERS = {Format.MP4: "mp4mux", Format.WEBM: "webmmux"}
SOUND_ENCODERS = {Format.MP4: "avenc_aac", Format.WEBM: "opusenc"}


GAPS = ("discont-wait=0", "alignment-threshold=10000000")
"""By default a pause of less than a second is closed, so that all sound after it is early."""


def command(layout: Layout, output: Path) -> list[str]:
    """One gst-launch-1.0: sources into compositor and audiomixer, encoders, muxer, file."""
    size = f"width={layout.canvas.width},height={layout.canvas.height}"
    rate = f"framerate={layout.rate.numerator}/{layout.rate.denominator}"
    cells = [word for index, one in enumerate(layout.pictures) for word in _cell(index, one)]
    words = [
        *("gst-launch-1.0", "-q", "compositor", "name=canvas", "background=black", *cells),
        *("!", f"video/x-raw,format=I420,{size},{rate}", "!", "queue", "!"),
        *(*_encoder(layout), "!", "queue", "!", "out."),
        *("audiomixer", "name=mix", *GAPS, *(_pad(i, v) for i, v in enumerate(layout.voices)), "!"),
        *("audioconvert", "!", "audioresample", "!", "audio/x-raw,rate=48000,channels=2", "!"),
        *(SOUND_ENCODERS[layout.format], f"bitrate={SOUND[layout.format][2]}", "!"),
        *("queue", "!", "out.", MUXERS[layout.format], "name=out", "!"),
        *("filesink", f"location={output}"),
    ]
    for index, one in enumerate(layout.pictures):
        words += [*_source(one), DECODERS[one.codec], "!", "queue", "!", f"canvas.sink_{index}"]
    for index, one in enumerate(layout.voices):
        words += [*_source(one), "opusdec", "!", "queue", "!", f"mix.sink_{index}"]
    return words


def _source(one: Input) -> list[str]:
    return ["filesrc", f"location={one.path}", "!", "matroskademux", "!", "queue", "!"]


def _cell(index: int, one: Input) -> list[str]:
    cell = one.cell
    assert cell is not None
    where = {"xpos": cell.x, "ypos": cell.y, "width": cell.width, "height": cell.height}
    places = [f"sink_{index}::{name}={value}" for name, value in where.items()]
    return [*places, f"sink_{index}::sizing-policy=keep-aspect-ratio", _pad(index, one)]


def _pad(index: int, one: Input) -> str:
    return f"sink_{index}::offset={round(one.start_s * 1e9)}"


def _encoder(layout: Layout) -> list[str]:
    told = encoder_options(layout, "standard")
    keys = int(KEY_FRAME_S * layout.rate)
    threads = os.cpu_count() or 1
    if layout.format is Format.MP4:
        crf = ["pass=qual", f"quantizer={told['crf']}"]
        preset = f"speed-preset={told['preset']}"
        return ["x264enc", *crf, preset, f"key-int-max={keys}", f"threads={threads}"]
    quality = ["end-usage=cq", f"cq-level={told['crf']}", f"target-bitrate={told['b:v']}"]
    # GStreamer counts the deadline in microseconds; FFmpeg's "good" is a second.
    effort = ["deadline=1000000", f"cpu-used={told['cpu-used']}", f"threads={threads}"]
    return ["vp8enc", *quality, *effort, f"keyframe-max-dist={keys}"]
