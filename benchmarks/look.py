"""The cost of what templates say of the look: nine cameras of 720p, in turns.

    python benchmarks/look.py [--seconds 10] [--rounds 5] [--way WAY]...
    python benchmarks/look.py --together
    python benchmarks/look.py --before CHECKOUT

The first form has each way beside the plain grid; the second three templates with overlays of their
own, in one pass and one by one; the third the plain grid by the code of another checkout, too, and
fails where its pictures are not the same. Prints CPU seconds and peak memory of each way by median
and range, and medians of the ratio and of the difference to the first way in the same round.
Cameras are FFmpeg's test picture with noise, so nothing is downloaded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from measure import Usage, measure, print_differences, print_ratios
from places import ROOT

from roomreel.media.ffmpeg import binary

CAMERAS = 9
FILMS = 3
"""Files that are filmed; each is the medium of several cameras, which decode it apart."""

GAPS = {"gap": 8, "padding": 16}
LABEL = {"label": {}}
CLOCK = {"type": "clock", "clock": "room", "anchor": "top-right"}
LOGO = {"type": "image", "image": "logo.png", "anchor": "bottom-right", "height": 90}
TITLE = {"type": "text", "text": "{room}", "anchor": "top", "style": {"size": 40}}
BORDER = {"border": {"width": 4, "color": "#22c55e"}}

Members = Mapping[str, Any]

WAYS: Mapping[str, tuple[Members, Members]] = {
    "plain": ({}, {}),
    "gap, padding": (GAPS, {}),
    "gap, padding, cover": (GAPS | {"fit": "cover"}, {}),
    "cover, mirror": ({"fit": "cover", "mirror": True}, {}),
    "stretch": (GAPS | {"fit": "stretch"}, {}),
    "9 labels, logo, clock": (LABEL, {"overlays": [LOGO, CLOCK]}),
    "and gaps, borders, cover, corners": (
        GAPS | LABEL | BORDER | {"fit": "cover", "corner_radius": 16},
        {"overlays": [LOGO, CLOCK], "background": {"color": "#203040"}},
    ),
}
"""Members of the region, and of the template."""

APART: Sequence[tuple[Members, Members]] = (
    (LABEL, {"overlays": [LOGO, CLOCK]}),
    (GAPS | {"corner_radius": 16}, {"overlays": [TITLE, CLOCK]}),
    (LABEL | BORDER | {"fit": "cover"}, {"overlays": [LOGO | {"anchor": "top-left"}]}),
)
"""Templates of one room whose overlays differ."""


@dataclass(frozen=True, slots=True)
class Way:
    """Compositions whose cost is one figure.

    Attributes:
        runs: the templates of each run.
        code: the checkout that composes.
    """

    runs: Sequence[Sequence[Path]]
    code: Path = ROOT
    options: Sequence[str] = field(default=())


def film(number: int, seconds: int, path: Path) -> None:
    """Write a camera as WebRTC sends one."""
    picture = f"testsrc2=s=1280x720:r=30:d={seconds},noise=alls=4:allf=t:all_seed={number}"
    encoder = ("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8")
    argv = [binary(None), "-y", "-loglevel", "error", "-f", "lavfi", "-i", picture, *encoder]
    subprocess.run([*argv, str(path)], check=True)


def write_room(folder: Path, seconds: int) -> Path:
    """Film the cameras, and return the manifest of a room that has them."""
    for number in range(FILMS):
        film(number, seconds, folder / f"{number}.mkv")
    recordings = [
        {
            "sid": f"RT{number:032}",
            "source_sid": f"MT{number:032}",
            "participant_sid": f"PA{number:032}",
            "track_name": "camera",
            "type": "video",
            "status": "completed",
            "offset": 0,
            "media": f"{number % FILMS}.mkv",
        }
        for number in range(CAMERAS)
    ]
    room = {"sid": f"RM{0:032}", "unique_name": "nine", "status": "completed"}
    people = [{"sid": f"PA{n:032}", "identity": f"person {n}"} for n in range(CAMERAS)]
    manifest = folder / "room.json"
    manifest.write_text(
        json.dumps(
            {
                "schema": "roomreel.room/1",
                "room": room | {"end_time": "2026-11-20T10:00:00Z"},
                "participants": people,
                "recordings": recordings,
            }
        )
    )
    return manifest


def write_template(folder: Path, name: str, region: Members, members: Members) -> Path:
    """Write a grid with these members, and return its file."""
    template = {
        "schema": "roomreel.template/1",
        "friendly_name": name,
        "video_layout": {"grid": {"video_sources": ["*"], **region}},
        "resolution": "1280x720",
        "format": "mp4",
        **members,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(template))
    return path


def ways_of(options: argparse.Namespace, folder: Path) -> Mapping[str, Way]:
    """Return what is measured; the first way is what others are compared with."""
    if options.together:
        apart = [write_template(folder, f"apart-{n}", *one) for n, one in enumerate(APART)]
        return {
            "one by one": Way([[one] for one in apart]),
            "together": Way([apart], options=["--together"]),
        }
    plain = Way([[write_template(folder, "plain", *WAYS["plain"])]])
    if options.before:
        return {"before": Way(plain.runs, options.before.resolve()), "plain": plain}
    chosen = options.way or list(WAYS)[1:]
    return {"plain": plain} | {
        way: Way([[write_template(folder, f"way-{n}", *WAYS[way])]]) for n, way in enumerate(chosen)
    }


def compose(way: Way, manifest: Path) -> Usage:
    """Compose all of a way, and return what it took: CPU of all runs, memory of the largest."""
    usages = []
    for templates in way.runs:
        argv = [sys.executable, str(way.code / "benchmarks" / "composing.py"), str(manifest)]
        argv += [str(manifest.with_name("out.mp4")), *map(str, templates), *way.options]
        # What is installed is another code where the checkout is not this one.
        usages.append(measure(argv, {"PYTHONPATH": str(way.code)}, manifest.with_name("log")))
    wall_s = sum(one.wall_s for one in usages)
    return Usage(sum(one.cpu_s for one in usages), wall_s, max(one.peak_bytes for one in usages))


def pictures(medium: Path) -> str:
    """Return the digest of the packets of a file's pictures."""
    digest = hashlib.sha256()
    with av.open(str(medium)) as container:
        for packet in container.demux(video=0):
            digest.update(bytes(packet))
    return digest.hexdigest()


def main() -> None:
    """Compose in every way, in turns, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--way", action="append", choices=WAYS, help="beside the plain one")
    form.add_argument("--together", action="store_true")
    form.add_argument("--before", type=Path, metavar="CHECKOUT")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # As deep as the rooms of the benchmark lie, whose media are found from there.
        folder = Path(scratch) / "rooms" / "nine"
        folder.mkdir(parents=True)
        manifest, ways = write_room(folder, options.seconds), ways_of(options, folder)
        took: dict[str, list[Usage]] = {way: [] for way in ways}
        digests: dict[str, str] = {}
        for number in range(options.rounds):
            # Who is first changes, since a neighbour's work may last for more than a turn.
            for way in list(ways)[:: -1 if number % 2 else 1]:
                took[way].append(compose(ways[way], manifest))
                digests[way] = pictures(folder / "out.mp4")
    base = next(iter(ways))
    print_ratios({way: [one.cpu_s for one in took[way]] for way in took}, base, "CPU s")
    peaks = {way: [one.peak_bytes / 1e6 for one in took[way]] for way in took}
    print_differences(peaks, base, "MB")
    if options.before:
        same = len({*digests.values()}) == 1
        sys.exit(None if same else "the pictures are not the same")


if __name__ == "__main__":
    main()
