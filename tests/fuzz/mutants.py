"""Media files that were damaged, on their way or on purpose, chosen by a seed."""

from __future__ import annotations

import multiprocessing
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

import av
from av.error import FFmpegError

HEAD = 600
"""Bytes at the front of a file in which most of what is said of all of it stands."""

EDGES = [0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]

BOXES = re.compile(
    rb"ftyp|moov|mvhd|trak|tkhd|edts|elst|mdia|mdhd|hdlr|minf|stbl|stsd|stts|stss|ctts|stsc|stsz"
    rb"|stco|mdat|esds|avcC|chan|LIST|RIFF|fmt |data|idx1|strh|strf|movi|COMM|SSND|FORM|desc"
    rb"|OggS|fLaC|wvpk"
)
"""Names beside which other numbers lengthen, shorten or count."""

EBML_IDS = [
    *(b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b", b"\xae"),
    *(
        b"\x1f\x43\xb6\x75",
        b"\xa3",
        b"\xe7",
        b"\x2a\xd7\xb1",
        b"\x63\xa2",
        b"\xe0",
        b"\xe1",
        b"\x86",
    ),
]
"""Of Matroska: header, segment, info, tracks, an entry, cluster, block, its time, scale, private
data, video, audio, codec."""


def cut(data: bytearray, random: Random) -> bytes:
    return data[
        : random.choice([random.randrange(len(data)), random.randrange(min(len(data), 64))])
    ]


def flip_anywhere(data: bytearray, random: Random) -> bytes:
    for _ in range(random.choice([1, 10, 100])):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return data


def flip_head(data: bytearray, random: Random) -> bytes:
    for _ in range(random.choice([1, 3, 12])):
        data[random.randrange(min(HEAD, len(data)))] = random.randrange(256)
    return data


def blank(data: bytearray, random: Random) -> bytes:
    begin, length = random.randrange(len(data)), random.choice([4, 40, 400, 4000])
    length = min(length, len(data) - begin)
    data[begin : begin + length] = random.choice([bytes(length), random.randbytes(length)])
    return data


def leave_out(data: bytearray, random: Random) -> bytes:
    begin = random.randrange(len(data))
    del data[begin : begin + random.choice([1, 2, 16, 500])]
    return data


def put_in(data: bytearray, random: Random) -> bytes:
    begin = random.randrange(len(data))
    data[begin:begin] = random.randbytes(random.choice([1, 2, 16, 500]))
    return data


def put_twice(data: bytearray, random: Random) -> bytes:
    begin, end = sorted(random.randrange(len(data)) for _ in range(2))
    data[end:end] = data[begin:end]
    return data


def exchange(data: bytearray, random: Random) -> bytes:
    """Three places that part the file: what is between the second and the third comes first."""
    one, two, three = sorted(random.randrange(len(data)) for _ in range(3))
    return data[:one] + data[two:three] + data[one:two] + data[three:]


def say_numbers(data: bytearray, random: Random) -> bytes:
    """Numbers of one to eight bytes in the head say what they may at most, or at least."""
    for _ in range(random.choice([1, 2, 5])):
        form = random.choice("BHIQ")
        length = struct.calcsize(form)
        at = random.randrange(max(1, min(HEAD, len(data)) - length))
        number = random.choice(EDGES) % 256**length
        data[at : at + length] = struct.pack(random.choice("<>") + form, number)
    return data


def say_sizes(data: bytearray, random: Random) -> bytes:
    """Numbers beside the names of boxes and chunks are others."""
    names = [match.start() for match in BOXES.finditer(data)]
    for _ in range(random.choice([1, 2, 4])):
        if names:
            at = max(0, random.choice(names) + random.choice([-4, 4, 8, 12, 16, 24]))
            number = random.choice([*EDGES, random.randrange(len(data))])
            data[at : at + 4] = struct.pack(random.choice("<>") + "I", number)
    return data


def say_elements(data: bytearray, random: Random) -> bytes:
    """Elements of Matroska have other lengths, other names, or other values."""
    places = [m.start() for one in EBML_IDS for m in re.finditer(re.escape(one), data)]
    for _ in range(random.choice([1, 2, 4])):
        if places:
            at = random.choice(places)
            size = random.choice([b"\x80", b"\xff", b"\x01" + b"\xff" * 7, random.randbytes(1)])
            begin = at + random.choice([0, 1, 2, 4, 5])
            data[begin : begin + len(size)] = size
    return data


BYTES: list[Callable[[bytearray, Random], bytes]] = [
    *(cut, flip_anywhere, flip_head, blank, leave_out, put_in, put_twice, exchange),
    *(say_numbers, say_sizes, say_elements),
]

Stamped = list[tuple[int | None, av.Packet]]


def drop_packets(packets: Stamped, random: Random) -> Stamped:
    return [one for one in packets if random.random() < 0.6]


def repeat_packets(packets: Stamped, random: Random) -> Stamped:
    return [one for one in packets for _ in range(random.choice([1, 1, 2, 5]))]


def shuffle_packets(packets: Stamped, random: Random) -> Stamped:
    return random.sample(packets, len(packets))


def restamp_packets(packets: Stamped, random: Random) -> Stamped:
    """Timestamps run back, stand still, leap, are missing, or are as large as they may be."""
    how: Callable[[int], int | None] = random.choice(
        [
            lambda at: -at,
            lambda _: 0,
            lambda at: at + random.randint(-3000, 3000),
            lambda at: at + 10 ** random.randint(3, 12) * (random.random() < 0.2),
            lambda at: at * 1000,
            lambda at: None if random.random() < 0.5 else at,
            lambda _: random.randint(-(2**40), 2**40),
            lambda at: at + 2**31,
            lambda at: at - 2**33,
        ]
    )
    return [(how(at or 0), packet) for at, packet in packets]


PACKETS: list[Callable[[Stamped, Random], Stamped]] = [
    *(drop_packets, repeat_packets, shuffle_packets, restamp_packets, restamp_packets),
]


def remuxed(clip: Path, target: Path, random: Random) -> bool:
    """Write the clip with other packets, or at other times; False where nothing came of it.

    In a process of its own, since FFmpeg's muxers end theirs where a packet is too odd.
    """
    child = multiprocessing.get_context("fork").Process(target=_remux, args=(clip, target, random))
    child.start()
    child.join()
    return target.is_file() and target.stat().st_size > 0


def _remux(clip: Path, target: Path, random: Random) -> None:
    with (
        suppress(FFmpegError, ValueError, OverflowError),
        av.open(str(clip)) as source,
        av.open(str(target), "w") as copy,
    ):
        stream = source.streams[0]
        other = copy.add_stream_from_template(stream)
        packets: Stamped = [(one.pts, one) for one in source.demux(stream) if one.size]
        for at, packet in random.choice(PACKETS)(packets, random):
            packet.stream = other
            packet.pts = packet.dts = at
            copy.mux(packet)


def crossed(data: bytes, other: bytes, random: Random) -> bytes:
    """The head of one file before the rest of another, or one after the other."""
    at = random.randrange(min(HEAD, len(data)))
    return random.choice([data[:at] + other[at:], data + other, data[:at] + other])


def mutants(
    bases: Mapping[str, Path], folder: Path, count: int, seed: int
) -> Iterator[tuple[str, str, Path]]:
    """So many damaged files, of each base in turn.

    Returns:
        Of each, a name that says how it came about, that of its base, and the file.
    """
    names = list(bases)
    for number in range(count):
        random = Random(f"{seed} {number}")
        base = names[number % len(names)]
        clip = bases[base]
        path = folder / f"mutant-{number}{clip.suffix}"
        how = random.choice(["bytes"] * 7 + ["packets"] * 4 + ["crossed"])
        if how == "packets" and not remuxed(clip, path, random):
            how = "bytes"
        if how != "packets":
            data = clip.read_bytes()
            if how == "crossed":
                data = crossed(data, bases[random.choice(names)].read_bytes(), random)
            for _ in range(random.choice([1, 1, 1, 2, 4])):
                data = bytes(random.choice(BYTES)(bytearray(data), random)) or b"\0"
            path.write_bytes(data)
        yield f"mutant {number} ({base}, {how})", base, path
