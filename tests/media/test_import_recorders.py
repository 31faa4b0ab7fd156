"""Deliveries of recorders, from import to film: what is seen and heard, and when."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import COLOURS, Clips
from numpy.typing import NDArray
from typer.testing import CliRunner

from roomreel.cli import app
from roomreel.documents.import_record import parse_import_record

RATE = 48_000
STEP = 960


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv: object) -> str:
    """What a command says on stderr."""
    result = CliRunner().invoke(app, list(map(str, argv)))
    if result.exception is not None:
        raise result.exception
    return result.stderr


def film_of(manifest: Path, template: dict[str, Any]) -> Path:
    place = Path("template.json")
    whole = {"schema": "roomreel.template/1", "friendly_name": "t", "format": "mp4", **template}
    place.write_text(json.dumps(whole))
    run("compose", manifest, "--template", place, "--out", "film.mp4")
    return Path("film.mp4")


def sound_of(film: Path) -> NDArray[np.float32]:
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def loudness(sound: NDArray[np.float32], start: float, end: float) -> float:
    """Level of a span of seconds, in dB below full scale."""
    part = sound[:, round(start * RATE) : round(end * RATE)]
    return float(20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-9))


def pitch(sound: NDArray[np.float32], start: float, end: float) -> float:
    """The loudest frequency of a span of seconds, in Hz."""
    part = sound[0, round(start * RATE) : round(end * RATE)]
    return float(np.argmax(np.abs(np.fft.rfft(part))) * RATE / len(part))


def packets_of(clip: Path) -> list[bytes]:
    with av.open(str(clip)) as container:
        return [bytes(packet) for packet in container.demux(0) if packet.size]


def events(tag: str, payloads: list[bytes], start: int, pause: tuple[int, int]) -> Iterator[str]:
    """Lines of an exporter: a track from a sample on, with a pause of samples before a packet."""
    form = {"encoding": "opus", "sampleRate": RATE, "channels": 2}
    yield json.dumps({"event": "start", "start": {"tag": tag, "mediaFormat": form}})
    for number, payload in enumerate(payloads):
        start += pause[1] if number == pause[0] else 0
        text = base64.b64encode(payload).decode()
        about = {"tag": tag, "chunk": str(number), "timestamp": str(start), "payload": text}
        yield json.dumps({"event": "media", "media": about})
        start += STEP


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(one.relative_to(folder)): (one.stat().st_size, one.stat().st_mtime_ns)
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def test_voices_of_jitsi_are_heard_when_they_spoke(clips: Clips) -> None:
    """One speaks from 0 to 2 s, pauses 1 s, speaks 1 s; the other from 1 s on, at another pitch."""
    delivery = Path("standup")
    delivery.mkdir()
    low, high = (packets_of(clips.tone(hz, seconds=3)) for hz in (440, 1000))
    lines = [
        *events("aa-1", low[:150], 48_000 * 10, (100, RATE)),
        *events("bb-2", high[:25], 48_000 * 11, (0, 0)),
    ]
    (delivery / "recording.json").write_text("\n".join(lines) + "\n")
    said = run("import", delivery)
    assert "jitsi, 95 of 100" in said
    assert "2 recordings of 2 participants, clock good" in said
    before = state(delivery)
    assert "up to date, nothing written" in run("import", delivery)
    assert state(delivery) == before
    parse_import_record((delivery / "room.import.json").read_bytes(), "room.import.json")
    manifest = json.loads((delivery / "room.json").read_text())
    assert sorted(one["offset"] for one in manifest["recordings"]) == [10_000, 11_000]
    sound = sound_of(film_of(delivery / "room.json", {"audio_sources": ["*"]}))
    assert sound.shape[1] / RATE == pytest.approx(4, abs=0.05)
    assert pitch(sound, 0.1, 0.9) == pytest.approx(440, abs=3)
    assert loudness(sound, 1.1, 1.4) > loudness(sound, 0.1, 0.9) + 2
    assert pitch(sound, 1.6, 1.9) == pytest.approx(440, abs=5)
    assert loudness(sound, 2.05, 2.95) < -60
    assert pitch(sound, 3.1, 3.9) == pytest.approx(440, abs=3)


def test_what_is_made_is_gone_after_a_dry_run_and_is_beside_the_manifest_else(
    clips: Clips, here: Path
) -> None:
    delivery = here / "m"
    delivery.mkdir()
    lines = list(events("aa-1", packets_of(clips.tone(seconds=1)), 480, (0, 0)))
    (delivery / "recording.json").write_text("\n".join(lines))
    before = state(here)
    run("import", delivery, "--dry-run")
    assert state(here) == before
    run("import", delivery, "--out", here / "rooms")
    manifest = json.loads((here / "rooms" / "m.room.json").read_text())
    (one,) = manifest["recordings"]
    assert one["media"].startswith(f"{manifest['room']['sid']}.media/")
    assert len(packets_of(here / "rooms" / one["media"])) == len(lines) - 1


def test_slices_of_sora_follow_each_other_without_a_hole(clips: Clips) -> None:
    """Slices of a second: each is seen and heard in turn."""
    delivery = Path("call")
    delivery.mkdir()
    for number, (colour, stop) in enumerate((("red", 1), ("green", 2), ("blue", 3)), 1):
        name = f"split-archive-C_{number:04}"
        about = {"connection_id": "C", "audio": True, "video": True, "format": "webm"}
        about |= {"start_time_offset": number - 1, "stop_time_offset": stop}
        (delivery / f"{name}.json").write_text(json.dumps(about))
        both = clips.together(clips.video(colour, (160, 120), seconds=1), clips.tone(seconds=1))
        shutil.copy(both, delivery / f"{name}.webm")
    said = run("import", delivery)
    assert "sora, 95 of 100" in said
    assert "6 recordings of 1 participant, clock coarse" in said
    layout = {"grid": {"video_sources": ["*"]}}
    film = film_of(
        delivery / "room.json",
        {"audio_sources": ["*"], "resolution": "160x120", "video_layout": layout},
    )
    with av.open(str(film)) as container:
        seen = [frame.to_ndarray(format="rgb24")[60, 80] for frame in container.decode(video=0)]
    assert len(seen) == pytest.approx(90, abs=1)
    for number, colour in ((2, "red"), (27, "red"), (32, "green"), (57, "green"), (62, "blue")):
        assert np.abs(seen[number].astype(int) - COLOURS[colour]).max() < 24
    sound = sound_of(film)
    assert loudness(sound, 0.1, 2.9) > -20
    for join in (1, 2):
        assert loudness(sound, join - 0.04, join + 0.04) > -25
