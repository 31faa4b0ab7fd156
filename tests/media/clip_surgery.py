"""Clips cut up as recorders, networks and clocks do it."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from clip_names import Seconds, Size, by, exact, text, unusual

from roomreel.samples.recorder import Take


class Surgery:
    """Clips in one folder, and what becomes of their packets and bytes; equal calls, one file.

    Times are container times in seconds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._takes: dict[Path, Take] = {}

    def shifted(self, clip: Path, by: Seconds) -> Path:
        """The clip with every timestamp `by` seconds later."""
        return self._changed(clip, f"later-{text(by)}", lambda take: take.shifted(exact(by)))

    def gapped(self, clip: Path, start: Seconds, end: Seconds) -> Path:
        """The clip without the packets of container time [start, end)."""
        name = f"gap-{text(start)}-{text(end)}"
        return self._changed(clip, name, lambda take: take.without(exact(start), exact(end)))

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
            stamped = (replace(piece, at=exact(time(n, piece.at))) for n, piece in pieces)
            return replace(take, pieces=tuple(stamped))

        return self._changed(clip, name, change)

    def looped(self, clip: Path, times: int, ppm: int = 0) -> Path:
        """The packets of a clip of sound again and again, 20 ms each by a clock that is off.

        Args:
            clip: whose first packet is the first.
            times: how often all of it is heard.
            ppm: parts per million by which timestamps run ahead of the sound.
        """
        step = Fraction(1, 50) * (1 + Fraction(ppm, 1_000_000))

        def change(take: Take) -> Take:
            pieces = take.pieces * times
            stamped = (replace(piece, at=n * step) for n, piece in enumerate(pieces))
            return replace(take, pieces=tuple(stamped))

        return self._changed(clip, f"{times}-times-{ppm}-ppm", change)

    def only(self, clip: Path, *numbers: int) -> Path:
        """The clip with these packets alone, counted from 0; with none, a header without data."""
        name = "only-" + "-".join(map(str, numbers or ("header",)))
        return self._changed(
            clip, name, lambda take: replace(take, pieces=tuple(take.pieces[n] for n in numbers))
        )

    def in_one_packet(self, clip: Path) -> Path:
        """The clip with the bytes of all packets in its first one; for codecs without frames."""

        def change(take: Take) -> Take:
            first, data = take.pieces[0], b"".join(piece.data for piece in take.pieces)
            return replace(take, pieces=(replace(first, data=data),))

        return self._changed(clip, "in-one-packet", change)

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
            f"says-{by(size)}",
            lambda take: replace(take, header=replace(take.header, width=size[0], height=size[1])),
        )

    def lasting(self, clip: Path, seconds: Seconds) -> Path:
        """The clip with a duration in its header, true or not."""
        path = clip.with_name(f"{clip.stem}.lasting-{text(seconds)}{clip.suffix}")
        data = clip.read_bytes()
        info = data.index(bytes.fromhex("1549A966")) + 4
        size = struct.unpack_from(">Q", data, info)[0]
        duration = bytes.fromhex("448988") + struct.pack(">d", float(seconds) * 1000)
        head = data[:info] + struct.pack(">Q", size + len(duration))
        path.write_bytes(head + duration + data[info + 8 :])
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
                if exact(start) <= piece.at < exact(end)
                else piece
                for piece in take.pieces
            )
            return replace(take, pieces=pieces)

        name = f"noise-{text(start)}-{text(end)}" + unusual(clear=(clear, 0))
        return self._changed(clip, name, change)

    def truncated(self, clip: Path, keep: float = 0.6) -> Path:
        """The first `keep` of 1 of the file's bytes: it ends in the middle of a packet."""
        path = clip.with_name(f"{clip.stem}.first-{keep:g}{clip.suffix}")
        data = clip.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])
        return path

    def _changed(self, clip: Path, name: str, change: Callable[[Take], Take]) -> Path:
        return self._file(f"{clip.stem}.{name}{clip.suffix}", lambda: change(self._takes[clip]))

    def _file(self, name: str, make: Callable[[], Take]) -> Path:
        path = self._folder / name
        if path not in self._takes:
            self._takes[path] = make()
            self._takes[path].write(path)
        return path
