"""Small media files named for their content, such as `red-320x240-vp8-2s.webm`.

Every clip is written as a call recorder writes it: no Cues, no duration. All times are in seconds.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from clip_content import COLOURS, bars, counter, footage, noise, plain, sine, timed
from clip_names import Seconds, Size, by, exact, named, text, unusual
from clip_surgery import Surgery

from roomreel.samples.recorder import ENCODERS, Take, encode_audio, encode_video

__all__ = ["COLOURS", "Clips", "counter"]

SUFFIXES = {"vp8": "webm", "vp9": "webm", "av1": "webm", "h264": "mkv"}

FLASH_S = Fraction(1, 10)
"""How long a flash is white and a beep sounds: three pictures at 30 a second."""


class Clips(Surgery):
    """Makes clips in one folder; equal calls give the same file.

    In every method `size` is width and height in pixels, `fps` pictures a second, and `start` the
    container time of the first picture or sample.
    """

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
        name = named(*colours, by(size), codec, f"{text(seconds)}s")
        name += unusual(fps=(fps, 30), start=(start, 0), gop=(gop, 300))
        name += unusual(turned=(rotation, 0), sar=(sample_aspect, 1))

        def make() -> Take:
            pictures = timed(lambda at: plain(colours[int(at) % len(colours)], size), seconds, fps)
            take = encode_video(
                pictures, codec, rate=fps, gop=gop, sample_aspect=sample_aspect, rotation=rotation
            )
            return take.shifted(exact(start))

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
        name = named(colour, *map(by, sizes), codec, f"{text(each)}s-each")
        name += unusual(fps=(fps, 30))

        def part(size: Size) -> Take:
            pictures = timed(lambda _: plain(colour, size), each, fps)
            return encode_video(pictures, codec, rate=fps)

        def make() -> Take:
            whole = part(sizes[0])
            for number, size in enumerate(sizes[1:], start=1):
                whole = whole.then(part(size).shifted(number * exact(each)))
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
        name = named("counted", by(size), codec, f"{text(seconds)}s")
        name += unusual(fps=(fps, 30), start=(start, 0), gop=(gop, 300))

        def make() -> Take:
            pictures = timed(lambda at: bars(int(at * fps), size), seconds, fps)
            return encode_video(pictures, codec, rate=fps, gop=gop).shifted(exact(start))

        return self._file(f"{name}.{SUFFIXES[codec]}", make)

    def footage(
        self,
        seed: int = 0,
        size: Size = (320, 240),
        codec: str = "vp8",
        seconds: Seconds = 2,
        *,
        fps: int = 10,
        gop: int = 300,
        rotation: int = 0,
        noisy: bool = False,
    ) -> Path:
        """Pictures like a camera's, another room for another seed; or nothing but noise."""
        name = named(
            "noise" if noisy else "footage", str(seed), by(size), codec, f"{text(seconds)}s"
        )
        name += unusual(fps=(fps, 10), gop=(gop, 300), turned=(rotation, 0))
        draw = noise if noisy else footage

        def make() -> Take:
            pictures = timed(lambda at: draw(seed, int(at * fps), size), seconds, fps)
            return encode_video(pictures, codec, rate=fps, gop=gop, rotation=rotation)

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
        name = named("tone", *(f"{pitch}hz" for pitch in pitches), codec, f"{text(seconds)}s")
        name += unusual(level=(level_db, -12), start=(start, 0))

        def make() -> Take:
            waves = [sine(pitch, seconds, ENCODERS[codec].rate) for pitch in pitches]
            samples = np.stack(waves) * np.float32(10 ** (level_db / 20))
            return encode_audio(samples, codec, start=exact(start))

        return self._file(f"{name}.mka", make)

    def flash_and_beep(
        self, seconds: int = 4, *, size: Size = (320, 240), fps: int = 30, start: Seconds = 0
    ) -> tuple[Path, Path]:
        """A video that flashes white, and a sound that beeps 1 kHz, each second from `start` on.

        A flash and a beep last `FLASH_S`; between them it is black, and silent.
        """
        extras = named("", f"{seconds}s") + unusual(fps=(fps, 30), start=(start, 0))

        def flashes() -> Take:
            pictures = timed(
                lambda at: plain("white" if at % 1 < FLASH_S else "black", size), seconds, fps
            )
            return encode_video(pictures, rate=fps).shifted(exact(start))

        def beeps() -> Take:
            rate = ENCODERS["opus"].rate
            on = np.arange(seconds * rate) % rate < int(FLASH_S * rate)
            sound = (sine(1000, seconds, rate) * on * 0.5).astype(np.float32)
            return encode_audio(sound[np.newaxis], start=exact(start))

        return (
            self._file(f"flash-{by(size)}-vp8{extras}.webm", flashes),
            self._file(f"beep-opus{extras}.mka", beeps),
        )

    def wave(
        self,
        seconds: Seconds = 2,
        *,
        hz: int = 440,
        level_db: float = -12,
        claims: int | None = None,
        claimed_rate: int = 0,
    ) -> Path:
        """A 16-bit mono WAV of a sine; its header may claim other bytes, or samples a second."""
        rate = ENCODERS["opus"].rate
        sound = (sine(hz, seconds, rate) * 10 ** (level_db / 20) * 32_767).astype("<i2").tobytes()
        size = len(sound) if claims is None else claims
        claimed = claimed_rate or rate
        path = self._folder / f"tone-{hz}hz-wave-{text(seconds)}s-claims-{size}-{claimed}hz.wav"
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, claimed, claimed * 2, 2, 16)
        head = struct.pack("<4sI4s", b"RIFF", min(size + 36, 2**32 - 1), b"WAVE") + form
        path.write_bytes(head + struct.pack("<4sI", b"data", size) + sound)
        return path

    def empty(self, suffix: str = ".mkv") -> Path:
        """A file of no bytes."""
        path = self._folder / f"empty{suffix}"
        path.touch()
        return path
