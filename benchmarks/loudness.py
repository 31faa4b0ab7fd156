"""The cost of sound that is brought to a loudness: nine microphones in turns, and no picture.

    python benchmarks/loudness.py [--seconds 120] [--rounds 5]

Makes, joins and verifies the sound of a room with `audio.loudness` and without, in this process, so
that no start is counted. Prints CPU seconds by median and range, medians of the ratio of one
round, and what the file measures. Voices are noise in syllables, of levels of their own, sent as
WebRTC sends them, so nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from composing import planned, settings_for
from measure import print_ratios

from roomreel.compose.prepared import prepare
from roomreel.model.samples import RATE
from roomreel.render.spec import Rendered
from roomreel.render.worker import render

VOICES = 9
LOUDEST, QUIETEST = 0.4, 0.03

WAYS: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "loudness": {"audio": {"loudness": {"target_lufs": -16}}},
}


def speak(number: int, seconds: int, path: Path) -> None:
    """Write a microphone: phrases of syllables, in every second or third turn of 3 s."""
    chance = np.random.default_rng(number)
    time_s = np.arange(seconds * RATE) / RATE
    noise = np.cumsum(chance.normal(0, 1, len(time_s) + 24))
    voice = noise[24:] - noise[:-24]
    turns = (time_s // 3 + number) % (2 + number % 2) == 0
    level = np.geomspace(LOUDEST, QUIETEST, VOICES)[number] / np.abs(voice).max()
    wave = voice * turns * np.maximum(np.sin(4 * np.pi * time_s), 0) * level
    with av.open(str(path), "w") as container:
        options = {"application": "voip", "dtx": "1"}
        stream = container.add_stream("libopus", rate=RATE, options=options)
        stream.codec_context.layout, stream.codec_context.bit_rate = "mono", 32_000
        samples = wave.astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "flt", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])


def write_room(folder: Path, seconds: int) -> Path:
    """Record the microphones, and return the manifest of a room that has them."""
    numbers = [f"{n:032}" for n in range(VOICES)]
    for number, name in enumerate(numbers):
        speak(number, seconds, folder / f"{name}.webm")
    recordings = [
        {
            "sid": f"RT{name}",
            "source_sid": f"MT{name}",
            "participant_sid": f"PA{name}",
            "track_name": "microphone",
            "type": "audio",
            "status": "completed",
            "offset": 0,
            "media": f"{name}.webm",
        }
        for name in numbers
    ]
    room = {"sid": f"RM{0:032}", "unique_name": "nine voices", "status": "completed"}
    document = {
        "schema": "roomreel.room/1",
        "room": room | {"end_time": "2026-11-20T10:00:00Z"},
        "participants": [{"sid": f"PA{name}", "identity": f"person {name}"} for name in numbers],
        "recordings": recordings,
    }
    manifest = folder / "room.json"
    manifest.write_text(json.dumps(document))
    return manifest


def make(manifest: Path, template: Path, store: Path) -> tuple[float, Rendered]:
    """Return the CPU seconds of the sound of a room, and the file that it became."""
    settings = settings_for(manifest, store)
    _, job, plan = planned(manifest, template, settings)
    stored = {sid: found.stored for sid, found in job.media.items() if found.stored}
    folder = store / "scratch"
    folder.mkdir(parents=True)
    spec = prepare(job, plan, settings).spec(folder, stored)
    Path(spec.kept).mkdir(parents=True)
    started = time.process_time()
    rendered = render(spec, lambda _: None)
    return time.process_time() - started, rendered


def main() -> None:
    """Make the sound in both ways, in turns, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    leveled = None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "rooms" / "nine"
        folder.mkdir(parents=True)
        manifest = write_room(folder, options.seconds)
        sound = {"audio_sources": ["*"], "format": "mp4"}
        for number in range(options.rounds):
            for way in list(WAYS)[:: -1 if number % 2 else 1]:
                template = folder / f"{way}.json"
                named = {"schema": "roomreel.template/1", "friendly_name": way}
                template.write_text(json.dumps(named | sound | WAYS[way]))
                cpu_s, rendered = make(manifest, template, Path(scratch) / f"{way}-{number}")
                took[way].append(cpu_s)
                leveled = rendered.leveled or leveled
    print_ratios(took, "plain", "CPU s")
    print(leveled)


if __name__ == "__main__":
    main()
