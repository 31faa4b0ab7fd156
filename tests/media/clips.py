"""Small media files named for their content, such as `red-320x240-vp8-2s.webm`.

Every clip is written as a call recorder writes it: no Cues, no duration. All times are in seconds.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from recorder import ENCODERS, Pixels, Samples, Take, encode_audio, encode_video

Seconds = int | float | Fraction
Size = tuple[int, int]

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "orange": (255, 128, 0),
    "purple": (128, 0, 255),
}

SUFFIXES = {"vp8": "webm", "vp9": "webm", "av1": "webm", "h264": "mkv"}

FLASH_S = Fraction(1, 10)
"""How long a flash is white and a beep sounds: three pictures at 30 a second."""

COUNTER_BITS = 12
"""A counted clip shows its picture's number as so many upright bars, black 0 and white 1."""


class Clips:
    """Makes clips in one folder; equal calls give the same file.

    In every method `size` is width and height in pixels, `fps` pictures a second, and `start` the
    container time of the first picture or sample.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._takes: dict[Path, Take] = {}

    def video(
        self,
        colour: str | Sequence[str] = "red",
        size: Size = (320, 240),
        codec: str = "vp8",
        seconds: Seconds = 2,
        *,
        fps: int = 30,
        start: Seconds = 0,
        gop: int = 300,
        rotation: int = 0,
        sample_aspect: Fraction = Fraction(1),
    ) -> Path:
        """Plain pictures; of several colours, each fills a second, round and round.

        Args:
            colour: of `COLOURS`.
            codec: vp8, vp9, h264 or av1.
            gop: most pictures from one key frame to the next.
            rotation: degrees counter-clockwise that a player turns the picture by.
            sample_aspect: width of a pixel over its height.
        """
        colours = [colour] if isinstance(colour, str) else list(colour)
        name = _named(*colours, _by(size), codec, f"{_text(seconds)}s")
        name += _unusual(fps=(fps, 30), start=(start, 0), gop=(gop, 300))
        name += _unusual(turned=(rotation, 0), sar=(sample_aspect, 1))

        def make() -> Take:
            pictures = _timed(
                lambda at: _plain(colours[int(at) % len(colours)], size), seconds, fps
            )
            take = encode_video(
                pictures, codec, rate=fps, gop=gop, sample_aspect=sample_aspect, rotation=rotation
            )
            return take.shifted(_exact(start))

        return self._file(f"{name}.{SUFFIXES[codec]}", make)

    def resized(
        self,
        sizes: Sequence[Size] = ((320, 240), (160, 120), (480, 360)),
        colour: str = "red",
        codec: str = "vp8",
        each: Seconds = 1,
        *,
        fps: int = 30,
    ) -> Path:
        """A picture that changes its size every `each` seconds, with a key frame there.

        The container tells the first size only. Not for h264: its sizes lie in the container.
        """
        name = _named(colour, *map(_by, sizes), codec, f"{_text(each)}s-each")
        name += _unusual(fps=(fps, 30))

        def part(size: Size) -> Take:
            pictures = _timed(lambda _: _plain(colour, size), each, fps)
            return encode_video(pictures, codec, rate=fps)

        def make() -> Take:
            whole = part(sizes[0])
            for number, size in enumerate(sizes[1:], start=1):
                whole = whole.then(part(size).shifted(number * _exact(each)))
            return whole

        return self._file(f"{name}.{SUFFIXES[codec]}", make)

    def counted(
        self,
        size: Size = (384, 240),
        codec: str = "vp8",
        seconds: Seconds = 2,
        *,
        fps: int = 30,
        start: Seconds = 0,
        gop: int = 300,
    ) -> Path:
        """Pictures that show their own number, from 0 up; `counter` reads it back."""
        name = _named("counted", _by(size), codec, f"{_text(seconds)}s")
        name += _unusual(fps=(fps, 30), start=(start, 0), gop=(gop, 300))

        def make() -> Take:
            pictures = _timed(lambda at: _bars(int(at * fps), size), seconds, fps)
            return encode_video(pictures, codec, rate=fps, gop=gop).shifted(_exact(start))

        return self._file(f"{name}.{SUFFIXES[codec]}", make)

    def tone(
        self,
        hz: int = 440,
        codec: str = "opus",
        seconds: Seconds = 2,
        *,
        stereo: bool = False,
        level_db: float = -12,
        start: Seconds = 0,
    ) -> Path:
        """A steady sine; in stereo the right channel sounds an octave above the left.

        The sound is up to a packet (21 ms) shorter than asked for, never longer.

        Args:
            codec: opus, pcmu or aac.
            level_db: peak, in dB of full scale.
        """
        pitches = [hz, 2 * hz] if stereo else [hz]
        name = _named("tone", *(f"{pitch}hz" for pitch in pitches), codec, f"{_text(seconds)}s")
        name += _unusual(level=(level_db, -12), start=(start, 0))

        def make() -> Take:
            waves = [_sine(pitch, seconds, ENCODERS[codec].rate) for pitch in pitches]
            samples = np.stack(waves) * np.float32(10 ** (level_db / 20))
            return encode_audio(samples, codec, start=_exact(start))

        return self._file(f"{name}.mka", make)

    def flash_and_beep(
        self, seconds: int = 4, *, size: Size = (320, 240), fps: int = 30, start: Seconds = 0
    ) -> tuple[Path, Path]:
        """A video that flashes white, and a sound that beeps 1 kHz, each second from `start` on.

        A flash and a beep last `FLASH_S`; between them it is black, and silent.
        """
        extras = _named("", f"{seconds}s") + _unusual(fps=(fps, 30), start=(start, 0))

        def flashes() -> Take:
            pictures = _timed(
                lambda at: _plain("white" if at % 1 < FLASH_S else "black", size), seconds, fps
            )
            return encode_video(pictures, rate=fps).shifted(_exact(start))

        def beeps() -> Take:
            rate = ENCODERS["opus"].rate
            on = np.arange(seconds * rate) % rate < int(FLASH_S * rate)
            sound = (_sine(1000, seconds, rate) * on * 0.5).astype(np.float32)
            return encode_audio(sound[np.newaxis], start=_exact(start))

        return (
            self._file(f"flash-{_by(size)}-vp8{extras}.webm", flashes),
            self._file(f"beep-opus{extras}.mka", beeps),
        )

    def shifted(self, clip: Path, by: Seconds) -> Path:
        """The clip with every timestamp `by` seconds later."""
        return self._changed(clip, f"later-{_text(by)}", lambda take: take.shifted(_exact(by)))

    def gapped(self, clip: Path, start: Seconds, end: Seconds) -> Path:
        """The clip without the packets of container time [start, end)."""
        name = f"gap-{_text(start)}-{_text(end)}"
        return self._changed(clip, name, lambda take: take.without(_exact(start), _exact(end)))

    def without_first_key(self, clip: Path) -> Path:
        """The clip without its first packet; a small `gop` gives it a later key frame."""
        return self._changed(
            clip, "no-first-key", lambda take: replace(take, pieces=take.pieces[1:])
        )

    def swapped(self, clip: Path, first: int, second: int) -> Path:
        """The clip with the timestamps of two packets (by number) exchanged: time runs back."""

        def change(take: Take) -> Take:
            pieces = list(take.pieces)
            one, other = pieces[first], pieces[second]
            pieces[first], pieces[second] = replace(one, at=other.at), replace(other, at=one.at)
            return replace(take, pieces=tuple(pieces))

        return self._changed(clip, f"swap-{first}-{second}", change)

    def restamped(self, clip: Path, name: str, time: Callable[[int, Fraction], Seconds]) -> Path:
        """The clip with the time that a function gives a packet by its number and its true time.

        Args:
            clip: whose packets keep their order in the file.
            name: says what `time` does, for the file's name.
            time: of packets counted from 0.
        """

        def change(take: Take) -> Take:
            pieces = enumerate(take.pieces)
            stamped = (replace(piece, at=_exact(time(n, piece.at))) for n, piece in pieces)
            return replace(take, pieces=tuple(stamped))

        return self._changed(clip, name, change)

    def only(self, clip: Path, *numbers: int) -> Path:
        """The clip with these packets alone, counted from 0; with none, a header without data."""
        name = "only-" + "-".join(map(str, numbers or ("header",)))
        return self._changed(
            clip, name, lambda take: replace(take, pieces=tuple(take.pieces[n] for n in numbers))
        )

    def joined(self, *clips: Path) -> Path:
        """The packets of all clips at their own times, under the header of the first."""
        first, *others = clips

        def make() -> Take:
            whole = self._takes[first]
            for clip in others:
                whole = whole.then(self._takes[clip])
            return whole

        return self._file("_then_".join(clip.stem for clip in clips) + first.suffix, make)

    def headed(self, clip: Path, size: Size) -> Path:
        """The clip with another picture size in its header; its packets keep the true one."""
        return self._changed(
            clip,
            f"says-{_by(size)}",
            lambda take: replace(take, header=replace(take.header, width=size[0], height=size[1])),
        )

    def lasting(self, clip: Path, seconds: Seconds) -> Path:
        """The clip with a duration in its header, true or not."""
        path = clip.with_name(f"{clip.stem}.lasting-{_text(seconds)}{clip.suffix}")
        data = clip.read_bytes()
        info = data.index(bytes.fromhex("1549A966")) + 4
        size = struct.unpack_from(">Q", data, info)[0]
        duration = bytes.fromhex("448988") + struct.pack(">d", float(seconds) * 1000)
        head = data[:info] + struct.pack(">Q", size + len(duration))
        path.write_bytes(head + duration + data[info + 8 :])
        return path

    def wave(
        self,
        seconds: Seconds = 2,
        *,
        hz: int = 440,
        level_db: float = -12,
        claims: int | None = None,
    ) -> Path:
        """A 16-bit mono WAV of a sine; its header may claim another number of bytes."""
        rate = ENCODERS["opus"].rate
        sound = (_sine(hz, seconds, rate) * 10 ** (level_db / 20) * 32_767).astype("<i2").tobytes()
        size = len(sound) if claims is None else claims
        path = self._folder / f"tone-{hz}hz-wave-{_text(seconds)}s-claims-{size}.wav"
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
        head = struct.pack("<4sI4s", b"RIFF", min(size + 36, 2**32 - 1), b"WAVE") + form
        path.write_bytes(head + struct.pack("<4sI", b"data", size) + sound)
        return path

    def together(self, video: Path, audio: Path) -> Path:
        """One Matroska file with the tracks of both."""
        path = self._folder / f"{video.stem}_and_{audio.stem}.mkv"
        with av.open(str(path), "w") as both, ExitStack() as inputs:
            feeds = []
            for clip in (video, audio):
                source = inputs.enter_context(av.open(str(clip)))
                feeds.append((source, both.add_stream_from_template(source.streams[0])))
            for source, stream in feeds:
                for packet in source.demux():
                    if packet.size:
                        packet.stream = stream
                        both.mux(packet)
        return path

    def corrupted(
        self, clip: Path, start: Seconds = 0, end: Seconds = 1_000_000, *, clear: int = 0
    ) -> Path:
        """The clip with noise for the bytes of each packet in [start, end); it still parses.

        Args:
            clear: bytes at the front of each packet that stay as they are.
        """

        def change(take: Take) -> Take:
            noise = random.Random(0)
            pieces = tuple(
                replace(
                    piece,
                    data=piece.data[:clear] + noise.randbytes(max(len(piece.data) - clear, 0)),
                )
                if _exact(start) <= piece.at < _exact(end)
                else piece
                for piece in take.pieces
            )
            return replace(take, pieces=pieces)

        name = f"noise-{_text(start)}-{_text(end)}" + _unusual(clear=(clear, 0))
        return self._changed(clip, name, change)

    def truncated(self, clip: Path, keep: float = 0.6) -> Path:
        """The first `keep` of 1 of the file's bytes: it ends in the middle of a packet."""
        path = clip.with_name(f"{clip.stem}.first-{keep:g}{clip.suffix}")
        data = clip.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])
        return path

    def empty(self, suffix: str = ".mkv") -> Path:
        """A file of no bytes."""
        path = self._folder / f"empty{suffix}"
        path.touch()
        return path

    def _changed(self, clip: Path, name: str, change: Callable[[Take], Take]) -> Path:
        return self._file(f"{clip.stem}.{name}{clip.suffix}", lambda: change(self._takes[clip]))

    def _file(self, name: str, make: Callable[[], Take]) -> Path:
        path = self._folder / name
        if path not in self._takes:
            self._takes[path] = make()
            self._takes[path].write(path)
        return path


def counter(pixels: Pixels) -> int:
    """The number a picture of a `counted` clip shows, at whatever size it is shown.

    Args:
        pixels: the clip's whole picture and nothing else; grey or RGB.
    """
    height, width = pixels.shape[:2]
    places = (np.arange(COUNTER_BITS) * 2 + 1) * width // (COUNTER_BITS * 2)
    bits = pixels[height // 2, places].reshape(COUNTER_BITS, -1).mean(axis=1) > 128
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _bars(number: int, size: Size) -> Pixels:
    width, height = size
    bits = np.array([number >> bit & 1 for bit in reversed(range(COUNTER_BITS))], np.uint8)
    row = bits[np.arange(width) * COUNTER_BITS // width] * np.uint8(255)
    return np.tile(row[np.newaxis, :, np.newaxis], (height, 1, 3))


def _plain(colour: str, size: Size) -> Pixels:
    return np.full((size[1], size[0], 3), COLOURS[colour], np.uint8)


def _timed(
    picture: Callable[[Fraction], Pixels], seconds: Seconds, fps: int
) -> Iterator[tuple[Fraction, Pixels]]:
    for number in range(round(_exact(seconds) * fps)):
        at = Fraction(number, fps)
        yield at, picture(at)


def _sine(hz: int, seconds: Seconds, rate: int) -> Samples:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def _exact(value: Seconds) -> Fraction:
    """0.1 as one tenth, not as the float next to it."""
    return Fraction(str(value))


def _by(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _text(value: Seconds) -> str:
    return f"{float(value):g}"


def _named(*words: str) -> str:
    return "-".join(words)


def _unusual(**values: tuple[object, object]) -> str:
    """Parameters that are not at their default, for a file name that tells clips apart."""
    return "".join(
        f"-{name}{value}".replace("/", "to")
        for name, (value, default) in values.items()
        if value != default
    )
