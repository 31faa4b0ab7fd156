"""Requests to the hosted service and to where it stores media: the one place that makes any.

No URL that is signed, and nothing of the account, gets into an error or a log from here: libraries
put both into theirs, so none of their words are passed on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as NotInTime

from roomreel.errors import ArgumentsInvalid, StorageFailed
from roomreel.importers.download.credentials import Credentials
from roomreel.importers.download.retries import (
    Changed,
    LinkExpired,
    NotThere,
    Patience,
    TryAgain,
)

BASE_URL = "https://video.twilio.com"
PAGE_SIZE = 100
CHUNK_BYTES = 2**16

_TIMEOUT_S = 30.0
_ENCRYPTION_HEADERS = "x-amz-meta-"
_PASSING = frozenset({408, 429})

_SILENT = logging.Logger("roomreel.twilio")  # noqa: LOG001  its client logs URLs: not to be heard
_SILENT.disabled = True


class _NoPaths(logging.Filter):
    """Keeps out what the pool of connections logs of requests: their paths are signed."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG


logging.getLogger("urllib3.connectionpool").addFilter(_NoPaths())


@dataclass(frozen=True, slots=True)
class About:
    """The headers of a stored file.

    Attributes:
        start: which of its bytes comes first in this answer.
        total: its size; None where that is not said.
        etag: "" where there is none.
        encryption: the headers with which it was encrypted.
    """

    start: int
    total: int | None
    etag: str
    encryption: Mapping[str, str]


class Service:
    """The account of somebody at the hosted service; to be used by many threads.

    Args:
        base_url: of its API; tests have another one.
    """

    def __init__(self, credentials: Credentials, patience: Patience, base_url: str) -> None:
        self._credentials = credentials
        self._patience = patience
        self._base_url = base_url.rstrip("/")
        self._client = Client(
            credentials.user,
            credentials.password,
            credentials.account,
            http_client=TwilioHttpClient(timeout=_TIMEOUT_S, logger=_SILENT),
        )
        self._storage = requests.Session()
        # Or a password of ~/.netrc would be sent along.
        self._storage.auth = lambda request: request

    def resource(self, path: str) -> dict[str, Any]:
        """Return a resource of the API, such as /v1/Rooms/RM...

        Raises:
            NotThere: there is none.
            ArgumentsInvalid: the credentials are refused.
            StorageFailed: it cannot be had.
        """
        return self._patience.retry(lambda: self._document(path, {}))

    def pages(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list of the API.

        Raises:
            NotThere, ArgumentsInvalid, StorageFailed: as of `resource`.
        """
        following: str | None = path
        values: dict[str, Any] = {**filters, "PageSize": PAGE_SIZE}
        while following is not None:
            page = self._patience.retry(
                lambda path=following, values=values: self._document(path, values)  # type: ignore[misc]
            )
            yield page
            meta = page.get("meta")
            more = meta.get("next_page_url") if isinstance(meta, dict) else None
            # Of this service alone, wherever a page leads to: credentials go along.
            parts = urlsplit(more) if isinstance(more, str) and more else None
            following = f"{parts.path}?{parts.query}" if parts else None
            values = {}

    def link(self, sid: str) -> str:
        """Return where the media of a recording is stored, for an hour at most: once, untried.

        Raises:
            NotThere: it has none: it is processed still, or nothing was ever heard or seen.
            TryAgain: not now.
            ArgumentsInvalid, StorageFailed: as of `resource`.
        """
        status, headers, _ = self._ask(f"/v1/Recordings/{sid}/Media", {})
        target = headers.get("Location", "")
        is_safe = urlsplit(target).scheme in ("https", urlsplit(self._base_url).scheme)
        if status not in (301, 302, 303, 307) or not is_safe:
            raise StorageFailed(f"{sid}: no link to its media is in the answer (status {status})")
        return target

    @contextmanager
    def media(self, link: str, start: int) -> Iterator[tuple[About, Iterator[bytes]]]:
        """Yield what a stored file is, and its bytes from a start on; once, untried.

        Raises:
            LinkExpired: the link is not good any more.
        Changed: it is shorter than the start.
            TryAgain: not now, or the answer broke off.
            StorageFailed: it cannot be had.
        """
        ranged = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._storage.get(
                link,
                headers={"Accept-Encoding": "identity", **ranged},
                stream=True,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            ) as answer:
                _check_storage(answer.status_code, answer.headers)
                about = _about(answer.status_code, answer.headers)
                yield about, _chunks(answer)
        except (requests.RequestException, HTTPError) as error:
            raise TryAgain(_words(error)) from None

    def _document(self, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        status, _, text = self._ask(path, values)
        if status != 200:
            raise StorageFailed(f"the service answers {status} to {urlsplit(path).path}")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise TryAgain(f"the answer to {urlsplit(path).path} is no JSON object")
        return document

    def _ask(self, path: str, values: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        try:
            answer = self._client.request("GET", self._base_url + path, params=dict(values))
        except requests.RequestException as error:
            raise TryAgain(_words(error)) from None
        except TwilioException:
            raise StorageFailed("the client of the service refuses the request") from None
        status, headers = answer.status_code, answer.headers or {}
        self._check_api(status, headers)
        return status, headers, answer.text

    def _check_api(self, status: int, headers: Mapping[str, str]) -> None:
        if status in (401, 403):
            doing = "refuses" if status == 401 else "does not let be read with"
            raise ArgumentsInvalid(
                f"the service {doing} the credentials of {self._credentials.source} ({status})",
                "they have to be of this account, and an API key no restricted one without Video",
            )
        if status == 404:
            raise NotThere
        _check_passing("the service", status, headers)


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """Yield what has come, whenever something has: of an answer that breaks off nothing is lost."""
    while chunk := answer.raw.read1(CHUNK_BYTES):
        yield chunk


def _check_storage(status: int, headers: Mapping[str, str]) -> None:
    if status == 403:
        raise LinkExpired
    if status == 404:
        raise NotThere
    if status == 416:
        raise Changed
    _check_passing("the storage", status, headers)
    if status not in (200, 206):
        raise StorageFailed(f"the storage of media answers {status}")


def _check_passing(who: str, status: int, headers: Mapping[str, str]) -> None:
    if status in _PASSING or status >= 500:
        raise TryAgain(f"{who} answers {status}", _seconds(headers.get("Retry-After", "")))


def _seconds(retry_after: str) -> float | None:
    """Return what a header Retry-After asks for, in seconds; None where it asks for nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


def _about(status: int, headers: Mapping[str, str]) -> About:
    start, total = 0, _whole(headers.get("Content-Length", ""))
    if status == 206:
        # bytes 100-199/200
        span, _, size = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        begun, total = _whole(span.partition("-")[0]), _whole(size)
        if begun is None:
            raise TryAgain("the storage does not say which bytes it sends")
        start = begun
    kept = {
        name.lower(): value
        for name, value in headers.items()
        if name.lower().startswith(_ENCRYPTION_HEADERS)
    }
    return About(start, total, headers.get("ETag", ""), kept)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _words(error: requests.RequestException | HTTPError) -> str:
    if isinstance(error, requests.Timeout | NotInTime):
        return "no answer came in time"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection"
    return "the answer broke off"
