"""Sound indexes of files: what they say, made in a child, kept as long as the file is the same."""

from dataclasses import replace
from math import log10
from pathlib import Path

import damage
import numpy as np
import pytest
from clip_content import sine
from clips import Clips

from roomreel.media.probe import Probe
from roomreel.media.sound import SoundReader
from roomreel.media.sound_cache import SoundIndexCache
from roomreel.media.sound_index import index_sound, index_sound_isolated
from roomreel.model.media import Problem, Stored, TrackPath
from roomreel.model.room import MediaType
from roomreel.model.sound_index import NO_PACKET, SoundIndex
from roomreel.samples.recorder import ENCODERS, encode_audio

STORED = Stored("/media/one.mka", 1000, "7")
MEMORY = 2**30


def heard(path: Path, track: int = 0) -> SoundIndex:
    return index_sound(TrackPath(str(path), track))


def values(index: SoundIndex) -> tuple[object, ...]:
    return index.first, index.levels.tolist(), index.loudness, index.peak


@pytest.mark.parametrize("codec", ["opus", "pcmu", "aac"])
def test_a_tone_has_its_loudness_and_peak_in_any_codec(clips: Clips, codec: str):
    clip = clips.tone(1000, codec, seconds=4)
    index = heard(clip)
    assert index.loudness == pytest.approx(-1202, abs=40)
    decoded = [block.samples for block in SoundReader(TrackPath(str(clip))).blocks()]
    highest = max(float(np.abs(samples).max()) for samples in decoded)
    assert index.peak is not None
    assert 0 <= index.peak - round(2000 * log10(highest)) < 50
    assert len(index.levels) == pytest.approx(200, abs=2)
    assert np.ptp(index.levels[5:-5]) < 20


def test_levels_stand_at_their_container_time(clips: Clips):
    index = heard(clips.tone(1000, seconds=1, start=60))
    assert index.first == 3000


def test_no_level_where_no_packet_sounds(clips: Clips):
    index = heard(clips.gapped(clips.tone(seconds=4), 1, 3))
    levels = np.array(index.levels)
    assert set(levels[55:145]) == {NO_PACKET}
    assert levels[:45].min() > -400
    assert levels[155:].min() > -400


def test_a_clock_that_drifts_is_followed(clips: Clips):
    slow = heard(clips.looped(clips.tone(seconds=2), 30, ppm=1000))
    fast = heard(clips.looped(clips.tone(seconds=2), 30, ppm=-1000))
    exact = heard(clips.looped(clips.tone(seconds=2), 30))
    ends = [index.first + len(index.levels) for index in (slow, exact, fast)]
    assert ends[0] - ends[1] == pytest.approx(3, abs=1)
    assert ends[1] - ends[2] == pytest.approx(3, abs=1)


def test_an_inverted_channel_takes_nothing_away_from_the_loudness(tmp_path: Path):
    tone = sine(1000, 2, ENCODERS["pcmu"].rate)
    shapes = {"mono": [tone], "stereo": [tone, tone], "inverted": [tone, -tone]}
    found = {
        name: heard(encode_audio(np.stack(channels), "pcmu").write(tmp_path / f"{name}.mka"))
        for name, channels in shapes.items()
    }
    assert {index.loudness for index in found.values()} == {found["mono"].loudness}
    assert found["inverted"].peak == found["mono"].peak
    assert found["stereo"].levels == found["mono"].levels


def test_a_header_without_packets_has_nothing(clips: Clips):
    index = heard(clips.only(clips.tone(seconds=1)))
    assert values(index) == (0, [], None, None)


def probe(sid: str, path: Path) -> Probe:
    return Probe(sid, TrackPath(str(path)), path.stat().st_size, MediaType.AUDIO)


def test_each_fails_for_itself_alone(clips: Clips, tmp_path: Path):
    text = tmp_path / "text.mka"
    text.write_text("no sound at all")
    files = {
        "text": text,
        "tone": clips.tone(seconds=1),
        "pictures": clips.video(seconds=1),
        "empty": clips.empty(".mka"),
        "rest": clips.truncated(clips.tone(seconds=4)),
    }
    probes = [probe(sid, path) for sid, path in files.items()]
    found = index_sound_isolated(probes, MEMORY)
    problems = {sid for sid, one in found.items() if isinstance(one, Problem)}
    assert problems == {"text", "pictures", "empty"}
    assert {found[sid].code for sid in problems} == {"media-undecodable"}
    tone, rest = found["tone"], found["rest"]
    assert isinstance(tone, SoundIndex)
    assert isinstance(rest, SoundIndex)
    assert values(tone) == values(heard(files["tone"]))
    assert 80 < len(rest.levels) < 160


def test_a_child_over_its_budget_is_a_problem_of_the_recording(clips: Clips):
    [found] = index_sound_isolated([probe("tone", clips.tone(seconds=1))], 1).values()
    assert isinstance(found, Problem)
    assert "decoding its sound: used" in found.message


@pytest.fixture(scope="module")
def index(clips: Clips) -> SoundIndex:
    return heard(clips.tone(seconds=1))


def test_what_is_kept_is_found_as_it_was(tmp_path: Path, index: SoundIndex):
    kept = SoundIndexCache(tmp_path / "indexes")
    odd = replace(index, first=-(2**40), loudness=None, peak=None)
    kept.keep(STORED, index)
    kept.keep(STORED, odd, track=1)
    for track, one in enumerate((index, odd)):
        found = kept.find(STORED, track)
        assert found is not None
        assert values(found) == values(one)
    assert kept.find(replace(STORED, version="8")) is None
    assert kept.find(STORED, 2) is None


@pytest.mark.parametrize("name", damage.DAMAGES)
def test_a_damaged_file_is_passed_over_and_made_again(tmp_path: Path, index: SoundIndex, name: str):
    kept = SoundIndexCache(tmp_path / "indexes")
    kept.keep(STORED, index)
    [path] = (tmp_path / "indexes").glob("*/*")
    damage.DAMAGES[name](path)
    found = kept.find(STORED)
    assert found is None or values(found) == values(index)
    kept.keep(STORED, index)
    again = kept.find(STORED)
    assert again is not None
    assert values(again) == values(index)
