"""Lists as clients page through them: filters and page in the query, URLs of the neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from roomreel.documents.findings import value_text
from roomreel.model.table import Row
from roomreel.service.database.paging import LARGEST_PAGE, Page
from roomreel.service.lists.listing import USUAL_PAGE
from roomreel.web.answers import json_response
from roomreel.web.envelope import invalid
from roomreel.web.forms import Form
from roomreel.web.sids import written

LARGEST_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that is asked for.

    Attributes:
        number: as the client counts; the token decides.
        largest: rows that a page may have.
    """

    size: int
    number: int
    token: str | None
    largest: int = LARGEST_PAGE


def asked_page(query: Form, largest: int = LARGEST_PAGE) -> Asked:
    """Return the page that a query asks for.

    Raises:
        ApiError: a parameter of it is invalid.
    """
    # Clients of the hosted service ask for as many as they want altogether, and page on.
    size = number_of(query, "PageSize", 1, LARGEST_NUMBER, USUAL_PAGE)
    return Asked(
        min(size, largest),
        number_of(query, "Page", 0, LARGEST_NUMBER, 0),
        query.one("PageToken") or None,
        largest,
    )


def instant_of(query: Form, name: str) -> datetime | None:
    """Return the instant of a parameter: a date, or a date and time, in UTC where it has no zone.

    Raises:
        ApiError: it is none.
    """
    given = query.one(name)
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(
            name, f"is no time such as 2026-11-29T12:00:00Z: {value_text(given)}"
        ) from error


def created_in(query: Form) -> dict[str, Any]:
    """Return the filter that all lists have: when what is listed was created.

    Raises:
        ApiError: a parameter of it is no time.
    """
    return {
        "created_after": instant_of(query, "DateCreatedAfter"),
        "created_before": instant_of(query, "DateCreatedBefore"),
    }


def number_of(query: Form, name: str, least: int, most: int, default: int) -> int:
    """Return the number of a parameter.

    Raises:
        ApiError: it is none from `least` to `most`.
    """
    given = query.one(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or not least <= int(given[:12]) <= most:
        raise invalid(name, f"is a whole number from {least} to {most}, not {value_text(given)}")
    return int(given)


def sid_of(query: Form, name: str, prefix: str = "") -> str | None:
    """Return the sid of a parameter, as it is written; None where it was not given.

    Args:
        prefix: two letters that it begins with; "": any.

    Raises:
        ApiError: it is none.
    """
    given = query.one(name)
    return None if given is None else as_sid(given, name, prefix)


def as_sid(given: str, name: str, prefix: str = "") -> str:
    """Return a sid, as it is written; see `sid_of`."""
    sid = written(given, prefix)
    if sid is None:
        raise invalid(name, f"is {prefix or 'two letters'} and 32 hex digits")
    return sid


def list_response(
    url: str,
    key: str,
    query: Form,
    asked: Asked,
    page: Page,
    render: Callable[[Row], dict[str, Any]],
) -> Response:
    """Return a page of a list.

    Args:
        url: of the list.
        key: of its rows.
    """
    filters = [
        (name, value)
        for name in query.names
        if name not in {"PageSize", "Page", "PageToken"}
        for value in query.all(name)
    ]

    def page_url(number: int, token: str | None) -> str:
        pages = [("PageSize", asked.size), ("Page", number)]
        return f"{url}?{urlencode([*filters, *pages, *_token(token)])}"

    meta = {
        "page": asked.number,
        "page_size": asked.size,
        "first_page_url": page_url(0, None),
        "previous_page_url": page.previous and page_url(max(asked.number - 1, 0), page.previous),
        "url": page_url(asked.number, asked.token),
        "next_page_url": page.next and page_url(asked.number + 1, page.next),
        "key": key,
    }
    return json_response({key: [render(row) for row in page.rows], "meta": meta})


def page_of(rows: Sequence[Row], asked: Asked) -> Page:
    """Return the page of a short list whose rows are all at hand.

    Raises:
        ApiError: the token is none of ours.
    """
    try:
        start = int(asked.token or 0)
    except ValueError:
        start = -1
    if not 0 <= start <= LARGEST_NUMBER:
        raise invalid("PageToken", "is none of this list")
    end = start + asked.size
    previous = str(max(start - asked.size, 0)) if start else None
    return Page(rows[start:end], str(end) if end < len(rows) else None, previous)


def _token(token: str | None) -> list[tuple[str, str]]:
    return [("PageToken", token)] if token else []
