"""A frame that cannot be converted is counted and passed over; what follows is shown and heard."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import level_at, planned

from roomreel.media import sound
from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter
from roomreel.media.planes import planes
from roomreel.media.sound import PIECE, SoundReader
from roomreel.model.media import TrackPath
from roomreel.model.samples import RATE
from roomreel.render.alone import frames_shown
from roomreel.render.parts import Made
from roomreel.render.pictures import Frames, View, draw
from roomreel.render.reading import Reading

ERRORS = (ValueError("of a kind that it cannot take"), MemoryError(), ZeroDivisionError())


class Some:
    """Fails in place of a method, at some of its calls."""

    def __init__(self, method, numbers, error):
        self.method, self.numbers, self.error, self.count = method, numbers, error, 0

    def __get__(self, thing, _):
        return lambda *args: self.call(thing, *args)

    def call(self, thing, *args):
        self.count += 1
        if self.count - 1 in self.numbers:
            raise self.error
        return self.method(thing, *args)


class Taken:
    """What is drawn, in place of an encoder."""

    def __init__(self):
        self.frames, self.made = [], Made(Path())

    def write(self, frame, **_):
        self.frames.append(planes(frame)[0])

    @contextmanager
    def write_to(self, _):
        yield Frames(self, self.made)


def heard(path: Path) -> tuple[SoundReader, np.ndarray]:
    reader, whole = SoundReader(TrackPath(str(path))), np.zeros((2, 2 * RATE), np.float32)
    for chunk in reader.chunks():
        end = min(chunk.position + chunk.samples.shape[1], whole.shape[1])
        whole[:, max(chunk.position, 0) : end] = chunk.samples[:, -min(chunk.position, 0) :]
    return reader, whole


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("codec", ["opus", "pcmu"])
def test_sound_goes_on_after_a_frame_that_cannot_be_resampled(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, error: Exception, codec: str
):
    push = Some(sound._Resampler.push, range(20, 30), error)
    monkeypatch.setattr(sound._Resampler, "push", push)
    reader, whole = heard(clips.tone(440, codec, seconds=2))
    assert reader.decoded.errors == 10
    assert reader.decoded.frames == push.count - 10
    assert level_at(whole, 440, 0.05, 0.35) == pytest.approx(0.25, rel=0.05)
    assert level_at(whole, 440, 0.42, 0.58) < 0.02
    assert level_at(whole, 440, 0.7, 1.9) == pytest.approx(0.25, rel=0.05)


def test_no_call_gives_more_than_a_second_of_sound(clips: Clips):
    reader = SoundReader(TrackPath(str(clips.in_one_packet(clips.tone(440, "pcmu", seconds=2)))))
    chunks = list(reader.chunks())
    assert max(chunk.samples.shape[1] for chunk in chunks) <= PIECE
    assert sum(chunk.samples.shape[1] for chunk in chunks) == pytest.approx(2 * RATE, abs=RATE / 50)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_picture_that_cannot_be_scaled_leaves_the_one_before(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    manifest = room(tmp_path, [Track("ann", "camera", clips.counted(seconds=1, fps=10))])
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "frame_rate": 10}
    job, plan, _ = planned(tmp_path, manifest, layout)
    culprit = sid("RT", "test-room", 0)
    paths = {culprit: TrackPath(job.media[culprit].stored.path)}
    monkeypatch.setattr(Fitter, "fit", Some(Fitter.fit, range(4, 7), error))
    taken = Taken()
    reading = Reading(tmp_path / "reading", [culprit])
    view = View(plan, frames_shown(plan, culprit), BT601, taken.write_to)
    draw([view], paths, 1, reading, print)
    assert (taken.made.decoded[culprit].errors, taken.made.decoded[culprit].frames) == (3, 7)
    assert len(taken.frames) == 10
    same = [bool((a == b).all()) for a, b in zip(taken.frames, taken.frames[1:], strict=False)]
    assert same == [False] * 3 + [True] * 3 + [False] * 3
