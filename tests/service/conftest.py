"""The hosted service's SDK for Node, which npm fetches once a session, a browser, and a clip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from roomreel.service.access.sign_in_links import make_link

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import Api

NODE_SDK = "twilio@6"

# Tests run as root in CI; the rest keeps Chromium itself from asking for anything.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which programs find it."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    options = ("--no-audit", "--no-fund", "--ignore-scripts")
    command = [str(shutil.which("npm")), "install", *options, NODE_SDK]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten seconds of H.264 and AAC, as the product writes them."""
    place = tmp_path_factory.mktemp("clip") / "clip.mp4"
    sources = ("testsrc=size=640x480:rate=30:duration=10", "sine=duration=10")
    inputs = [word for one in sources for word in ("-f", "lavfi", "-i", one)]
    how = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30"]
    how += ["-c:a", "aac", "-movflags", "+faststart", str(place)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, *how]
    subprocess.run(command, check=True)
    return place.read_bytes()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def state(api: Api, browser: Browser) -> Any:
    """The cookies of somebody who has signed in by a link."""
    context = browser.new_context()
    tab = context.new_page()
    link = make_link(api.service.database, api.account, api.service.url, datetime.now(UTC))
    tab.goto(link)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(f"{api.service.url}/console/compositions")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def context(browser: Browser, state: Any) -> Iterator[BrowserContext]:
    opened = browser.new_context(storage_state=state, timezone_id="Asia/Tokyo", locale="en-GB")
    yield opened
    opened.close()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    return context.new_page()
