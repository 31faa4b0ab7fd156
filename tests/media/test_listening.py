"""Who talks in a room of files: indexes made once, and what they say on the clock of the room."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips

from roomreel.compose import listening
from roomreel.compose.inputs import index_and_plan, index_room, plan_indexed
from roomreel.compose.listening import listen, listen_as_set, recordings_of_sound, talk_in
from roomreel.compose.media import stat_media
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.model.plan import WarningCode
from roomreel.plan.turns import turns_of
from roomreel.samples.recorder import encode_audio
from roomreel.samples.voices import sound
from roomreel.settings import Settings

RATE = 48_000

TEMPLATE = parse_template(
    b'{"schema": "roomreel.template/1", "friendly_name": "t", "audio_sources": ["*"],'
    b' "format": "mp4"}',
    "t.json",
)


def speak(path: Path, phrases: Any, hz: float, *, noise_db: float = -60) -> Path:
    """Write a recording of a minute in which somebody speaks."""
    voice = sound(phrases, hz, 0, 60, RATE)
    noise = 10 ** (noise_db / 20) * np.random.default_rng(int(hz)).standard_normal(voice.shape)
    return encode_audio((voice + noise).astype(np.float32)).write(path)


@pytest.fixture
def rooms(tmp_path: Path, clips: Clips) -> Any:
    (tmp_path / "store").mkdir()
    tracks = [
        Track("ann", "mic", speak(tmp_path / "ann.mka", [(2, 8), (30, 36)], 220)),
        Track("bob", "mic", speak(tmp_path / "bob.mka", [(10, 16)], 300), offset_ms=5000),
        Track("cat", "mic", speak(tmp_path / "cat.mka", [], 300)),
        Track("ann", "camera", clips.video(seconds=1)),
    ]
    manifest = room(tmp_path, tracks)
    settings = Settings(media_roots=[str(tmp_path)], store=tmp_path / "store")
    return parse_manifest(manifest.read_bytes(), str(manifest)), settings


def heard(rooms: Any) -> Any:
    manifest, settings = rooms
    media = stat_media(manifest, settings)
    return listen(manifest.room, recordings_of_sound(manifest.room), media, settings)


def test_turns_of_a_room_are_those_that_were_spoken(rooms: Any):
    turns = turns_of(talk_in(rooms[0].room, heard(rooms)).spurts)
    found = [(turn.participant_sid, turn.span.start, turn.span.end) for turn in turns]
    expected = [("ann", 2, 8), ("bob", 15, 21), ("ann", 30, 36)]
    assert [who for who, _, _ in found] == [sid("PA", "test-room", who) for who, _, _ in expected]
    for (_, start, end), (_, begun, ended) in zip(found, expected, strict=True):
        assert start == pytest.approx(Fraction(begun), abs=0.06)
        assert end == pytest.approx(Fraction(ended), abs=0.32)


def test_a_spotlight_follows_what_was_spoken(rooms: Any):
    manifest, settings = rooms
    region = {"video_sources": ["*"], "unit": "participant", "voice_sources": ["*"]}
    document = {
        "schema": "roomreel.template/1",
        "friendly_name": "spotlight",
        "video_layout": {"main": region | {"order": "speaker", "max_columns": 1, "max_rows": 1}},
        "audio_sources": ["*"],
    }
    template = parse_template(json.dumps(document).encode(), "t.json")
    plan, media = index_and_plan(manifest, template, stat_media(manifest, settings), settings)
    assert {one for one, medium in media.items() if medium.sound} == {
        one.sid for one in recordings_of_sound(manifest.room)
    }
    found = [(one.participant_sid, one.start_frame / 30) for one in plan.speaker]
    expected = [("ann", 0), ("bob", 14.8), ("ann", 29.8)]
    assert [who for who, _ in found] == [sid("PA", "test-room", who) for who, _ in expected]
    for (_, start), (_, begun) in zip(found, expected, strict=True):
        assert start == pytest.approx(begun, abs=0.1)
    # What says nothing of who talks is not listened to.
    _, media = index_and_plan(manifest, TEMPLATE, stat_media(manifest, settings), settings)
    assert not any(medium.sound for medium in media.values())


def test_a_recording_is_decoded_once(rooms: Any, monkeypatch: pytest.MonkeyPatch):
    made = listening.index_sound_isolated
    asked: list[int] = []

    def counting(probes: Any, memory_bytes: int) -> Any:
        asked.append(len(probes))
        return made(probes, memory_bytes)

    monkeypatch.setattr(listening, "index_sound_isolated", counting)
    first, second = heard(rooms), heard(rooms)
    assert asked == [3, 0]
    for one, medium in first.items():
        if medium.sound is not None:
            assert second[one].sound.levels == medium.sound.levels


def test_a_room_of_more_than_a_composition_may_have_is_not_listened_to(rooms: Any):
    manifest, settings = rooms
    media = stat_media(manifest, settings)
    sizes = [medium.stored.size_bytes for medium in media.values() if medium.stored]
    for limit, expected in ((sum(sizes), 3), (sum(sizes) - 1, 0)):
        asked = settings.model_copy(update={"talk": True, "source_limit_bytes": limit})
        found = listen_as_set(manifest.room, media, asked)
        assert sum(medium.sound is not None for medium in found.values()) == expected
        assert found.keys() == media.keys()


def test_what_cannot_be_heard_is_a_warning_and_nobody_talks_there(rooms: Any):
    manifest, settings = rooms
    lost = sid("RT", "test-room", 1)
    [path] = [
        Path(medium.stored.location)
        for one, medium in stat_media(manifest, settings).items()
        if one == lost and medium.stored
    ]
    take = encode_audio(np.zeros((1, RATE), np.float32), "aac")
    damaged = (replace(piece, data=b"\xff" * 40) for piece in take.pieces)
    replace(take, pieces=tuple(damaged)).write(path)
    media = heard(rooms)
    assert media[lost].sound is None
    assert sid("PA", "test-room", "bob") not in talk_in(manifest.room, media).spurts
    plan = plan_indexed(
        manifest, TEMPLATE, index_room(manifest, TEMPLATE, media, settings), settings
    )
    found = {(warning.code, warning.recording_sid) for warning in plan.warnings}
    assert (WarningCode.MEDIA_UNDECODABLE, lost) in found
