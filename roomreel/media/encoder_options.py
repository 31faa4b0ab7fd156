"""Settings of video encoders: by encoder and quality, and by what pictures they get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from roomreel.errors import RenderError
from roomreel.media.colour import LIMITED, Matrix
from roomreel.model.geometry import Size
from roomreel.model.plan import KEY_FRAME_S

ENCODERS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    # VMAF on a 3x3 grid at 720p and a 2x2 one at 480p, of one call (and of bikes and a cartoon):
    #   ultrafast 29 90.7 90.1, superfast 23 93.4 93.8 (91.2 94.5), faster 20 95 96 (95 97).
    # At one VMAF, against superfast: ultrafast takes 0.6 of the CPU and 1.8 to 2.1 of the bytes;
    # veryfast 1.4 to 1.6 and 0.74 to 0.82; faster 3.2 and 0.69; fast 4.1 to 4.6 and 0.67, so that
    # it is not worth more than faster; medium 4.4 to 5.3 and 0.63 to 0.68.
    "libx264": {
        "draft": {"preset": "ultrafast", "crf": "29"},
        "standard": {"preset": "superfast", "crf": "23", "profile": "high"},
        "high": {"preset": "faster", "crf": "20", "profile": "high"},
    },
    # crf works only below a bit rate (constrained quality). VMAF of good 5 at 40: 94.7, 92.6; of
    # good 4 at 28: 96.7, 96.5. Speeds 2 and 3 take 3 to 10 times the CPU of 5 and, without
    # alternate references, no fewer bytes; beyond 5 they are 5. In realtime a positive speed
    # follows the load of the machine, so that no two runs are alike; -12 is a fixed one, for half
    # of the CPU of good 5. VMAF at 40: 92.6, 92.8, at 50: 88.2, 87.8.
    "libvpx": {
        "draft": {"deadline": "realtime", "cpu-used": "-12", "crf": "44"},
        "standard": {"deadline": "good", "cpu-used": "5", "crf": "40"},
        "high": {"deadline": "good", "cpu-used": "4", "crf": "28"},
    },
    # Its own defaults are made for films. VMAF on the 3x3 grid: 89.9, 92.9, 94.3, with a
    # quarter less bytes than VP8 at 93 for half as much CPU again.
    "libvpx-vp9": {
        "draft": {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "40"},
        "standard": {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "33"},
        "high": {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "28"},
    },
}
"""Options by encoder and quality, by `benchmarks/encoder_quality.py`; any other encoder runs at its
own defaults."""

ALWAYS: Mapping[str, Mapping[str, str]] = {
    # A key frame asked for must be one that a player can start at.
    "libx264": {"forced-idr": "1"},
    # Without a look-ahead of its own kind libvpx refuses alternate references in this mode.
    "libvpx": {"auto-alt-ref": "0"},
    "h264_nvenc": {"forced-idr": "1"},
    "hevc_nvenc": {"forced-idr": "1"},
    "h264_qsv": {"forced_idr": "1"},
    "hevc_qsv": {"forced_idr": "1"},
    "h264_amf": {"forced_idr": "1"},
    "libx265": {"forced-idr": "1"},
}

BY_QUALITY_ALONE = frozenset({"libx264", "libx265", "libsvtav1"})
"""Encoders that need no bit rate. Others have a low one of their own: 0.2 to 2 Mbit/s."""

ONE_THREAD = frozenset({"libvpx"})
"""Encoders whose threads wait for each other in a loop: beside the decoders of a render two of
VP8's took 3 to 4 times the CPU of one, and 3 times as long."""

MAX_BITS_PER_PIXEL = Fraction(1, 5)
"""Bit rate of encoders that need one: 5.5 Mbit/s at 720p30. Beside a quality it is a ceiling."""

PIXEL_FORMATS = ("yuv420p", "nv12")
"""What pictures are given to encoders as; those of Intel's and AMD's chips take the second. FFmpeg
brings the canvas to it."""


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """The settings by which pictures are encoded.

    Attributes:
        options: for the encoder, on top of those of the quality.
        threads: of the encoder; 0 lets it choose.
    """

    encoder: str
    quality: str
    options: Mapping[str, str]
    threads: int


def encoder_options(settings: VideoSettings) -> dict[str, str]:
    """Return the options of an encoder: for its kind, for the quality, and by the operator."""
    return {
        **ALWAYS.get(settings.encoder, {}),
        **ENCODERS.get(settings.encoder, {}).get(settings.quality, {}),
        **settings.options,
    }


def configure(
    context: Any, size: Size, rate: Fraction, matrix: Matrix, settings: VideoSettings
) -> None:
    """Tell an encoder that is not open yet about its pictures."""
    context.width, context.height = size.width, size.height
    context.pix_fmt = pixel_format(context.codec)
    context.time_base, context.framerate = 1 / rate, rate
    context.gop_size = int(KEY_FRAME_S * rate)
    context.thread_count = 1 if settings.encoder in ONE_THREAD else settings.threads
    context.color_range = LIMITED
    context.colorspace = matrix.colorspace
    context.color_primaries = matrix.primaries
    context.color_trc = matrix.transfer
    if settings.encoder not in BY_QUALITY_ALONE:
        context.bit_rate = int(size.width * size.height * rate * MAX_BITS_PER_PIXEL)


def pixel_format(codec: Any) -> str:
    """Return the first of our pixel formats that an encoder takes, or the first if it names none.

    Raises:
        RenderError: it takes none of them.
    """
    taken = {one.name for one in codec.video_formats or ()} or {PIXEL_FORMATS[0]}
    found = next((name for name in PIXEL_FORMATS if name in taken), None)
    if found is None:
        raise RenderError(
            f"the encoder {codec.name!r} takes no {' or '.join(PIXEL_FORMATS)} pictures",
            "name another video_encoder in the settings",
        )
    return found
