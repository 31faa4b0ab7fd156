"""Encoded media held as packets, to be cut up and then written as a call recorder would.

Equal pictures and sound give equal bytes, with one version of PyAV on one kind of processor.
"""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from roomreel.process.priority import keep_priority
from roomreel.samples.matroska import CodedPacket, Header, document

Pixels = NDArray[np.uint8]
"""A picture: height x width x 3, RGB."""

Samples = NDArray[np.float32]
"""Sound: channels x samples, full scale is 1."""

PACKETS_PER_S = 50
"""WebRTC and telephony send 20 ms of sound in a packet."""


WAVE_FORMAT_MULAW = 7
"""Microsoft's number for 8-bit mu-law, which telephony calls PCMU."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """FFmpeg's encoder of a codec, and Matroska's name of the result.

    Attributes:
        rate: samples a second; 0 for pictures.
    """

    name: str
    codec_id: str
    options: dict[str, str]
    rate: int = 0


ENCODERS: dict[str, Encoder] = {
    # Live encoders send a packet a picture, at once. A negative cpu-used is a fixed speed; a
    # positive one follows the load of the machine, and with it the bytes.
    "vp8": Encoder(
        "libvpx",
        "V_VP8",
        # A static threshold lets the encoder pass over what does not move, as browsers do.
        {"deadline": "realtime", "cpu-used": "-8", "static-thresh": "200", "crf": "10", "b": "1M"},
    ),
    "vp9": Encoder(
        "libvpx-vp9", "V_VP9", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
    ),
    "h264": Encoder(
        "libx264", "V_MPEG4/ISO/AVC", {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}
    ),
    "av1": Encoder(
        "libsvtav1", "V_AV1", {"preset": "10", "crf": "35", "svtav1-params": "pred-struct=1:lp=1"}
    ),
    "opus": Encoder("libopus", "A_OPUS", {"application": "voip", "frame_duration": "20"}, 48_000),
    "pcmu": Encoder("pcm_mulaw", "A_MS/ACM", {}, 8_000),
    "aac": Encoder("aac", "A_AAC", {}, 48_000),
}


@dataclass(frozen=True, slots=True)
class Take:
    """Encoded media of one track: what its file says of it, and the packets in order."""

    header: Header
    pieces: tuple[CodedPacket, ...]

    def shifted(self, by: Fraction) -> Take:
        """Return the same packets, `by` seconds later."""
        return replace(self, pieces=tuple(replace(p, at=p.at + by) for p in self.pieces))

    def where(self, keep: Callable[[CodedPacket], bool]) -> Take:
        """Return only the packets that `keep` is true of."""
        return replace(self, pieces=tuple(p for p in self.pieces if keep(p)))

    def without(self, start: Fraction, end: Fraction) -> Take:
        """Return the packets without those of [start, end) seconds, which are lost."""
        return self.where(lambda piece: not start <= piece.at < end)

    def then(self, other: Take) -> Take:
        """Return these packets and then the other's, which keep their times, under this header."""
        return replace(self, pieces=self.pieces + other.pieces)

    def write(self, path: Path) -> Path:
        """Write a live recording: WebM where the name ends so, Matroska otherwise."""
        doc_type = "webm" if path.suffix == ".webm" else "matroska"
        path.write_bytes(document(self.header, self.pieces, doc_type))
        return path


def encode_video(
    pictures: Iterable[tuple[Fraction, Pixels]],
    codec: str = "vp8",
    *,
    rate: int = 30,
    gop: int = 300,
    sample_aspect: Fraction = Fraction(1),
    rotation: int = 0,
) -> Take:
    """Encode pictures of one size, a packet each.

    Args:
        pictures: each with its time in seconds; times rise, but need not be regular.
        codec: a key of `ENCODERS`.
        rate: about how many a second; it steers the bit rate and nothing else.
        gop: most pictures from one key frame to the next.
        sample_aspect: width of a pixel over its height.
        rotation: degrees counter-clockwise that a player turns the picture by.
    """
    encoder = ENCODERS[codec]
    pictures = iter(pictures)
    first = next(pictures)
    height, width, _ = first[1].shape
    times: list[Fraction] = []
    memory = io.BytesIO()
    with keep_priority(), av.open(memory, "w", format="matroska") as container:
        stream: Any = container.add_stream(encoder.name, rate=rate, options=encoder.options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # One thread: the bytes must not depend on the number of cores.
        stream.codec_context.gop_size, stream.codec_context.thread_count = gop, 1
        for at, pixels in itertools.chain([first], pictures):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = len(times), Fraction(1, rate)
            times.append(at)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    private, packets = _packets(memory)
    return Take(
        Header(encoder.codec_id, private, width, height, sample_aspect, rotation),
        tuple(CodedPacket(at, data, key) for at, (data, key) in zip(times, packets, strict=True)),
    )


def encode_picture(pixels: Pixels) -> bytes:
    """Return a picture as a PNG."""
    encoder = av.CodecContext.create("png", "w")
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt, encoder.time_base = "rgb24", Fraction(1)
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def encode_audio(samples: Samples, codec: str = "opus", *, start: Fraction = Fraction(0)) -> Take:
    """Encode sound in packets of 20 ms (AAC: 1024 samples).

    The last packet ends no later than the samples do, as a recorder that is stopped would leave
    it: sound may be cut off there by up to a packet.

    Args:
        samples: one channel or two, at `ENCODERS[codec].rate`.
        codec: a key of `ENCODERS`.
        start: time of the first sample in seconds; the first packet is earlier by the delay.
    """
    encoder = ENCODERS[codec]
    channels, count = samples.shape
    layout = "mono" if channels == 1 else "stereo"
    context: Any = av.CodecContext.create(encoder.name, "w")
    context.rate, context.layout, context.options = encoder.rate, layout, encoder.options
    context.format = context.codec.audio_formats[0]
    context.open()
    step = context.frame_size or encoder.rate // PACKETS_PER_S
    resampler = av.AudioResampler(context.format, layout, encoder.rate, frame_size=step)
    sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", layout)
    sound.sample_rate, sound.pts, sound.time_base = encoder.rate, 0, Fraction(1, encoder.rate)
    frames = [*resampler.resample(sound), *resampler.resample(None)]
    packets = [packet for frame in (*frames, None) for packet in context.encode(frame)]
    tick = Fraction(1, encoder.rate)
    return Take(
        Header(
            encoder.codec_id,
            private=context.extradata or _acm_private(encoder.rate, channels),
            rate=encoder.rate,
            channels=channels,
            delay=-packets[0].pts * tick,
        ),
        tuple(
            CodedPacket(start + packet.pts * tick, bytes(packet))
            for packet in packets
            if packet.pts + step <= count
        ),
    )


def _acm_private(rate: int, channels: int) -> bytes:
    """Return the WAVEFORMATEX that Matroska's A_MS/ACM wants, for 8-bit mu-law."""
    return struct.pack(
        "<HHIIHHH", WAVE_FORMAT_MULAW, channels, rate, rate * channels, channels, 8, 0
    )


def _packets(memory: io.BytesIO) -> tuple[bytes, list[tuple[bytes, bool]]]:
    """Return codec private data and packets as Matroska has them (H.264: with lengths)."""
    memory.seek(0)
    with av.open(memory, "r") as container:
        stream = container.streams[0]
        packets = [(bytes(p), p.is_keyframe) for p in container.demux(stream) if p.size]
        return bytes(stream.codec_context.extradata or b""), packets
