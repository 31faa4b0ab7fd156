"""Check the video encoder of the settings before anything depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.logging
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError

from roomreel.errors import RenderError
from roomreel.media.colour import output_matrix
from roomreel.media.encoder_options import VideoSettings, configure, encoder_options
from roomreel.model.geometry import Size
from roomreel.model.template import DEFAULT_RESOLUTION, Format
from roomreel.process.isolate import Notify
from roomreel.process.priority import keep_priority

CODECS: Mapping[Format, tuple[str, ...]] = {
    Format.MP4: ("h264", "hevc", "av1"),
    Format.WEBM: ("vp8", "vp9", "av1"),
}
"""What may be in a container so that a browser plays it."""

KNOWN = (
    "libx264",
    "h264_nvenc",
    "h264_qsv",
    "h264_amf",
    "h264_vaapi",
    "h264_v4l2m2m",
    "libx265",
    "hevc_nvenc",
    "hevc_qsv",
    "libvpx",
    "libvpx-vp9",
    "vp9_qsv",
    "libsvtav1",
    "av1_nvenc",
    "av1_qsv",
)
"""Encoders that are proposed instead of one that cannot be used, the best known first."""


@dataclass(frozen=True, slots=True)
class EncoderCheck:
    """An encoder, and the pictures it is to take."""

    settings: VideoSettings
    format: Format
    size: Size = DEFAULT_RESOLUTION
    rate: Fraction = Fraction(30)


def check_encoder(check: EncoderCheck, _notify: Notify[None] = lambda _: None) -> None:
    """Open an encoder as a render does, and close it again.

    May be the target of `isolate.run`: drivers of devices are strangers' code, too.

    Raises:
        RenderError: it does not exist, makes no pictures, does not fit the container, cannot be
            opened on this machine, or does not know an option; says what to do.
    """
    name, output = check.settings.encoder, check.format
    codec = _codec(name, output)
    if codec.type != "video":
        raise RenderError(f"{name!r} is an encoder of {codec.type}, not of video", _remedy(output))
    if codec.canonical_name not in CODECS[output]:
        fitting = ", ".join(CODECS[output])
        raise RenderError(
            f"{name!r} makes {codec.canonical_name}, and {output} takes {fitting}", _remedy(output)
        )
    unknown = _open(codec, check)
    if unknown:
        raise RenderError(
            f"the encoder {name!r} knows no option {', '.join(sorted(unknown))}",
            "fix encoder_options in the settings",
        )


def usable_encoders(output: Format) -> list[str]:
    """Return the known encoders that FFmpeg has and a container takes; devices may be missing."""
    return [name for name in KNOWN if _fits(name, output)]


def _codec(name: str, output: Format) -> Any:
    try:
        return Codec(name, "w")
    except UnknownCodecError as error:
        raise RenderError(f"this FFmpeg has no encoder {name!r}", _remedy(output)) from error


def _open(codec: Any, check: EncoderCheck) -> Iterable[str]:
    """Open the encoder, and return the options that it did not use."""
    context: Any = av.CodecContext.create(codec)
    options = encoder_options(check.settings)
    matrix = output_matrix(check.size, check.settings.encoder)
    configure(context, check.size, check.rate, matrix, check.settings)
    context.options = options
    logs: list[tuple[int, str, str]]
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as logs, keep_priority():
            context.open()
    except (FFmpegError, ValueError) as error:
        said = logs[-1][2].strip() if logs else str(getattr(error, "strerror", None) or error)
        raise RenderError(
            f"the encoder {codec.name!r} cannot be opened on this machine: {said}",
            "see that its device and driver are there and that encoder_options fit it,"
            f" or set video_encoder.{check.format} to {usable_encoders(check.format)[0]}",
        ) from error
    finally:
        av.logging.set_level(level)
    return frozenset(context.options) & frozenset(options)


def _fits(name: str, output: Format) -> bool:
    try:
        return Codec(name, "w").canonical_name in CODECS[output]
    except UnknownCodecError:
        return False


def _remedy(output: Format) -> str:
    return f"set video_encoder.{output} to one of {', '.join(usable_encoders(output))}"
