"""Gains are heard, exactly, and where there is none nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room, level_at, planned
from numpy.typing import NDArray

from roomreel.compose import inputs
from roomreel.documents.plan import plan_document
from roomreel.media.ebur128 import measure
from roomreel.model.media import TrackPath
from roomreel.model.room import Recording, Room
from roomreel.render.in_use import InUseMarker
from roomreel.render.mix import audio_sources, mix_blocks

AUDIO: dict[str, Any] = {"audio_sources": ["*"], "format": "mp4"}
HALF: dict[str, Any] = {"gains": [{"sources": ["mic-0"], "gain_db": -6}]}
TONES = (440, 700, 330)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Path:
    tracks = [
        Track(name, f"mic-{number}", clips.tone(hz, seconds=3), offset_ms=number * 333)
        for number, (name, hz) in enumerate(zip(("ann", "bob", "eve"), TONES, strict=True))
    ]
    return room(tmp_path_factory.mktemp("room"), tracks)


def heard(folder: Path, manifest: Path, template: dict[str, Any]) -> list[NDArray[np.float32]]:
    """What each microphone of a room adds to the mix before the limiter, by track name."""
    job, plan, _ = planned(folder, manifest, template)
    stored = {one: medium.stored for one, medium in job.media.items() if medium.stored}
    paths = {one: TrackPath(at.location, plan.tracks[one]) for one, at in stored.items()}
    found = []
    sources = audio_sources(plan, paths, InUseMarker(folder / "in-use", sorted(paths)))
    for one in sorted(sources, key=lambda one: job.manifest.room.recording(one).track_name):
        found.append(np.concatenate([*mix_blocks([sources[one]], plan)], axis=1))
        sources[one].close()
    return found


@pytest.mark.parametrize("window", [None, {"start_ms": 501, "end_ms": 2503}])
def test_six_decibels_less_is_every_sample_by_0_501187(
    tmp_path: Path, manifest: Path, window: dict[str, int] | None
):
    plain = heard(tmp_path, manifest, AUDIO | {"window": window})
    halved = heard(tmp_path, manifest, AUDIO | {"window": window, "audio": HALF})
    assert np.abs(plain[0]).max() > 0.2
    assert np.abs(halved[0] - plain[0] * 0.501187).max() <= 1e-6
    for one, other in zip(plain[1:], halved[1:], strict=True):
        assert np.abs(one).max() > 0.2
        assert np.array_equal(one, other)


def test_it_is_heard_in_the_file_and_stands_in_the_plan(tmp_path: Path, manifest: Path):
    plain = compose_room(tmp_path / "plain", manifest, AUDIO)
    made = compose_room(tmp_path / "gains", manifest, AUDIO | {"audio": HALF})
    before, after = ([level_at(one.sound(), hz, 1, 2) for hz in TONES] for one in (plain, made))
    assert [b / a for a, b in zip(before, after, strict=True)] == pytest.approx(
        [0.501, 1, 1], rel=0.02
    )
    clips = plan_document(made.plan)["audio"]
    assert [clip.pop("gain_db", None) for clip in clips] == [-6, None, None]
    assert clips == plan_document(plain.plan)["audio"]


@pytest.mark.parametrize("gain_db", [0, 3])
def test_sound_is_only_copied_where_it_is_as_loud_as_it_was(
    tmp_path: Path, clips: Clips, gain_db: int
):
    tracks = [
        Track("ann", "camera", clips.counted((384, 240), "vp8", 2, gop=60)),
        Track("ann", "mic-0", clips.tone(440, seconds=2)),
    ]
    template = {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "384x240",
        "format": "webm",
        "passthrough": True,
        "audio": {"gains": [{"sources": ["*"], "gain_db": gain_db}]},
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert made.plan.copied is not None
    assert made.plan.copies_sound == (gain_db == 0)
    assert level_at(made.sound(), 440, 0.5, 1.5) == pytest.approx(0.25 * 10 ** (gain_db / 20), 0.02)


def test_six_voices_20_db_apart_come_out_within_2_lu(tmp_path: Path, clips: Clips):
    """The loudest is 10 dB above the level, the quietest 10 dB below; a seventh is out of reach."""
    tones = [
        clips.tone(1000, seconds=2, level_db=level) for level in (-10, -14, -18, -22, -26, -30)
    ]
    tracks = [Track(f"p{n}", f"mic-{n}", tone) for n, tone in enumerate(tones)]
    tracks.append(Track("hum", "mic-6", clips.tone(1000, seconds=2, level_db=-66)))
    manifest = room(tmp_path, tracks)
    level = {"audio": {"level": {"target_lufs": -20}}}
    before, after = (heard(tmp_path, manifest, AUDIO | more) for more in ({}, level))
    was = [measure([one], true_peak=False).loudness_lufs or -99 for one in before]
    found = [measure([one], true_peak=False).loudness_lufs or -99 for one in after]
    assert max(was[:6]) - min(was[:6]) == pytest.approx(20, abs=0.5)
    assert max(found[:6]) - min(found[:6]) < 2
    assert found[:6] == pytest.approx([-20] * 6, abs=1)
    assert found[6] == was[6]


def test_sound_is_listened_to_only_where_a_template_levels_it(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[set[str]] = []

    def listen(_: Room, chosen: Iterable[Recording], media: Any, __: Any) -> Any:
        asked.append({one.track_name for one in chosen})
        return media

    monkeypatch.setattr(inputs, "listen", listen)
    planned(tmp_path, manifest, AUDIO | {"audio": HALF})
    assert asked == []
    chosen = {"audio_sources_excluded": ["mic-2"], "audio": {"level": {"target_lufs": -20}}}
    planned(tmp_path, manifest, AUDIO | chosen)
    assert asked == [{"mic-0", "mic-1"}]
