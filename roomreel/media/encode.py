"""Encode pictures and sound, and put both into the file people get."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.error import FFmpegError
from av.video.frame import PictureType

from roomreel.errors import RenderError, StorageFailed
from roomreel.media.colour import LIMITED, Matrix
from roomreel.media.downmix import Samples
from roomreel.model.geometry import Size
from roomreel.model.plan import KEY_FRAME_S, Chapter, Plan
from roomreel.model.samples import RATE
from roomreel.model.template import Format
from roomreel.process.priority import kept_priority
from roomreel.storage.replace import claim_file

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

PART_SUFFIX: Mapping[Format, str] = {Format.MP4: "mp4", Format.WEBM: "mkv"}
"""Container of the parts: MP4 keeps what Matroska drops, the decoding timestamps of B-frames and
the exact ones of sound. In the end WebM has whole milliseconds anyway."""

MUXER_OPTIONS: Mapping[Format, Mapping[str, str]] = {
    Format.MP4: {"movflags": "+faststart"},
    Format.WEBM: {"cues_to_front": "1"},
}
"""The index stands at the front, so that a browser seeks before the file is there."""


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """How pictures are encoded.

    Attributes:
        options: for the encoder, on top of those of the quality.
        threads: of the encoder; 0 lets it choose.
    """

    encoder: str
    quality: str
    options: Mapping[str, str]
    threads: int


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
            with suppress(FFmpegError) if kind else translated(f"writing {self.path.name}"):
                self._container.close()

    def _encode(self, frame: Any) -> None:
        opened = self._stream.codec_context.is_open
        with translated(f"encoding {self.path.name}"), nullcontext() if opened else kept_priority():
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


def encoder_options(settings: VideoSettings) -> dict[str, str]:
    """What is asked of an encoder: for its kind, for the quality, and by the operator."""
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
    """The first of our pixel formats that an encoder takes; of one that does not tell, the first.

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


def mux(
    pictures: Sequence[Path], sound: Path | None, output: Path, tags: Mapping[str, str], plan: Plan
) -> None:
    """Copy the packets of parts (one stream each) into the final file, in order of time.

    Args:
        pictures: consecutive stretches of the plan's frames, each with timestamps from 0.
        tags: container metadata, text as it is.
        plan: tells format, frame rate, length and chapters.

    Raises:
        RenderError: a part cannot be read back, or does not continue the one before it.
        StorageFailed: no room, or no permission.
    """
    options = dict(MUXER_OPTIONS[plan.format])
    with translated(f"muxing {output.name}"), ExitStack() as stack:
        container = new_output(output, format=str(plan.format), options=options)
        stack.enter_context(container)
        container.metadata.update(tags)
        container.set_chapters(_chapters(plan.chapters, plan.duration))
        feeds = []
        for parts in filter(None, (pictures, [sound] if sound else ())):
            with av.open(str(parts[0])) as first:
                stream = container.add_stream_from_template(first.streams[0])
            feeds.append(_packets(parts, stream, plan.frame_rate))
        for packet in heapq.merge(*feeds, key=lambda packet: packet.dts * packet.time_base):
            container.mux_one(packet)


def _packets(parts: Sequence[Path], target: Any, rate: Fraction) -> Iterator[Any]:
    """The packets of consecutive parts, bound to a stream of the container."""
    extradata = target.codec_context.extradata
    first_frame = 0
    for part in parts:
        with av.open(str(part)) as source:
            if source.streams[0].codec_context.extradata != extradata:
                raise RenderError(f"{part.parent.name} was encoded otherwise than the first part")
            count = 0
            for packet in source.demux(0):
                if packet.dts is None:
                    continue
                count += 1
                packet.stream = target
                if len(parts) > 1:
                    _onto_grid(packet, first_frame, rate)
                yield packet
        first_frame += count


def _onto_grid(packet: Any, first_frame: int, rate: Fraction) -> None:
    """Count a packet's timestamps in frames, exactly, from the first frame of its part."""
    pts, dts = (round(ticks * packet.time_base * rate) for ticks in (packet.pts, packet.dts))
    packet.time_base = 1 / rate
    packet.pts, packet.dts, packet.duration = pts + first_frame, dts + first_frame, 1


def _chapters(chapters: Sequence[Chapter], duration: Fraction) -> list[Any]:
    ends = [chapter.start for chapter in chapters[1:]] + [duration]
    return [
        {
            "id": number,
            "start": round(chapter.start * 1000),
            "end": round(end * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.title},
        }
        for number, (chapter, end) in enumerate(zip(chapters, ends, strict=True), 1)
    ]


def new_output(path: Path, **more: Any) -> Any:
    """Return a container to write, of a file that is ours to write.

    FFmpeg opens a file late, and what it then cannot do ends some processes.

    Args:
        more: for PyAV's `open`.

    Raises:
        StorageFailed: the file cannot be written.
    """
    claim_file(path)
    with translated(f"writing {path.name}"):
        return av.open(f"file:{path}", "w", **more)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what FFmpeg raises while writing into errors with a code."""
    try:
        yield
    except OSError as error:  # before FFmpegError: PyAV's errors about files are both
        raise StorageFailed(f"{doing}: {error.strerror}", "make room or grant access") from error
    except FFmpegError as error:
        raise RenderError(f"{doing}: {error.strerror}") from error
