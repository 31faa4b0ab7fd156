"""Encode pictures and sound, each stream into a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from av import AudioFrame, VideoFrame
from av.error import FFmpegError
from av.video.frame import PictureType

from roomreel.errors import RenderError
from roomreel.media.colour import Matrix
from roomreel.media.downmix import Samples
from roomreel.media.encoder_options import VideoSettings, configure, encoder_options
from roomreel.media.output import ffmpeg_errors, new_output
from roomreel.model.geometry import Size
from roomreel.model.samples import RATE
from roomreel.model.template import Format
from roomreel.process.priority import keep_priority

AAC = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0", "aac_tns": "0"}
"""The default coder (twoloop) takes three times the CPU of the fast one, and nine voices that speak
come out further from what they were at the same size (28.9 and 34.8 dB in 650 kB for 40 s). The
tools for low bit rates (intensity, noise substitution, temporal shaping) take a third of what is
left, and change nothing of that (35.0 dB)."""

SOUND: Mapping[Format, tuple[str, str, int, Mapping[str, str]]] = {
    Format.MP4: ("aac", "fltp", 128_000, AAC),
    Format.WEBM: ("libopus", "flt", 96_000, {}),
}
"""Encoder, sample format, bit/s and options: transparent for speech in stereo."""


class Encoder:
    """One encoded stream in a file of its own; leaving the block finishes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container = new_output(path)
        self._stream: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._encode(None)
        finally:
            with suppress(FFmpegError) if kind else ffmpeg_errors(f"writing {self.path.name}"):
                self._container.close()

    def _encode(self, frame: Any) -> None:
        opened = self._stream.codec_context.is_open
        with (
            ffmpeg_errors(f"encoding {self.path.name}"),
            nullcontext() if opened else keep_priority(),
        ):
            self._container.mux(self._stream.encode(frame))


class VideoEncoder(Encoder):
    """Encodes yuv420p pictures at a constant frame rate, timestamps counted from 0."""

    def __init__(
        self, path: Path, size: Size, rate: Fraction, matrix: Matrix, settings: VideoSettings
    ) -> None:
        super().__init__(path)
        try:
            stream: Any = self._container.add_stream(
                settings.encoder, rate=rate, options=encoder_options(settings)
            )
        except (FFmpegError, ValueError) as error:
            self._container.close()
            raise RenderError(
                f"this FFmpeg has no video encoder {settings.encoder!r}",
                "fix video_encoder in the settings",
            ) from error
        stream.time_base = 1 / rate
        configure(stream.codec_context, size, rate, matrix, settings)
        self._stream = stream
        self._time_base = 1 / rate
        self._count = 0

    def write(self, frame: VideoFrame, *, key: bool = False) -> None:
        """Encode the next picture, as a key frame where asked."""
        frame.pts, frame.time_base = self._count, self._time_base
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._count += 1
        self._encode(frame)


class SoundEncoder(Encoder):
    """Encodes stereo sound at 48 kHz."""

    def __init__(self, path: Path, output: Format) -> None:
        super().__init__(path)
        name, self._sample_format, bit_rate, options = SOUND[output]
        self._stream = self._container.add_stream(name, rate=RATE, options=dict(options))
        self._stream.codec_context.layout = "stereo"
        self._stream.codec_context.format = self._sample_format
        self._stream.codec_context.bit_rate = bit_rate
        self._count = 0

    def write(self, samples: Samples) -> None:
        """Encode float32 samples of shape (2, n)."""
        data = np.ascontiguousarray(samples, dtype=np.float32)
        if self._sample_format == "flt":
            data = np.ascontiguousarray(data.T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(data, self._sample_format, "stereo")
        frame.sample_rate = RATE
        frame.pts, frame.time_base = self._count, Fraction(1, RATE)
        self._count += samples.shape[1]
        self._encode(frame)
