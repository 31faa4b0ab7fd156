"""An encoder that cannot do its work is told before anything is decoded, in words."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av import VideoFrame
from av.codec import Codec
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room

from roomreel.errors import RenderError
from roomreel.media.colour import BT601
from roomreel.media.encoder_check import KNOWN, EncoderCheck, check_encoder, usable_encoders
from roomreel.media.encoder_options import ENCODERS, VideoSettings, configure
from roomreel.media.encoders import VideoEncoder
from roomreel.model.geometry import Size
from roomreel.model.template import Format
from roomreel.process import isolate
from roomreel.samples.recorder import encode_video

NO_DEVICE = ["h264_nvenc", "h264_qsv", "h264_v4l2m2m", "h264_amf", "hevc_nvenc"]
"""Encoders on chips that FFmpeg finds at run time; machines that run tests have none."""


def trial(encoder: str, output: str, quality: str = "standard", **options: str) -> EncoderCheck:
    return EncoderCheck(VideoSettings(encoder, quality, options, 1), Format(output))


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
@pytest.mark.parametrize(
    ("encoder", "output"), [("libx264", "mp4"), ("libvpx", "webm"), ("libsvtav1", "webm")]
)
def test_encoders_of_the_table_are_proved(encoder: str, output: str, quality: str):
    check_encoder(trial(encoder, output, quality))


def scheduling() -> set[int]:
    return {os.sched_getscheduler(int(task.name)) for task in Path("/proc/self/task").iterdir()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only where root encodes is there anything to keep")
def test_an_encoder_leaves_the_scheduling_of_the_process_as_it_is(tmp_path: Path):
    before = scheduling()
    settings = VideoSettings("libsvtav1", "standard", {"preset": "12"}, 1)
    check_encoder(EncoderCheck(settings, Format.WEBM))
    assert scheduling() == before
    size = Size(64, 64)
    with VideoEncoder(tmp_path / "a.mkv", size, Fraction(10), BT601, settings) as one:
        one.write(VideoFrame(64, 64, "yuv420p"))
        assert scheduling() == before
    assert scheduling() == before
    encode_video([(Fraction(0), np.zeros((64, 64, 3), np.uint8))], "av1")
    assert scheduling() == before


REFUSED = {
    "not there": (trial("libnothing", "mp4"), "this FFmpeg has no encoder 'libnothing'"),
    "no name": (trial("", "mp4"), "this FFmpeg has no encoder ''"),
    "of sound": (trial("aac", "mp4"), "'aac' is an encoder of audio, not of video"),
    "only a decoder": (trial("libdav1d", "webm"), "has no encoder 'libdav1d'"),
    "VP8 in MP4": (trial("libvpx", "mp4"), "'libvpx' makes vp8, and mp4 takes h264, hevc, av1"),
    "H.264 in WebM": (trial("libx264", "webm"), "makes h264, and webm takes vp8, vp9, av1"),
    "only RGB": (trial("libx264rgb", "mp4"), "takes no yuv420p or nv12 pictures"),
    "a wrong value": (trial("libx264", "mp4", crf="best"), "option crf to value best"),
    "a wrong preset": (trial("libx264", "mp4", preset="fastt"), "preset/tune fastt"),
    "a wrong option": (trial("libx264", "mp4", presett="fast"), "knows no option presett"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_encoder_that_cannot_be_used_is_refused_in_words(name: str):
    case, words = REFUSED[name]
    with pytest.raises(RenderError) as caught:
        check_encoder(case)
    assert words in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("name", NO_DEVICE)
def test_an_encoder_without_its_device_is_refused_in_words(name: str):
    with pytest.raises(RenderError) as caught:
        isolate.run(check_encoder, trial(name, "mp4"), isolate.Budget(60, 10**9))
    assert f"encoder {name!r} cannot be opened" in caught.value.message
    assert caught.value.remedy.endswith("or set video_encoder.mp4 to libx264")


def test_what_is_proposed_is_there_and_fits():
    assert usable_encoders(Format.MP4)[0] == "libx264"
    assert usable_encoders(Format.WEBM)[0] == "libvpx"
    for output in Format:
        assert set(usable_encoders(output)) <= set(KNOWN)
        assert all(Codec(name, "w").type == "video" for name in usable_encoders(output))
    assert {*ENCODERS} <= {*usable_encoders(Format.MP4), *usable_encoders(Format.WEBM)}


def test_a_render_says_so_before_it_decodes(clips: Clips, tmp_path: Path):
    hostile = clips.corrupted(clips.video(seconds=1))
    manifest = room(tmp_path, [Track("ann", "camera", hostile)])
    template = {"video_layout": {"grid": {"video_sources": ["*"]}}, "format": "mp4"}
    encoders = {"mp4": "h264_nvenc", "webm": "libvpx"}
    with pytest.raises(RenderError, match="'h264_nvenc' cannot be opened on this machine"):
        compose_room(tmp_path, manifest, template, video_encoder=encoders)


@pytest.mark.parametrize(("encoder", "threads"), [("libvpx", 1), ("libx264", 2)])
def test_an_encoder_whose_threads_wait_in_a_loop_has_one(encoder: str, threads: int):
    context = av.CodecContext.create(encoder, "w")
    size = Size(320, 240)
    settings = VideoSettings(encoder, "standard", {}, 2)
    configure(context, size, Fraction(30), BT601, settings)
    assert context.thread_count == threads


def test_the_level_of_logs_stays_as_it_was():
    before = av.logging.get_level()
    check_encoder(trial("libx264", "mp4"))
    assert av.logging.get_level() == before
