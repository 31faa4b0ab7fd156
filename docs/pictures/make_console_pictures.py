"""Make the pictures of docs/console.md: `python docs/pictures/make_console_pictures.py`.

The pages are those of an API in this process, with made-up calls; Chromium is asked for. Who adds a
page adds a row to `PICTURES`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from roomreel.model.table import Table
from roomreel.service.access.sign_in_links import make_link
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "servers"))
from api_in_process import HOST, NOON, Api, composition, empty_api, recording, sid_of

HERE = Path(__file__).parent
PORT = 8769
CALLS = ("Maths, year 9", "Interview with Zoë", "Support 4711", "Team weekly", "Dr. Okafor, 10:30")
STATES = ("completed", "completed", "completed", "failed", "completed", "deleted")
DESK, PHONE = (1280, 720), (375, 720)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a page.

    Attributes:
        do: what is done on the page before.
    """

    name: str
    path: str
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"
    do: Callable[[Page], None] = lambda _: None


def count(tab: Page) -> None:
    """Count what a deletion of what is shown has."""
    tab.get_by_role("button", name="Delete what this filter matches").click()
    tab.wait_for_url("**/deletions/*")


PICTURES = (
    Picture("sign-in", "/console/sign-in", PHONE),
    Picture("compositions", "/console/compositions"),
    Picture("compositions-phone", "/console/compositions", PHONE, "dark"),
    Picture("recordings", "/console/recordings", scheme="dark"),
    Picture("hook", f"/console/hooks/{sid_of('HK', 1)}/edit"),
    Picture("deletion", "/console/compositions?room=Support+4711", do=count),
)


def main() -> None:
    """Write the pictures beside this file."""
    with tempfile.TemporaryDirectory() as name, empty_api(Path(name), PORT) as api:
        fill(api)
        link = make_link(api.service.database, api.account, api.service.url, datetime.now(UTC))
        with serving(api.app, Listening(HOST, PORT)), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            tab = browser.new_page()
            tab.goto(link)
            tab.get_by_role("button", name="Sign in").click()
            tab.wait_for_url(f"{api.service.url}/console/compositions")
            state = tab.context.storage_state()
            for picture in PICTURES:
                width, height = picture.size
                tab = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=picture.scheme,
                    storage_state=state,
                    locale="en-GB",
                    timezone_id="Europe/Berlin",
                )
                tab.goto(api.service.url + picture.path)
                picture.do(tab)
                tab.wait_for_load_state("networkidle")
                tab.screenshot(path=HERE / f"console-{picture.name}.png")
                tab.close()
            browser.close()


def fill(api: Api) -> None:
    """Make some calls, their recordings and compositions."""
    for number, call in enumerate(CALLS):
        api.room(number, "in-progress" if number == 4 else "completed", unique_name=call)
    kinds = ("audio", "video")
    said = [(number, kind) for number in range(len(CALLS) - 1) for kind in kinds]
    api.record(
        Table.RECORDINGS,
        *(
            recording(n, kind, room_name=CALLS[n], duration_ms=1_000_000 + 731_113 * n)
            for n, kind in said
        ),
    )
    rows = []
    for number in range(30):
        state = STATES[number % len(STATES)]
        of = number % (len(CALLS) - 1)
        rows.append(
            composition(
                number,
                status=state,
                format="mp4",
                room_sid=sid_of("RM", of),
                room_name=CALLS[of],
                duration_ms=1_000_000 + 731_113 * of,
                date_created=NOON + timedelta(minutes=17 * number),
                date_deleted=NOON if state == "deleted" else None,
                failure_code="media-unreadable" if state == "failed" else None,
            )
        )
    api.record(Table.COMPOSITIONS, *rows)
    faces = {"video_sources": ["camera"], "width": 320, "max_columns": 1, "z_pos": 1}
    screen = {"video_sources": ["screen"], "x_pos": 320}
    layout = {"screen": screen, "faces": faces}
    api.hook(1, friendly_name="Lessons", video_layout=layout, resolution="1280x720", format="mp4")
    api.look()


if __name__ == "__main__":
    main()
