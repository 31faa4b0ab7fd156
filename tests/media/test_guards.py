"""A frame that cannot be converted is counted and passed over; what follows is shown and heard."""

import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av import VideoFrame
from clip_rooms import Track, room, sid
from clips import Clips
from composing import level_at, planned

from roomreel.errors import StorageFailed
from roomreel.media import ffmpeg, sound, track
from roomreel.media.colour import BT601
from roomreel.media.copy import copy_pictures
from roomreel.media.encoder_options import VideoSettings
from roomreel.media.encoders import SoundEncoder, VideoEncoder
from roomreel.media.fit import Fitter
from roomreel.media.frames import planes
from roomreel.media.mux import mux
from roomreel.media.sound import MAX_BLOCK, SoundReader
from roomreel.model.geometry import Size
from roomreel.model.media import TrackPath
from roomreel.model.samples import RATE
from roomreel.model.template import Format
from roomreel.render import decoding
from roomreel.render.in_use import InUseMarker
from roomreel.render.parts import PartContents
from roomreel.render.patches import Drawer
from roomreel.render.pictures import ChunkOutput, CompositionChunks, render_chunks
from roomreel.render.recheck import independent_fingerprint
from roomreel.render.source_trial import frames_shown

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
        self.frames, self.made = [], PartContents(Path())

    def write(self, frame, **_):
        self.frames.append(planes(frame)[0])

    @contextmanager
    def write_to(self, _):
        yield ChunkOutput(self, self.made)


def heard(path: Path) -> tuple[SoundReader, np.ndarray]:
    reader, whole = SoundReader(TrackPath(str(path))), np.zeros((2, 2 * RATE), np.float32)
    for chunk in reader.blocks():
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
    chunks = list(reader.blocks())
    assert max(chunk.samples.shape[1] for chunk in chunks) <= MAX_BLOCK
    assert sum(chunk.samples.shape[1] for chunk in chunks) == pytest.approx(2 * RATE, abs=RATE / 50)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_picture_that_cannot_be_scaled_leaves_the_one_before(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    manifest = room(tmp_path, [Track("ann", "camera", clips.counted(seconds=1, fps=10))])
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "frame_rate": 10}
    job, plan, _ = planned(tmp_path, manifest, layout)
    culprit = sid("RT", "test-room", 0)
    paths = {culprit: TrackPath(job.media[culprit].stored.location)}
    monkeypatch.setattr(Fitter, "fit", Some(Fitter.fit, range(4, 7), error))
    taken = Taken()
    reading = InUseMarker(tmp_path / "in-use", [culprit])
    view = CompositionChunks(plan, frames_shown(plan, culprit), Drawer(BT601), taken.write_to)
    render_chunks([view], paths, 1, reading, print)
    assert (taken.made.decoded[culprit].errors, taken.made.decoded[culprit].frames) == (3, 7)
    assert len(taken.frames) == 10
    same = [bool((a == b).all()) for a, b in zip(taken.frames, taken.frames[1:], strict=False)]
    assert same == [False] * 3 + [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("owner", "method"), [(track.Track, "decode"), (Fitter, "fit")], ids=["decode", "scale"]
)
def test_a_second_look_that_cannot_be_had_says_nothing_of_a_picture(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
):
    red = clips.video("red", (160, 120), seconds=1, fps=10)
    manifest = room(tmp_path, [Track("ann", "camera", red)])
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "frame_rate": 10}
    job, plan, _ = planned(tmp_path, manifest, layout)
    sids = [sid("RT", "test-room", 0)]
    paths = {one: TrackPath(job.media[one].stored.location) for one in sids}
    reading, drawer = InUseMarker(tmp_path / "reading", sids), Drawer(BT601)
    assert 1 in independent_fingerprint(plan, drawer, paths, 1, reading, print).table()["layer"]
    monkeypatch.setattr(owner, method, Some(getattr(owner, method), range(99), MemoryError()))
    assert 1 not in independent_fingerprint(plan, drawer, paths, 1, reading, print).table()["layer"]


class Slow:
    """A step that takes a while, and whether it is under way."""

    def __init__(self, method):
        self.method, self.under_way = method, set()

    def __get__(self, thing, _):
        return lambda *args: self.call(thing, *args)

    def call(self, thing, *args):
        self.under_way.add(thing)
        time.sleep(0.5)
        found = self.method(thing, *args)
        self.under_way.discard(thing)
        return found


def test_no_decoder_is_closed_while_a_thread_is_in_it(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    """What is drawn cannot be kept while the next pictures are decoded already."""
    manifest = room(tmp_path, [Track("ann", "camera", clips.counted(seconds=4, fps=10))])
    layout = {"video_layout": {"grid": {"video_sources": ["*"]}}, "frame_rate": 10}
    job, plan, _ = planned(tmp_path, manifest, layout)
    culprit = sid("RT", "test-room", 0)
    paths = {culprit: TrackPath(job.media[culprit].stored.location)}
    changes, close, closed = Slow(decoding.TrackDecoder.decode), decoding.TrackDecoder.close, []

    def noted(track):
        closed.append(track in changes.under_way)
        close(track)

    @contextmanager
    def no_room(_):
        raise StorageFailed("the disk is full")
        yield  # a block that is never entered

    monkeypatch.setattr(decoding.TrackDecoder, "decode", changes)
    monkeypatch.setattr(decoding.TrackDecoder, "close", noted)
    view = CompositionChunks(plan, frames_shown(plan, culprit), Drawer(BT601), no_room)
    [error] = render_chunks([view], paths, 2, InUseMarker(tmp_path / "in-use", [culprit]), print)
    assert (str(error), closed) == ("storage-failed: the disk is full", [False])


def test_a_file_that_cannot_be_written_ends_in_words(tmp_path: Path, clips: Clips):
    nowhere = tmp_path / "gone" / "part.mp4"
    manifest = room(tmp_path, [Track("ann", "camera", clips.video(seconds=1))])
    _, plan, _ = planned(tmp_path, manifest, {"video_layout": {"grid": {"video_sources": ["*"]}}})
    frame = VideoFrame(64, 48, "yuv420p")
    program = ffmpeg.binary(None)
    settings = VideoSettings("libx264", "draft", {}, 1)
    for write in (
        lambda: VideoEncoder(nowhere, Size(64, 48), Fraction(30), BT601, settings),
        lambda: SoundEncoder(nowhere, Format.MP4),
        lambda: mux([], None, nowhere, {}, plan),
        lambda: copy_pictures(TrackPath(str(clips.video())), nowhere, Fraction(0), Fraction(2)),
        lambda: ffmpeg.write_poster(frame, nowhere, program),
        lambda: ffmpeg.write_sheet([frame], nowhere, program),
    ):
        with pytest.raises(StorageFailed, match=r"cannot write .*: it does not exist"):
            write()
