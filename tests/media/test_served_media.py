"""Media by the API, from a real server: they play, in FFmpeg and in a browser."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import quote, unquote

import av
import httpx
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from playwright.sync_api import Page, sync_playwright

import roomreel
from roomreel.model.composition import Outcome
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import open_database
from roomreel.service.projection.projection import refresh
from roomreel.service.service import Service
from roomreel.web.app import make_app
from roomreel.web.server import Listening, serving
from roomreel.web.site import site_of

ACCOUNT = make_account(None)
CHROMIUM = shutil.which("chromium")
PAGE = b"<!DOCTYPE html><title>shown</title><script>document.title = 'ran'</script>"
SIZE = (1280, 720)
CAMERA, HOSTILE = sid("RT", "call", 0), sid("RT", "call", 1)


@dataclass(frozen=True)
class Served:
    """A server, and the composition that it has."""

    client: httpx.Client
    made: Outcome
    camera: Path

    def link(self, path: str, **asked: str) -> str:
        answer = self.client.get(f"/v1/{path}", params=asked)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def served(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    camera = clips.video("green", (320, 240), "h264", 4)
    page = folder / "page.mkv"
    page.write_bytes(PAGE)
    manifest = room(
        folder, [Track("ann", "camera", camera), Track("eve", "page", page)], name="call"
    )
    settings = roomreel.Settings(
        folder=folder, store=folder / "store", manifests=str(manifest), media_roots=[str(folder)]
    )
    made = roomreel.compose_room(manifest, "grid", settings=settings)
    database = open_database(settings)
    port = free_port()
    site = site_of(settings, "127.0.0.1", port)
    service = Service(settings, database, lambda: ACCOUNT, site.url)
    refresh(database, service.catalog)
    basic = (ACCOUNT.sid, ACCOUNT.auth_token)
    with (
        serving(make_app(service, site), Listening("127.0.0.1", port)),
        httpx.Client(base_url=site.url, auth=basic, timeout=30) as client,
    ):
        yield Served(client, made, camera)
    database.close()


def test_a_composition_is_fetched_and_plays(served):
    got = httpx.get(served.link(f"Compositions/{served.made.sid}/Media"))
    assert got.content == Path(served.made.files.media).read_bytes()
    assert hashlib.sha256(got.content).hexdigest() == served.made.media_sha256
    with av.open(BytesIO(got.content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == served.made.frame_count


def test_ffmpeg_plays_and_seeks_by_the_link(served):
    with av.open(served.link(f"Compositions/{served.made.sid}/Media")) as container:
        container.seek(2_000_000)
        frame = next(container.decode(video=0))
        assert frame.time == pytest.approx(2, abs=2)
        red, green, blue = frame.to_ndarray(format="rgb24").mean(axis=(0, 1))
        assert green > max(red, blue)


def test_poster_sheet_and_plan_are_those_that_were_published(served):
    files = served.made.files
    for what, place in (("Poster", files.poster), ("Sheet", files.sheet), ("Plan", files.plan)):
        got = httpx.get(served.link(f"Compositions/{served.made.sid}/{what}"))
        assert got.content == Path(place).read_bytes()


@pytest.mark.parametrize("of", ["", "Rooms/call/"])
def test_a_recording_is_the_file_that_was_recorded(served, of):
    got = httpx.get(served.link(f"{of}Recordings/{CAMERA}/Media"))
    assert got.content == served.camera.read_bytes()


def test_head_has_no_body(served):
    url = served.link(f"Compositions/{served.made.sid}/Media")
    got = httpx.head(url)
    assert (got.status_code, got.content) == (200, b"")
    assert int(got.headers["content-length"]) == Path(served.made.files.media).stat().st_size
    # The connection can be used on: nothing of a body was sent after it.
    assert served.client.head(f"/v1/Recordings/{CAMERA}/Media").status_code == 302
    assert served.client.get("/healthz").text == "ok"


in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="Chromium is not installed"
    ),
]


@pytest.fixture(params=[pytest.param("chromium", marks=in_browser)])
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        yield opened.new_page(viewport={"width": 640, "height": 480})
        opened.close()


def shown(page: Page) -> tuple[float, float, float]:
    """The colour in the middle of what the browser shows; no script may run in the page."""
    with av.open(BytesIO(page.screenshot())) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    red, green, blue = picture[200:280, 280:360].mean(axis=(0, 1))
    return red, green, blue


def becomes_green(page: Page) -> bool:
    for _ in range(50):
        red, green, blue = shown(page)
        if green > 100 > max(red, blue):
            return True
        page.wait_for_timeout(100)
    return False


@pytest.mark.parametrize("what", ["Media", "Poster", "Sheet"])
def test_a_browser_shows_a_link_that_is_opened(served, page, what):
    path = f"Compositions/{served.made.sid}/{what}"
    page.goto(served.link(path, ContentDisposition="inline"))
    assert becomes_green(page)


PLAYED = """
async () => {
  const video = document.querySelector("video");
  await video.play();
  await new Promise((done) => { video.onseeked = done; video.currentTime = video.duration / 2; });
  return [video.videoWidth, video.videoHeight, video.currentTime];
}
"""


class OtherSite(BaseHTTPRequestHandler):
    """A page of another site that shows what the query of its URL says."""

    def do_GET(self) -> None:
        body = f'<video muted src="{unquote(self.path.partition("?")[2])}"></video>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_about: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherSite) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_of_another_site_plays_a_link(served, page, other_site):
    url = served.link(f"Compositions/{served.made.sid}/Media")
    page.goto(f"{other_site}?{quote(url, safe='')}")
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    width, height, at = page.evaluate(PLAYED)
    assert (width, height) == SIZE  # of the layout
    assert at > 1


def test_a_recording_that_is_a_page_does_not_run(served, page):
    url = served.link(f"Recordings/{HOSTILE}/Media", ContentDisposition='inline; filename="x.html"')
    assert httpx.get(url).content == PAGE
    page.goto(url)
    page.wait_for_timeout(500)
    assert page.title() not in {"ran", "shown"}
