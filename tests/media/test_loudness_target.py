"""Compositions come out as loud as their templates say, whatever is in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, compose_room, composed, level_at, planned, run_here

from roomreel.compose.prepared import prepare
from roomreel.compose.together import draw_together
from roomreel.documents.plan import plan_document
from roomreel.errors import VerificationFailed
from roomreel.media.ebur128 import measure
from roomreel.media.encoders import SoundEncoder
from roomreel.model.loudness import Leveled, Measured
from roomreel.model.samples import RATE as SAMPLES_PER_S
from roomreel.model.template import Format
from roomreel.render import sound
from roomreel.render.energy import energy_of
from roomreel.render.verify import verify

PEAK_DBTP = -1.5


def target(lufs: float, **more: Any) -> dict[str, Any]:
    loudness = {"target_lufs": lufs, **more}
    return {"audio_sources": ["*"], "format": "mp4", "audio": {"loudness": loudness}}


def recorded(folder: Path, samples: Any) -> Path:
    """A microphone's file of sound that a test made: floats of shape (2, n)."""
    path = folder / "microphone.mka"
    with SoundEncoder(path, Format.WEBM) as encoder:
        for block in np.array_split(samples.astype(np.float32), 20, axis=1):
            encoder.write(block)
    return path


def speech_like(seconds: int, level: float, crest: float = 1.0) -> Any:
    """Noise below 2 kHz in syllables; of a high crest with a click in each."""
    random = np.random.default_rng(5)
    noise = np.cumsum(random.normal(0, 1, (1, seconds * SAMPLES_PER_S)), axis=1)
    low = noise[:, 24:] - noise[:, :-24]
    time = np.arange(low.shape[1]) / SAMPLES_PER_S
    syllables = np.maximum(np.sin(2 * np.pi * 2 * time), 0) ** 0.5
    wave = low / np.abs(low).max() * syllables * level
    wave[:, :: SAMPLES_PER_S // 4] *= crest
    return np.repeat(wave, 2, axis=0)


def measured(made: Composed) -> Measured:
    return measure([made.sound()])


@pytest.mark.parametrize(("level", "form"), [(0.2, "mp4"), (1.6, "webm")], ids=["quiet", "loud"])
def test_what_is_too_quiet_and_what_is_too_loud_come_out_alike(
    tmp_path: Path, level: float, form: str
):
    """Case 48: a mix at -30 LUFS, and one at -8 that is beyond full scale."""
    voice = recorded(tmp_path, speech_like(6, level))
    manifest = room(tmp_path, [Track("ann", "mic", voice)])
    plain = compose_room(tmp_path / "plain", manifest, {"audio_sources": ["*"], "format": form})
    before = measured(plain).loudness_lufs
    assert before is not None
    assert abs(before - (-30 if level < 1 else -8)) < 5
    made = compose_room(tmp_path / "leveled", manifest, target(-16) | {"format": form})
    found, noted = measured(made), made.outcome.leveled
    assert found.loudness_lufs == pytest.approx(-16, abs=0.5)
    assert found.true_peak_dbtp is not None
    assert found.true_peak_dbtp <= PEAK_DBTP
    assert noted is not None
    assert noted.file.loudness_lufs == pytest.approx(found.loudness_lufs, abs=0.1)
    assert noted.file.true_peak_dbtp == pytest.approx(found.true_peak_dbtp, abs=0.1)
    assert noted.mix_gain_db == pytest.approx(-16 - before, abs=2)
    assert plain.outcome.leveled is None
    said = plan_document(made.plan)
    assert said.pop("loudness") == {"target_lufs": -16, "true_peak_dbtp": -1.5}
    assert said == plan_document(plain.plan)


def test_peaks_that_coders_add_are_taken_off_and_what_they_take_is_added(tmp_path: Path):
    """White noise: AAC leaves out a decibel of it, and its peaks move."""
    noise = np.random.default_rng(3).normal(0, 0.2, (2, 4 * SAMPLES_PER_S))
    manifest = room(tmp_path, [Track("ann", "mic", recorded(tmp_path, noise))])
    made = compose_room(tmp_path, manifest, target(-14, true_peak_dbtp=-3))
    found = measured(made)
    assert found.loudness_lufs == pytest.approx(-14, abs=0.5)
    assert found.true_peak_dbtp is not None
    assert found.true_peak_dbtp <= -3


def test_a_target_that_peaks_forbid_is_missed_and_the_peaks_are_held(tmp_path: Path):
    manifest = room(
        tmp_path, [Track("ann", "mic", recorded(tmp_path, speech_like(6, 0.02, crest=40)))]
    )
    made = compose_room(tmp_path, manifest, target(-5, true_peak_dbtp=-9))
    found, leveled = measured(made), made.outcome.leveled
    assert leveled is not None
    assert found.true_peak_dbtp is not None
    assert found.true_peak_dbtp <= -9
    assert found.loudness_lufs is not None
    assert found.loudness_lufs < -5.5


@pytest.mark.parametrize("level_db", [-75, -40])
def test_silence_is_left_alone_and_the_quiet_gets_20_db_at_most(
    tmp_path: Path, clips: Clips, level_db: int
):
    tone = clips.tone(1000, seconds=3, level_db=level_db)
    manifest = room(tmp_path, [Track("ann", "mic", tone)])
    template = target(-10) | {"audio": {"loudness": {"target_lufs": -10}}}
    made = compose_room(tmp_path, manifest, template)
    gain = 20 if level_db == -40 else 0
    assert made.outcome.leveled is not None
    assert made.outcome.leveled.mix_gain_db == gain
    expected = 10 ** ((level_db + gain) / 20)
    assert level_at(made.sound(), 1000, 0.5, 2.5) == pytest.approx(expected, rel=0.1)


def test_passthrough_copies_the_pictures_and_levels_the_sound(tmp_path: Path, clips: Clips):
    tracks = [
        Track("ann", "camera", clips.counted((384, 240), "vp8", 2, gop=60)),
        Track("ann", "mic", clips.tone(440, seconds=2)),
    ]
    template = target(-23) | {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "resolution": "384x240",
        "format": "webm",
        "passthrough": True,
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert made.plan.copied is not None
    assert not made.plan.copies_sound
    assert measured(made).loudness_lufs == pytest.approx(-23, abs=0.5)


def test_a_window_has_the_loudness_and_nothing_heard_needs_none(tmp_path: Path, clips: Clips):
    manifest = room(
        tmp_path,
        [
            Track("ann", "camera", clips.counted((160, 120), "vp8", 4, gop=60)),
            Track("ann", "mic", clips.tone(440, seconds=2)),
        ],
    )
    template = target(-20) | {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "resolution": "160x120",
    }
    made = compose_room(tmp_path / "1", manifest, template | {"window": {"end_ms": 1500}})
    assert measured(made).loudness_lufs == pytest.approx(-20, abs=0.5)
    _, plan, _ = planned(tmp_path / "2", manifest, template | {"window": {"start_ms": 2500}})
    assert plan.loudness is None
    made = compose_room(tmp_path / "2", manifest, template | {"window": {"start_ms": 2500}})
    assert made.outcome.leveled is None


@pytest.fixture
def manifest(tmp_path: Path, clips: Clips) -> Path:
    tracks = [
        Track("ann", "camera", clips.counted((160, 120), "vp8", 3, gop=60)),
        Track("ann", "mic", clips.tone(440, seconds=3)),
        Track("bob", "mic", clips.tone(700, seconds=3), offset_ms=500),
    ]
    return room(tmp_path, tracks)


GRID = {"video_layout": {"grid": {"video_sources": ["*"]}}, "resolution": "160x120"}
MEASURED, MADE = "measured", "made"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was measured and what was mixed, in a process of the test."""
    done: list[str] = []

    def count(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **named: Any) -> Any:
            done.append(name)
            return real(*args, **named)

        return counting

    monkeypatch.setattr(sound, "measure_mix", count(MEASURED, sound.measure_mix))
    monkeypatch.setattr(sound, "mix_sound", count(MADE, sound.mix_sound))
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    return done


def test_templates_of_one_mix_measure_it_once_and_share_sound_only_where_it_is_the_same(
    tmp_path: Path, manifest: Path, counted: list[str]
):
    templates = {
        "loud": GRID | target(-16),
        "and small": GRID | target(-16) | {"resolution": "80x60"},
        "quiet": GRID | target(-23),
        "plain": GRID | {"audio_sources": ["*"], "format": "mp4"},
    }
    works = [
        planned(tmp_path, manifest, template | {"friendly_name": name})
        for name, template in templates.items()
    ]
    draw_together([(job, plan) for job, plan, _ in works], works[0][2])
    assert [counted.count(what) for what in (MEASURED, MADE)] == [1, 3]
    counted.clear()
    levels = [measured(composed(*work)).loudness_lufs for work in works]
    assert counted == []
    assert levels[:3] == pytest.approx([-16, -16, -23], abs=0.5)
    assert levels[3] is not None
    assert levels[3] > -15


@pytest.mark.parametrize("last", [MEASURED, MADE])
def test_what_a_kill_left_is_used_and_the_rest_is_made(
    tmp_path: Path, manifest: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch, last: str
):
    """A run that ends while it mixes, or once it has."""
    work = planned(tmp_path, manifest, GRID | target(-16))
    job, plan, config = work
    spec = replace(
        prepare(job, plan, config).spec(tmp_path, {s: m.stored for s, m in job.media.items()}),
        folder=str(tmp_path),
    )
    Path(spec.kept).mkdir(parents=True, exist_ok=True)
    if last == MEASURED:

        def end(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(sound, "mix_sound", end)
            with pytest.raises(KeyboardInterrupt):
                sound.make_sound(spec, lambda _: None)
    else:
        sound.make_sound(spec, lambda _: None)
    counted.clear()
    made = composed(job, plan, config)
    assert counted == ([MADE] if last == MEASURED else [])
    assert measured(made).loudness_lufs == pytest.approx(-16, abs=0.5)


def test_a_damaged_measurement_is_made_again(tmp_path: Path, manifest: Path, counted: list[str]):
    job, plan, config = planned(tmp_path, manifest, GRID | target(-16))
    draw_together([(job, plan)], config)
    for part in (config.parts_root / job.parts).iterdir():
        note = part / "made.json"
        found = json.loads(note.read_text())
        if "leveled" in found:
            found["leveled"]["file"]["loudness_lufs"] = -40.0
            note.write_text(json.dumps(found))
    counted.clear()
    made = composed(job, plan, config)
    assert counted == [MEASURED, MADE]
    assert measured(made).loudness_lufs == pytest.approx(-16, abs=0.5)


def test_a_file_of_another_loudness_is_refused(tmp_path: Path, manifest: Path):
    made = compose_room(tmp_path, manifest, GRID | target(-16))
    leveled = made.outcome.leveled
    assert leveled is not None
    heard = energy_of(made.media, lambda: None)
    verify(made.media, made.plan, (), heard, leveled)
    for lufs in (-14.0, -17.0, None):
        other = Leveled(leveled.mix_gain_db, Measured(lufs, -2.0))
        with pytest.raises(VerificationFailed, match=r"its loudness is -1[56]\.[0-9]+ LUFS"):
            verify(made.media, made.plan, (), heard, other)
