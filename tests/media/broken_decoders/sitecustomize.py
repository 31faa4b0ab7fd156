"""Decoders that really crash, stall or bloat: Python imports this at start from PYTHONPATH.

`BROKEN_DECODERS` has pairs such as `RT0123=crash,RT4567=hang`: reading a medium whose path has the
first word does the second; `RT0123=crash@copy` only where it is copied.
"""

import ctypes
import os
import time

PAIRS = dict(pair.split("=") for pair in os.environ.get("BROKEN_DECODERS", "").split(",") if pair)


def crash() -> None:
    ctypes.string_at(0)


def hang() -> None:
    ctypes.PyDLL(None).pause()  # in C, with the interpreter's lock held


def bloat() -> None:
    held = []
    while True:
        held.append(b"x" * 10_000_000)
        time.sleep(0.001)


def speak() -> None:
    # As a codec does that reads a presigned URL, a line a packet, without end.
    for number in range(20_000):
        url = "https://me:word@store/a?X-Amz-Signature=5ec7e7"
        line = f"[vp8] packet {number} of {url} is \x1b broken\n"
        os.write(2, line.encode())
    crash()


def surprise() -> None:
    raise TypeError("nobody foresaw this")


def spoil() -> None:
    raise ValueError("a packet is damaged")


WEIGHTS = []


def weigh() -> None:
    WEIGHTS.append(b"x" * 250_000_000)
    time.sleep(1)  # longer than it takes until somebody looks


FAULTS = {f.__name__: f for f in (speak, crash, hang, bloat, surprise, spoil, weigh)}

if PAIRS:

    class Broken:
        """A container that opens like any other, and fails where its packets are read."""

        def __init__(self, container, fault):
            self.container, self.fault = container, fault

        def __getattr__(self, name):
            return getattr(self.container, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.container.close()

        def demux(self, *args):
            for number, packet in enumerate(self.container.demux(*args)):
                if number == 5:
                    self.fault()
                yield packet

    import roomreel.media.copy
    import roomreel.media.sound
    import roomreel.media.video
    from roomreel.media.track import Track

    def opener(place):
        def open_broken(path, media_type):
            track = Track(path, media_type)
            fault = next((kind for word, kind in PAIRS.items() if word in path.file), "")
            kind, _, where = fault.partition("@")
            if kind and where in ("", place):
                track.container = Broken(track.container, FAULTS[kind])
            return track

        return open_broken

    # Where media are decoded or copied; indexing opens them by itself.
    for place in ("sound", "video", "copy"):
        getattr(roomreel.media, place).Track = opener(place)
