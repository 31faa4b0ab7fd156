"""How long until a composition is seen: python benchmarks/service_player.py [--minutes 60]

Publishes a composition of that length, serves the console, and opens its page in Chromium (Debian:
`chromium`), where the player is told to play as soon as it is there. Prints the time from the
opening of the page until its first picture is on the screen, by the browser's clock; then the same
from a seek into the middle of it on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import imageio_ffmpeg
from playwright.sync_api import Browser, sync_playwright

from roomreel.model.table import Table
from roomreel.service.access.sign_in_links import make_link
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))
from api_in_process import HOST, Api, empty_api
from planned import SID, publish_planned

CHROMIUM = shutil.which("chromium") or sys.exit("it needs Chromium (Debian: chromium)")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TIMES = 15
# It is copied again and again: encoding an hour would take minutes.
LOOP_S, SIZE = 10, "1280x720"

# As the page begins to be read, by the clock that starts when the browser leaves for it.
PLAY = """
window.seen = new Promise((seen) => {
  new MutationObserver((_, observer) => {
    const player = document.getElementById("player");
    if (player) {
      observer.disconnect();
      player.muted = true;
      player.requestVideoFrameCallback(() => seen(performance.now()));
      player.play();
    }
  }).observe(document, { childList: true, subtree: true });
});
"""
SEEK = """() => new Promise((seen) => {
  const player = document.getElementById("player");
  const start = performance.now();
  player.pause();
  player.addEventListener("seeked", () => seen(performance.now() - start), { once: true });
  player.currentTime = player.duration / 2;
})"""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=int, default=60)
    given = asked.parse_args()
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, empty_api(Path(folder), port) as api:
        api.room(0)
        row = publish_planned(api, duration_ms=given.minutes * 60_000)
        film(Path(row["media_url"]), given.minutes * 60)
        size = Path(row["media_url"]).stat().st_size
        later = row["updated_at"] + timedelta(minutes=1)
        api.record(Table.COMPOSITIONS, row | {"size_bytes": size, "updated_at": later})
        api.look()
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"{given.minutes} min of {SIZE}, {size / 1e6:.0f} MB", flush=True)
        with serving(api.app, Listening(HOST, port)), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            watch(api, browser)
            browser.close()


def watch(api: Api, browser: Browser) -> None:
    """Open the page some times, each time in a tab of its own, and print."""
    context = browser.new_context()
    signing = context.new_page()
    link = make_link(api.service.database, api.account, api.service.url, datetime.now(UTC))
    signing.goto(link)
    signing.get_by_role("button", name="Sign in").click()
    signing.wait_for_url("**/console/compositions")
    opened, sought = [], []
    for _ in range(TIMES):
        tab = context.new_page()
        tab.add_init_script(PLAY)
        tab.goto(f"{api.service.url}/console/compositions/{SID}", wait_until="commit")
        opened.append(float(tab.evaluate("window.seen")))
        sought.append(float(tab.evaluate(SEEK)))
        tab.close()
    for what, took in (("from opening to the first picture", opened), ("a seek", sought)):
        print(f"{what}: median {median(took):.0f} ms, worst {max(took):.0f} ms", flush=True)


def film(file: Path, seconds: int) -> None:
    """Write a film with sound, its index at the front as compositions have it."""
    loop = file.with_name("loop.mp4")
    inputs = (f"testsrc2=size={SIZE}:rate=30:duration={LOOP_S}", f"sine=duration={LOOP_S}")
    sources = [word for one in inputs for word in ("-f", "lavfi", "-i", one)]
    how = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "60",
        "-crf",
        "35",
    ]
    ffmpeg(*sources, *how, "-c:a", "aac", str(loop))
    again = ["-stream_loop", str(seconds // LOOP_S - 1), "-i", str(loop)]
    ffmpeg(*again, "-c", "copy", "-movflags", "+faststart", str(file))
    loop.unlink()


def ffmpeg(*words: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *words]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
