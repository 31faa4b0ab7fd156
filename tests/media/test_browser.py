"""Compositions play in a browser: headless Chromium, played and sought to the middle."""

import base64
import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import foreign
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips, counter
from composing import compose_room
from foreign import ffmpeg
from foreign_files import trimmed
from playwright.sync_api import sync_playwright

from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter
from roomreel.media.video import VideoReader
from roomreel.model.geometry import Rect
from roomreel.model.media import TrackPath

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="Chromium is not installed"
    ),
]

FLAGS = [
    "--no-sandbox",  # tests run as root in CI
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

PLAY = """
async () => {
  const video = document.querySelector("video");
  const once = (name) => new Promise((done, fail) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => fail(video.error.message), {once: true});
  });
  const pixel = () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data.slice(0, 3)];
  };
  if (video.readyState < 2) await once("loadeddata");
  video.muted = true;
  const painted = new Promise((done) => video.requestVideoFrameCallback(done));
  await video.play();
  await painted;  // loadeddata tells of a decoded picture, not of one that can be drawn
  const first = pixel();
  await new Promise((done) => setTimeout(done, 700));
  video.pause();
  const played = video.currentTime;
  const sought = once("seeked");
  video.currentTime = video.duration / 2;
  await sought;
  return {first, played, duration: video.duration, at: video.currentTime, middle: pixel(),
          width: video.videoWidth, height: video.videoHeight};
}
"""

GREEN = 20, 200, 20

COLOUR_TOLERANCE = 12
"""Of 255: coders leave so much of a plain colour; in the wrong matrix it is 31 off."""

SHOW = """
  const video = document.querySelector("video");
  if (video.readyState < 2) await new Promise((done) => { video.onloadeddata = done; });
  const show = async (at) => {
    const painted = new Promise((done) => video.requestVideoFrameCallback(done));
    await new Promise((done) => { video.onseeked = done; video.currentTime = at; });
    // A picture that was there already is not painted again.
    await Promise.race([painted, new Promise((done) => setTimeout(done, 1000))]);
  };
"""
"""Seeking and waiting for the picture: seeked tells of a picture found, not of one to be drawn."""

QUARTERS = f"""
async () => {{{SHOW}
  await show(0.5);
  const canvas = document.createElement("canvas");
  const width = canvas.width = video.videoWidth, height = canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, width, height);
  context.drawImage(video, 0, 0);
  const level = (x, y) => context.getImageData(width * x / 4, height * y / 4, 1, 1).data[0];
  return {{width, height, levels: [level(1, 1), level(3, 1), level(1, 3), level(3, 3)]}};
}}
"""
"""The levels in the middle of the quarters of a grey picture, over black."""

SEEK = f"""
async () => {{{SHOW}
  const canvas = document.createElement("canvas");
  const width = canvas.width = video.videoWidth, height = canvas.height = video.videoHeight;
  const context = canvas.getContext("2d"), pictures = [];
  for (const at of INSTANTS) {{
    await show(at);
    context.drawImage(video, 0, 0);
    pictures.push([...context.getImageData(0, 0, width, height).data]);
  }}
  return {{width, height, pictures}};
}}
"""
"""The pictures at some instants."""

HEAR = """
async () => {
  const data = await (await fetch(document.querySelector("video").src)).arrayBuffer();
  const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(data);
  const samples = sound.getChannelData(0), onsets = [];
  for (let at = 0; at < samples.length; at++)
    if (Math.abs(samples[at]) > 0.1) { onsets.push(at / 48000); at += 24000; }
  return {onsets, duration: sound.duration};
}
"""
"""When beeps begin in sound of which a browser joins the packets, whatever their timestamps."""


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_a_composition_plays_and_seeks(tmp_path: Path, clips: Clips, output: str):
    seconds = ["red", "red", "blue", "blue"]  # the middle, 2 s, begins the blue half
    tracks = [
        Track("ann", "camera", clips.video(seconds, seconds=4)),
        Track("ann", "microphone", clips.tone(440, seconds=4), offset_ms=1),
    ]
    template = {
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "320x240",
        "format": output,
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    seen = in_browser(made.media, PLAY)
    assert (seen["width"], seen["height"]) == (320, 240)
    assert seen["duration"] == pytest.approx(4, abs=0.05)
    assert 0.3 < seen["played"] < 2
    assert seen["at"] == pytest.approx(2, abs=0.05)
    assert is_red(seen["first"])
    assert is_red(seen["middle"][::-1])


RECORDINGS: dict[str, Callable[[Path], Path]] = {
    "mirrored": lambda f: foreign.posed(grey(f / "a.mp4"), f / "b.mp4", mirrored=True),
    "mirrored and turned": lambda f: foreign.posed(
        grey(f / "a.mp4"), f / "b.mp4", mirrored=True, degrees=90
    ),
    "transparent VP8": lambda f: transparent(f, "libvpx"),
    "transparent VP9": lambda f: transparent(f, "libvpx-vp9"),
}


def grey(path: Path) -> Path:
    encoder = "-pix_fmt", "yuv420p", *foreign.H264
    return foreign.quarters(path, *encoder, levels=(40, 90, 140, 200))


def transparent(folder: Path, codec: str) -> Path:
    encoder = "-pix_fmt", "yuva420p", "-c:v", codec, "-b:v", "1M", "-auto-alt-ref", 0
    levels, alphas = (200, 200, 200, 200), (0, 64, 128, 255)
    return foreign.quarters(folder / "a.webm", *encoder, levels=levels, alphas=alphas)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_shown_as_in_a_browser(tmp_path: Path, name: str):
    path = RECORDINGS[name](tmp_path)
    seen = in_browser(path, QUARTERS)
    reader = VideoReader(TrackPath(str(path)))
    cell = Rect(0, 0, seen["width"], seen["height"])
    picture = Fitter(cell, BT601).fit(next(reader.all()), Fraction(1))
    reader.close()
    assert picture is not None
    assert picture.rect == cell
    luma = picture.planes[0].astype(float)
    middles = [(y, x) for y in (1, 3) for x in (1, 3)]
    shown = [luma[cell.height * y // 4, cell.width * x // 4] for y, x in middles]
    levels = [(level - 16) * 255 / 219 for level in shown]
    assert levels == pytest.approx(seen["levels"], abs=COLOUR_TOLERANCE)


def test_a_recording_that_was_trimmed_begins_and_goes_on_as_in_a_browser(tmp_path: Path):
    path = trimmed(tmp_path, 1.2)
    instants = [0.02, 0.42, 1.02, 1.62]
    seen = in_browser(path, SEEK.replace("INSTANTS", str(instants)))
    shape = seen["height"], seen["width"], 4
    expected = [counter(np.reshape(picture, shape)[..., :3]) for picture in seen["pictures"]]
    assert expected[0] == 30
    reader = VideoReader(TrackPath(str(path)))
    shown = [reader.newest(floor(Fraction(at) / reader.time_base)) for at in instants]
    assert [counter(picture.to_ndarray(format="rgb24")) for picture in shown] == expected
    reader.close()


@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_colours_of_a_large_picture_are_right(tmp_path: Path, output: str):
    clip = tmp_path / "plain.mkv"
    rgb = bytes(GREEN) * 160 * 90 * 30
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "160x90", "-r", 10, "-i", "-"
    convert = "-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709"
    ffmpeg(*raw, *convert, "-c:v", "libx264", "-qp", 4, clip, data=rgb)
    template = {
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "resolution": "1280x720",
        "format": output,
        "frame_rate": 10,
    }
    made = compose_room(tmp_path, room(tmp_path, [Track("ann", "camera", clip)]), template)
    seen = in_browser(made.media, PLAY)
    assert max(abs(a - b) for a, b in zip(seen["first"], GREEN, strict=True)) <= COLOUR_TOLERANCE


def test_copied_sound_with_gaps_is_heard_in_time(tmp_path: Path, clips: Clips):
    microphone = clips.flash_and_beep(4)[1]
    for start in (0.3, 1.34, 2.217):
        microphone = clips.gapped(microphone, start, start + 0.4)
    tracks = [
        Track("ann", "camera", clips.counted((320, 240), seconds=4, gop=60)),
        Track("ann", "microphone", microphone),
    ]
    template = {
        "video_layout": {"main": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "320x240",
        "format": "webm",
        "passthrough": True,
    }
    made = compose_room(tmp_path, room(tmp_path, tracks), template)
    assert made.plan.copies_sound
    heard = in_browser(made.media, HEAR)
    assert heard["onsets"] == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert heard["duration"] == pytest.approx(4, abs=0.03)


def in_browser(media: Path, script: str) -> Any:
    """What a script answers on a page with one video."""
    # As data, so that the page may read its pixels: file:// would taint the canvas.
    data = base64.b64encode(media.read_bytes()).decode()
    kind = media.suffix.removeprefix(".")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.set_content(f'<video src="data:video/{kind};base64,{data}"></video>')
        answer = page.evaluate(script)
        browser.close()
    return answer


def is_red(rgb: list[int]) -> bool:
    """Far from every other corner of the cube, as a coder leaves it."""
    return rgb[0] > 200 and max(rgb[1:]) < 60
