"""The least there is to do: decode every input, encode the finished picture.

    python benchmarks/limit.py ROOM.json TEMPLATE.json PICTURES.yuv OUTPUT

In process, by the libraries, the settings and the number of threads that roomreel uses; nothing is
scaled, pasted or mixed, and the finished sound is not encoded. Prints CPU seconds by stage as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import VideoFrame
from composing import planned, settings_for

from roomreel.media.colour import output_matrix
from roomreel.media.encoder_options import VideoSettings
from roomreel.media.encoders import VideoEncoder
from roomreel.model.geometry import Size
from roomreel.model.plan import Plan
from roomreel.settings import Settings


def decode(path: str) -> int:
    """Decode a file whole, with one thread; returns how many frames it has."""
    with av.open(path) as container:
        stream: Any = container.streams[0]
        stream.codec_context.thread_count = 1
        return sum(1 for _ in container.decode(stream))


def encode(plan: Plan, pictures: Path, output: Path, settings: Settings) -> None:
    """Encode raw pictures as roomreel does, a key frame at each scene."""
    size = plan.resolution.padded_even
    how = VideoSettings(
        settings.video_encoder[plan.format], settings.quality, {}, os.cpu_count() or 1
    )
    keys = {scene.start_frame for scene in plan.scenes}
    matrix = output_matrix(size, how.encoder)
    with VideoEncoder(output, size, plan.frame_rate, matrix, how) as encoder:
        for number, frame in enumerate(raw_frames(pictures, size)):
            encoder.write(frame, key=number in keys)


def raw_frames(path: Path, size: Size) -> Iterator[VideoFrame]:
    """The yuv420p pictures of a raw file, mapped rather than read."""
    rows = size.height * 3 // 2
    pictures = np.memmap(path, np.uint8, "r").reshape(-1, rows, size.width)
    for picture in pictures:
        yield VideoFrame.from_ndarray(picture, format="yuv420p")


def main() -> None:
    """Do it, and print what each stage took."""
    manifest, template, pictures, output = map(Path, sys.argv[1:])
    settings = settings_for(manifest, output.parent)
    _, job, plan = planned(manifest, template, settings)
    files = {
        kind: sorted(
            job.media[source.recording_sid].stored.location  # type: ignore[union-attr]
            for source in plan.sources
            if source.type == kind
        )
        for kind in ("video", "audio")
    }
    taken: dict[str, float] = {"start": cpu_s()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for kind, paths in files.items():
            before = cpu_s()
            sum(pool.map(decode, paths))
            taken[f"decode {kind}"] = cpu_s() - before
    if plan.has_video:
        before = cpu_s()
        encode(plan, pictures, output, settings)
        taken["encode video"] = cpu_s() - before
    print(json.dumps({name: round(value, 3) for name, value in taken.items()}))


def cpu_s() -> float:
    """CPU seconds of this process so far, its children's included."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    main()
