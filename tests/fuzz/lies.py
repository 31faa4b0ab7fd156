"""Files that are not what they are called, or whose headers claim what is not so."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from clips import Clips
from foreign import ffmpeg
from fuzz_rooms import Odd
from mutants import EDGES

HERE = "v.mkv"
"""What playlists name: it is there, and may not be opened for them."""

TEXTS = {
    "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{HERE}\n#EXT-X-ENDLIST\n",
    "hls by network": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
    "hls by data": "#EXTM3U\n#EXTINF:1,\ndata:video/mp2t;base64,R0A=\n#EXT-X-ENDLIST\n",
    "concat": f"ffconcat version 1.0\nfile {HERE}\n",
    "concat by protocol": "ffconcat version 1.0\nfile 'subfile,,start,0,end,9,,:/etc/passwd'\n",
    "dash": f"<?xml version='1.0'?><MPD><Period><BaseURL>{HERE}</BaseURL></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 9 RTP/AVP 96\n",
    "quicktime reference": "RTSPtext\nrtsp://127.0.0.1:9/x\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    "web subtitles": "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
    "page": "<!doctype html><script>alert(1)</script>",
    "picture of shapes": "<svg xmlns='http://www.w3.org/2000/svg'><image href='/x'/></svg>",
    "program": "#!/bin/sh\ntouch planted\n",
    "document": '{"schema": "roomreel.room/1"}',
    "names": "root:x:0:0:root:/root:/bin/sh\n",
}


def disguised(folder: Path) -> Iterator[Odd]:
    """Texts, archives, pictures, and headers without a file, by the names of media."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as whole:
        whole.writestr(HERE, "x")
    picture = folder / "picture.png"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48", "-frames:v", 1, picture)
    files = {name: text.encode() for name, text in TEXTS.items()} | {
        "archive": archive.getvalue(),
        "packed": gzip.compress(bytes(100_000)),
        "photo": picture.read_bytes(),
        "executable": b"\x7fELF\x02\x01\x01" + bytes(100),
        "nothing but zeros": bytes(100_000),
        "nothing but ones": b"\xff" * 100_000,
        "one byte": b"\0",
        "box without content": struct.pack(">I4s", 8, b"ftyp"),
        "box of all": struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + b"\xff" * 8,
        "boxes in boxes": b"".join(struct.pack(">I4s", 2**31 - 1, b"moov") for _ in range(5000)),
        "compressed header": compressed_header(),
        "element of all": b"\x1a\x45\xdf\xa3\x01" + b"\xff" * 7,
        "masters in masters": b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\xff" * 3000,
        "page without packets": b"OggS\0\x02" + bytes(20) + b"\xff" + b"\xff" * 255,
    }
    for number, (name, data) in enumerate(files.items()):
        path = folder / f"{name.replace(' ', '-')}.{('mkv', 'mp4')[number % 2]}"
        path.write_bytes(data)
        yield Odd(path.name, path, ("video", "audio")[number // 2 % 2])


def compressed_header(size: int = 200_000_000) -> bytes:
    """A QuickTime header that is a thousand times as large when it is unpacked."""
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(bytes(10**6)) for _ in range(size // 10**6)) + packer.flush()
    data = struct.pack(">I4sI", 12 + len(packed), b"cmvd", size) + packed
    inside = struct.pack(">I4s4s", 12, b"dcom", b"zlib") + data
    header = struct.pack(">I4s", 8 + len(inside), b"cmov") + inside
    return struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + box(b"moov", header)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def lying(folder: Path) -> Iterator[Odd]:
    """Headers that claim other sizes, lengths, rates, channels or bytes than there are."""
    clips = Clips(folder)
    video = clips.video(size=(64, 48), seconds=1, fps=5)
    for size in [(1, 1), (16_384, 16_384), (65_535, 2), (2**31 - 1, 2**31 - 1)]:
        path = clips.headed(video, size)
        yield Odd(path.name, path, "video")
    for seconds in (0, -1, 1e-9, 1e12, float("inf"), float("nan")):
        path = video.with_name(f"lasting-{seconds}.webm")
        path.write_bytes(clips.lasting(video, 1).read_bytes().replace(*duration(1, seconds)))
        yield Odd(path.name, path, "video")
    yield from waves(folder)


def duration(now: float, then: float) -> tuple[bytes, bytes]:
    """What Matroska's duration is written as, in milliseconds, and what it is to be."""
    name = bytes.fromhex("448988")
    return name + struct.pack(">d", now * 1000), name + struct.pack(">d", then * 1000)


def waves(folder: Path) -> Iterator[Odd]:
    """WAV whose header claims any rate, channels, bits or size."""
    sound = bytes(range(256)) * 100
    fields = {"tag": "H", "channels": "H", "rate": "I", "bytes": "I", "block": "H", "bits": "H"}
    true = {"tag": 1, "channels": 1, "rate": 8000, "bytes": 16_000, "block": 2, "bits": 16}
    for name, edge in product([*fields, "size"], EDGES[::2]):
        said = true | {name: edge}
        values = [said[one] % 256 ** struct.calcsize(form) for one, form in fields.items()]
        head = struct.pack("<4sIHHIIHH", b"fmt ", 16, *values)
        size = said.get("size", len(sound))
        body = b"WAVE" + head + struct.pack("<4sI", b"data", size) + sound
        path = folder / f"{name}-{edge}.wav"
        path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
        yield Odd(path.name, path, "audio")
