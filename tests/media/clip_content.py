"""What clips show and sound like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from clip_names import Seconds, Size, exact

from roomreel.samples.recorder import Pixels, Samples

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

COUNTER_BITS = 12
"""A counted clip shows its picture's number as so many upright bars, black 0 and white 1."""


def counter(pixels: Pixels) -> int:
    """The number a picture of a `counted` clip shows, at whatever size it is shown.

    Args:
        pixels: the clip's whole picture and nothing else; grey or RGB.
    """
    height, width = pixels.shape[:2]
    places = (np.arange(COUNTER_BITS) * 2 + 1) * width // (COUNTER_BITS * 2)
    bits = pixels[height // 2, places].reshape(COUNTER_BITS, -1).mean(axis=1) > 128
    return int("".join("1" if bit else "0" for bit in bits), 2)


def bars(number: int, size: Size) -> Pixels:
    width, height = size
    bits = np.array([number >> bit & 1 for bit in reversed(range(COUNTER_BITS))], np.uint8)
    row = bits[np.arange(width) * COUNTER_BITS // width] * np.uint8(255)
    return np.tile(row[np.newaxis, :, np.newaxis], (height, 1, 3))


def footage(seed: int, number: int, size: Size) -> Pixels:
    """A camera's picture, of things that move and of noise; another seed is another room."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    channels = [
        128
        + 90
        * np.sin((x + 5 * number * (channel + 1) + 31 * seed) / (23 + 9 * channel))
        * np.cos((y - 3 * number) / (17 + seed % 7))
        for channel in range(3)
    ]
    noise = np.random.default_rng((seed, number)).normal(0, 12, (height, width, 3))
    return np.clip(np.stack(channels, axis=-1) + noise, 0, 255).astype(np.uint8)


def noise(seed: int, number: int, size: Size) -> Pixels:
    """What no coder can predict: each pixel by itself."""
    random = np.random.default_rng((seed, number))
    return random.integers(0, 256, (size[1], size[0], 3), np.uint8)


def plain(colour: str, size: Size) -> Pixels:
    return np.full((size[1], size[0], 3), COLOURS[colour], np.uint8)


def timed(
    picture: Callable[[Fraction], Pixels], seconds: Seconds, fps: int
) -> Iterator[tuple[Fraction, Pixels]]:
    for number in range(round(exact(seconds) * fps)):
        at = Fraction(number, fps)
        yield at, picture(at)


def sine(hz: int, seconds: Seconds, rate: int) -> Samples:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)
