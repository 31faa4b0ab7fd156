"""A render is killed at random moments: the run after it goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import composed, planned

from roomreel.storage import clean_up_scratch

KILLS = 12
CHUNK_S = 2
CHUNKS = 6
MARK = 1000
"""Errors noted in a finished part by the test: they are in the outcome only if it was kept."""

TEMPLATE = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "640x480",
    "format": "mp4",
}

CAMERA = sid("RT", "test-room", 0)


def main(folder: str, manifest: str) -> None:
    """What is killed: the same composition as the test makes."""
    composed(*planned(Path(folder), Path(manifest), TEMPLATE, chunk_s=CHUNK_S))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_finished_chunk_is_rendered_again(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "camera", clips.counted((640, 480), seconds=12, gop=60)),
        Track("bob", "camera", clips.counted((640, 480), seconds=12, gop=90)),
        Track("ann", "microphone", clips.tone(440, seconds=12)),
    ]
    manifest = room(tmp_path, tracks)
    random.seed(1)
    started = time.monotonic()
    run(tmp_path / "0", manifest).wait()
    chunk_s = (time.monotonic() - started) / CHUNKS
    finished: list[int] = []
    for number in range(1, KILLS + 1):
        store = tmp_path / str(number)
        job, plan, config = planned(store, manifest, TEMPLATE, chunk_s=CHUNK_S)
        child = run(store, manifest)
        # Never the last chunk: it may be published before the kill.
        while len(chunks_of(config.parts_root / job.sid)) < number % CHUNKS:
            if child.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(random.uniform(0, chunk_s / 2))
        child.kill()
        if child.wait() != -signal.SIGKILL:
            continue
        chunks = chunks_of(config.parts_root / job.sid)
        for part in chunks:
            mark(part)
        made = composed(job, plan, config)
        assert made.outcome.decoded[CAMERA].errors == MARK * len(chunks)
        with av.open(str(made.media)) as container:
            assert sum(1 for _ in container.decode(video=0)) == plan.frame_count
        # As the next night does when it begins.
        clean_up_scratch(config.scratch_root)
        assert not list(config.scratch_root.glob("[!.]*"))
        finished.append(len(chunks))
    print("chunks that a kill left finished:", finished)
    assert len(set(finished)) > 2


def run(store: Path, manifest: Path) -> subprocess.Popen[bytes]:
    here = os.pathsep.join(path for path in sys.path if path)
    call = [sys.executable, __file__, str(store), str(manifest)]
    return subprocess.Popen(call, env={**os.environ, "PYTHONPATH": here})


def chunks_of(parts: Path) -> list[Path]:
    return [part for part in parts.glob("*") if pictures(part)]


def pictures(part: Path) -> bool:
    return part.is_dir() and CAMERA in json.loads((part / "made.json").read_text())["decoded"]


def mark(part: Path) -> None:
    """Change what a part says was decoded, and its digest, so that it is not taken for damaged."""
    file, sums = part / "made.json", part / "SHA256SUMS"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    noted = json.loads(file.read_text())
    noted["decoded"][CAMERA]["errors"] += MARK
    file.write_text(json.dumps(noted))
    after = hashlib.sha256(file.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(before, after))


if __name__ == "__main__":
    main(*sys.argv[1:])
