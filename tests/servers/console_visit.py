"""Somebody who looks at the console of an API in this process, without a browser."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from api_in_process import URL, Api
from starlette.testclient import TestClient

from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import ALL_SCOPES, Scope

OWN = {"Sec-Fetch-Site": "same-origin", "Origin": URL}


class Visit:
    """Requests of one browser: it keeps cookies and follows no redirects."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def token(self, path: str = "/console/compositions") -> str:
        """The token of the first form of a page."""
        return token_in(self.get(path))

    def post(self, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """Send a form of a page of the session."""
        return self.client.post(path, data={"token": self.token()} | (fields or {}), headers=OWN)

    def sign_in(self, sid: str, secret: str, **more: str) -> httpx.Response:
        fields = {"token": self.token("/console/sign-in"), "sid": sid, "secret": secret}
        return self.client.post("/console/sign-in", data=fields | more, headers=OWN)


def token_in(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def words_of(page: httpx.Response) -> str:
    """What a page says between its tags, and its titles."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", " ", "<main" + main)))


def sids_in(page: httpx.Response) -> list[str]:
    """The sids of the rows of a log."""
    return re.findall(r'class="sid">\s*(?:<a[^>]*>)?([A-Z]{2}[0-9a-f]{32})', page.text)


@contextmanager
def visiting(api: Api) -> Iterator[Visit]:
    """Yield somebody who is not signed in."""
    with TestClient(api.app, base_url=URL, follow_redirects=False) as client:
        yield Visit(client)


@contextmanager
def signed_in(api: Api, scopes: Collection[Scope] = ALL_SCOPES) -> Iterator[Visit]:
    """Yield somebody who is signed in by a key of some scopes."""
    with visiting(api) as visit:
        key, secret = create_key(api.service.database, f"of visit {secrets.token_hex(8)}", scopes)
        assert visit.sign_in(key.sid, secret).status_code == 303
        yield visit
