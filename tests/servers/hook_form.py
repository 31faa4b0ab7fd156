"""The form of a hook in the console: read from its page, and sent as a browser does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx
from api_in_process import Api
from console_visit import OWN, Visit, words_of

from roomreel.service.hooks.hooks import find_hook

HOOKS = "/console/hooks"
HOSTILE = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '" onmouseover="x',
    "{{ 7777 * 7777 }}{% raw %}",
    "&lt;b&gt;&amp;",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "محادثة",
    "x" * 100,
]
LAYOUT = {"main": {"video_sources": ["camera"]}, "side": {"video_sources": ["*"], "x_pos": 400}}


class Fields(HTMLParser):
    """The fields of the form of a hook, as a browser has them."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.invalid: set[str] = set()
        self.attributes: set[str] = set()
        self._inside = False
        self._text: str | None = None
        self._select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes |= given.keys()
        self._inside |= given.get("id") == "hook"
        if not self._inside:
            return
        name = given.get("name", "")
        if "aria-invalid" in given:
            self.invalid.add(name)
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values[name] = given.get("value", "on")
        elif tag == "textarea":
            self._text = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self._text = self._select
            self.values[self._select] = ""

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            self.values[self._text] = self.values[self._text].removeprefix("\n")
        if tag in {"textarea", "option"}:
            self._text = None
        self._inside &= tag != "form"


def form_of(page: httpx.Response) -> dict[str, str]:
    return Fields(page).values


def send(visit: Visit, path: str, fields: dict[str, str]) -> httpx.Response:
    return visit.client.post(path, data=fields, headers=OWN)


def make(visit: Visit, **typed: str) -> str:
    """Make a hook by the form; return its path."""
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"friendly_name": "one"} | typed
    answer = send(visit, HOOKS, fields)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def hook_at(api: Api, path: str) -> Any:
    return find_hook(api.service, path.rpartition("/")[2])


def drawn(page: httpx.Response) -> str:
    """The part of a page that has the preview."""
    return page.text.partition('<section id="preview"')[2].partition("</section>")[0]
