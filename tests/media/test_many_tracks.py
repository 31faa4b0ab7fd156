"""Several tracks of one file: each is a recording of its own, and what none names is told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import Composed, colour, colours, compose_room, level_at, planned, runs
from numpy.typing import NDArray

from roomreel.errors import EmptyTrackList
from roomreel.media.ffmpeg import binary
from roomreel.media.packet_cache import PacketIndexCache
from roomreel.model.room import MediaType

LEVEL = 10 ** (-12 / 20)
"""Of the clips' tones."""

TOLERANCE = 0.02
"""What Opus and AAC change of a steady tone, and the leaking of a tone 100 Hz off."""

TONES = 500, 900, 1400
ROW = {
    "video_layout": {"row": {"video_sources": ["*"], "max_rows": 1}},
    "audio_sources": ["*"],
    "resolution": "640x240",
    "format": "mp4",
}


@pytest.fixture(scope="module")
def meeting(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cameras and three microphones in one file, and a cover that comes first."""
    path = tmp_path_factory.mktemp("meeting") / "meeting.mkv"
    sources = [clips.video("red", seconds=3), clips.video("blue", seconds=3)]
    sources += [*(clips.tone(hz, seconds=3) for hz in TONES)]
    cover = path.with_name("cover.png")
    argv = [binary(None), "-v", "error", "-y"]
    subprocess.run([*argv, "-i", sources[0], "-frames:v", "1", cover], check=True)
    inputs = [word for source in sources for word in ("-i", source)]
    maps = [word for number in range(len(sources)) for word in ("-map", str(number))]
    attached = ["-attach", cover, "-metadata:s:t", "mimetype=image/png"]
    subprocess.run([*argv, *inputs, *maps, "-c", "copy", *attached, path], check=True)
    return path


def of(file: Path, type_: str, index: int | None = None, **claims: Any) -> Track:
    """A track of a file; it is there once, whoever names it."""
    chosen = {} if index is None else {"track_index": index}
    return Track("ann", f"{type_}{index}", file, type_, claims={**chosen, **claims})


def shared(manifest: Path) -> Path:
    """The same room, all of whose recordings name the file of the first."""
    document = json.loads(manifest.read_text())
    for recording in document["recordings"]:
        recording["media"] = document["recordings"][0]["media"]
    manifest.write_text(json.dumps(document))
    return manifest


@pytest.fixture(scope="module")
def made(meeting: Path, tmp_path_factory: pytest.TempPathFactory) -> Composed:
    folder = tmp_path_factory.mktemp("many")
    tracks = [of(meeting, "video"), of(meeting, "video", 1)]
    tracks += [of(meeting, "audio", index) for index in range(len(TONES))]
    return compose_room(folder, shared(room(folder, tracks)), ROW)


def test_all_pictures_are_seen(made: Composed):
    seen = {(colour(left), colour(right)) for left, right in _cells(made)}
    assert seen in ({("red", "blue")}, {("blue", "red")})


def test_all_sounds_are_heard(made: Composed):
    sound = made.sound()
    for hz in TONES:
        assert level_at(sound, hz, 0.5, 1.5) == pytest.approx(LEVEL, abs=TOLERANCE)


def test_the_file_counts_once(made: Composed, meeting: Path):
    assert made.outcome.source_bytes == meeting.stat().st_size


def test_nothing_is_passed_over(made: Composed):
    assert made.codes == set()


def _cells(made: Composed) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The middles of the two cells, frame by frame, from the first on that shows both."""
    for number, pixels in made.pictures():
        if number:
            yield pixels[60:180, 60:260], pixels[60:180, 380:580]


@pytest.mark.parametrize(("index", "name"), [(0, "red"), (1, "blue")])
def test_one_of_several_tracks_is_copied(index: int, name: str, meeting: Path, tmp_path: Path):
    tracks = [of(meeting, "video", index), of(meeting, "audio", 1)]
    template = {**ROW, "resolution": "320x240", "format": "webm", "passthrough": True}
    found = compose_room(tmp_path, shared(room(tmp_path, tracks)), template)
    assert found.plan.copies_sound
    assert runs(colours(found)) == [(name, 90)]
    assert level_at(found.sound(), TONES[1], 0.5, 1.5) == pytest.approx(LEVEL, abs=TOLERANCE)
    assert level_at(found.sound(), TONES[0], 0.5, 1.5) < TOLERANCE
    [warning] = found.outcome.warnings
    assert (warning.code, warning.recording_sid) == (
        "tracks-passed-over",
        min(sid("RT", "test-room", number) for number in (0, 1)),
    )
    assert warning.message.endswith(f"audio 0, audio 2, video {1 - index}")


def test_a_track_that_is_not_there_is_told(meeting: Path, tmp_path: Path):
    manifest = room(tmp_path, [of(meeting, "audio", 3), of(meeting, "video", 5)])
    with pytest.raises(EmptyTrackList) as error:
        planned(tmp_path, manifest, ROW)
    assert "the file has 3 audio tracks: there is none of track_index 3" in error.value.message
    assert "the file has 2 video tracks: there is none of track_index 5" in error.value.message


def test_each_track_has_a_kept_index_of_its_own(meeting: Path, tmp_path: Path):
    manifest = shared(room(tmp_path, [of(meeting, "audio", n) for n in range(len(TONES))]))
    (tmp_path / "store").mkdir()
    job, first, settings = planned(tmp_path, manifest, ROW)
    stored = job.media[sid("RT", "test-room", 0)].stored
    assert stored is not None
    kept = PacketIndexCache(settings.indexes_root)
    found = [kept.find(stored, MediaType.AUDIO, index) for index in range(len(TONES) + 1)]
    assert [index is not None for index in found] == [True, True, True, False]
    assert planned(tmp_path, manifest, ROW)[1] == first
