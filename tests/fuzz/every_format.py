"""What FFmpeg's command can write, as it tells itself: nothing here is a list of ours.

Each function yields files that hold a grey picture or a tone, which can be recognised whatever they
are written as; what FFmpeg refuses to write is left out.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
from fuzz_rooms import Odd

from roomreel.media.ffmpeg import binary

GREY = 200

SIZES = [(64, 48), (176, 144), (720, 576), (1920, 1080)]
"""Some coders take only certain sizes: the first that is taken is."""

PICTURES_IN = ("mkv", "nut", "avi", "mov", "mxf")
SOUNDS_IN = ("mka", "mov", "nut", "caf", "wav", "avi", "mxf")
"""Where a codec is put: the first that takes it."""

RATES = [
    *(1, 50, 1000, 3999, 4000, 7350, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100),
    *(47_999, 48_000, 64_000, 88_200, 96_000, 176_400, 192_000, 352_800, 384_000, 768_000, 768_001),
]
"""Of sound that is not coded, which may have any."""

SIDES = [1, 2, 3, 15, 16, 17, 33, 64, 255, 1024, 4096, 16_384]
MOST_PIXELS = 4096 * 1024

TONE = 0.04
"""Level of all the channels of a tone together, about; a few tones stay below full scale."""

LOWEST_HZ, STEP_HZ, TONES = 1100, 100, 24
"""So many tones are told apart, and from the healthy one."""

CLEAR_RATE, QUIET_HZ = 16_000, 200
"""Sound of a lower rate has another tone, and low: it could have theirs only as an alias."""

SOUND_S = 0.4
MOST_SAMPLES = 20_000_000
"""A second, of all channels: more is a matter of disks, not of layouts."""

TIMEOUT_S = 60


def listed(*arguments: str) -> str:
    command = [binary(None), "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@cache
def encoders(kind: str) -> list[str]:
    """Return the names of all encoders of a kind, V or A."""
    return re.findall(rf"^ {kind}\S{{5}} (?!=)(\S+)", listed("-encoders"), re.MULTILINE)


@cache
def supported(encoder: str, what: str) -> list[str]:
    """Return what an encoder says it supports: `pixel formats`, `sample rates` or others."""
    found = re.search(rf"Supported {what}: (.*)", listed("-h", f"encoder={encoder}"))
    return re.split(r",? +", found[1].strip().rstrip(",")) if found else []


@cache
def pixel_formats() -> list[str]:
    """Return every pixel format that FFmpeg converts to."""
    return re.findall(r"^.O... (\S+)", listed("-pix_fmts").split("-----")[1], re.MULTILINE)


@cache
def layouts() -> dict[str, int]:
    """Return the channels of every layout that has a name, and of plain counts."""
    rows = re.findall(r"^(\S+) +(\S+\+\S+|FC)$", listed("-layouts"), re.MULTILINE)
    named = {name: channels.count("+") + 1 for name, channels in rows}
    return named | {f"{n}C": n for n in (*range(1, 65), 65, 100, 128, 255)}


@cache
def values(option: str) -> list[str]:
    """Return the values of an option of `setparams`, such as range or color_primaries."""
    own = re.search(
        rf"^ +{option} +<.*\n((?: {{5}}.*\n)+)", listed("-h", "filter=setparams"), re.MULTILINE
    )
    return re.findall(r"^ {5}(\S+)", own[1], re.MULTILINE) if own else []


def written(arguments: Sequence[object], path: Path, data: bytes) -> bool:
    """Whether FFmpeg's command wrote a file with something in it."""
    command = [binary(None), "-y", "-v", "error", *map(str, arguments), str(path)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode == 0 and path.is_file() and path.stat().st_size:
        return True
    path.unlink(missing_ok=True)
    return False


def picture(
    path: Path, *encoder: object, size: tuple[int, int] = SIZES[0], rate: str = "5", frames: int = 4
) -> bool:
    """Write grey pictures."""
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", rate, "-i", "-"
    data = bytes([GREY]) * (3 * size[0] * size[1] * frames)
    return written([*raw, *encoder], path, data)


def each_pixel_format(folder: Path) -> Iterator[Odd]:
    """Every pixel format of every encoder, in the first container that takes it."""
    for encoder in encoders("V"):
        formats = pixel_formats() if encoder == "rawvideo" else supported(encoder, "pixel formats")
        place: tuple[str, tuple[int, int]] | None = None
        for number, pixel_format in enumerate(formats or ["yuv420p"]):
            if place is None and number > 1:
                break  # it needs a device, or a container that is not taken
            tries = [(ending, size) for size in SIZES for ending in PICTURES_IN]
            for ending, size in [*([place] if place else []), *tries]:
                path = folder / f"{encoder}-{pixel_format}-{size[0]}.{ending}"
                how = "-c:v", encoder, "-pix_fmt", pixel_format, "-strict", -2
                if picture(path, *how, size=size):
                    place = ending, size
                    yield Odd(path.name, path, "video", plain=True)
                    break


ENCODERS = [
    *(
        ("mp4", "libx264"),
        ("mkv", "ffv1"),
        ("webm", "libvpx"),
        ("avi", "mjpeg"),
        ("nut", "rawvideo"),
    ),
    *(("mov", "png"), ("mkv", "mpeg4"), ("webm", "libvpx-vp9"), ("ts", "mpeg2video")),
]


def each_size(folder: Path) -> Iterator[Odd]:
    """Every size of a few sides, each by two of a few encoders."""
    sizes = [(w, h) for w in SIDES for h in SIDES if w * h <= MOST_PIXELS]
    for number, size in enumerate(sizes):
        for ending, encoder in (ENCODERS[number % 9], ENCODERS[(number * 2 + 4) % 9]):
            path = folder / f"{encoder}-{size[0]}x{size[1]}.{ending}"
            if picture(path, "-c:v", encoder, size=size, frames=2):
                broad = 1 / 2 <= size[0] / size[1] <= 2  # enough of it is in its cell
                yield Odd(path.name, path, "video", plain=broad)


def each_colour(folder: Path) -> Iterator[Odd]:
    """Every matrix, range, primaries, tone and place of chroma that a picture may claim."""
    options = (
        "color_mode",
        "color_primaries",
        "color_trc",
        "colorspace",
        "range",
        "chroma_location",
    )
    claims = [(option, value) for option in options[1:] for value in values(option)]
    for option, value in claims:
        for ending, encoder in ENCODERS[:3]:
            path = folder / f"{option}-{value}-{encoder}.{ending}"
            filters = f"format=yuv420p,setparams={option}={value}"
            if picture(path, "-vf", filters, "-c:v", encoder):
                yield Odd(path.name, path, "video", plain=True)


def each_pose(folder: Path, random: Random) -> Iterator[Odd]:
    """Right angles, other angles, mirrored or not; and matrices of any numbers."""
    for ending in ("mp4", "mov", "mkv"):
        plain = folder / f"plain.{ending}"
        assert picture(plain, "-c:v", "libx264", "-pix_fmt", "yuv420p")
        for degrees in (0, 90, 180, 270, 15, 45, -7, 123.4, 1e6):
            for flips in ((), ("-display_hflip",), ("-display_vflip",)):
                path = folder / f"turned-{degrees}{''.join(flips)}.{ending}"
                how = "-display_rotation", degrees, *flips, "-i", plain, "-c", "copy"
                if written(how, path, b""):
                    yield Odd(path.name, path, "video", plain=True)
    data = (folder / "plain.mp4").read_bytes()
    at = data.index(b"tkhd") + 44
    for number in range(24):
        edges = [0, 1, -1, 1 << 16, -(1 << 16), 1 << 30, 2**31 - 1, -(2**31)]
        matrix = [random.choice([*edges, random.randint(-(2**31), 2**31 - 1)]) for _ in range(9)]
        path = folder / f"matrix-{number}.mp4"
        path.write_bytes(data[:at] + struct.pack(">9i", *matrix) + data[at + 36 :])
        yield Odd(f"{path.name} {matrix}", path, "video", plain=True)


def each_shape_and_rate(folder: Path) -> Iterator[Odd]:
    """Odd aspects of pixels, and odd frame rates."""
    most = 2**31 - 1
    for ratio in ("16/11", "1/100", "100/1", f"{most}/1", f"1/{most}", f"{most}/{most - 1}", "0/1"):
        for ending, encoder in ENCODERS:
            path = folder / f"aspect-{ratio.replace('/', '-')}-{encoder}.{ending}"
            if picture(path, "-vf", f"setsar={ratio}:max={most}", "-c:v", encoder):
                yield Odd(path.name, path, "video")
    for rate in ("1/100", "1/3", "1", "24000/1001", "59.94", "144", "1000", "90000", "1000000"):
        for ending, encoder in ENCODERS:
            path = folder / f"rate-{rate.replace('/', '-')}-{encoder}.{ending}"
            if picture(path, "-c:v", encoder, rate=rate):
                yield Odd(path.name, path, "video")


class Tones:
    """Writes sounds, each with another tone than the few before."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._written = folder, 0

    def write(self, encoder: str, ending: str, rate: int, layout: str) -> Odd | None:
        """A tone on every channel; None where FFmpeg refuses."""
        clear = rate >= CLEAR_RATE
        hz = LOWEST_HZ + STEP_HZ * (self._written % TONES) if clear else QUIET_HZ
        channels = layouts()[layout]
        seconds = max(SOUND_S, 40 / rate)
        level = (TONE if clear else TONE / 8) * min(1, 2 / channels)
        wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
        data = np.repeat((wave * 32_767).round().astype("<i2"), channels).tobytes()
        raw = "-f", "s16le", "-ar", rate, "-ch_layout", layout, "-i", "-"
        path = self._folder / f"{encoder}-{rate}-{layout}.{ending}"
        if not written([*raw, "-c:a", encoder, "-strict", -2], path, data):
            return None
        self._written += 1
        return Odd(path.name, path, "audio", hz=hz if clear else 0, level=TONE)

    def write_somewhere(self, encoder: str, rate: int, layout: str) -> Odd | None:
        """In the first container that takes it."""
        tries = (self.write(encoder, ending, rate, layout) for ending in SOUNDS_IN)
        return next((one for one in tries if one), None)


def each_layout_and_rate(folder: Path) -> Iterator[Odd]:
    """Every layout at a few rates, so that each rate has many layouts; in WAV and in Matroska."""
    tones = Tones(folder)
    for number, ((layout, channels), step) in enumerate(product(layouts().items(), range(4))):
        rate = RATES[(number // 4 + 7 * step) % len(RATES)]
        ending, encoder = [("wav", "pcm_s16le"), ("mka", "pcm_f32le")][number % 2]
        if channels * rate <= MOST_SAMPLES and (one := tones.write(encoder, ending, rate, layout)):
            yield one


def each_sound(folder: Path, random: Random) -> Iterator[Odd]:
    """Every rate and every layout of every encoder; of one that takes any, a few."""
    tones = Tones(folder)
    for encoder in encoders("A"):
        rates = [int(rate) for rate in supported(encoder, "sample rates")]
        names = [one for one in supported(encoder, "channel layouts") if one in layouts()]
        first = names[0] if names else "mono"
        usual = next((rate for rate in (48_000, *rates) if rate in rates or not rates), 48_000)
        pairs = [(rate, first) for rate in rates or random.sample(RATES, 6)]
        pairs += [(usual, layout) for layout in names or random.sample(sorted(layouts()), 6)]
        for rate, layout in dict.fromkeys(pairs):
            one = tones.write_somewhere(encoder, rate, layout)
            if one:
                yield one
