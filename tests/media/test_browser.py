"""Compositions play in a browser: headless Chromium, played and sought to the middle."""

import base64
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import compose_room
from foreign import ffmpeg
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
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
