"""Pages: templates of the package, filled and sent with the headers of a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import State
from starlette.responses import HTMLResponse, Response

from roomreel import __version__
from roomreel.service.lists.people import name_of
from roomreel.text import counted
from roomreel.web.console import words
from roomreel.web.console.static_files import static_url

HOME = "/console"

PAGES = (
    ("/console/compositions", "Compositions"),
    ("/console/recordings", "Recordings"),
    ("/console/rooms", "Rooms"),
    ("/console/hooks", "Hooks"),
    ("/console/callbacks", "Callbacks"),
    ("/console/usage", "Usage"),
)
"""Path and title of the pages that the navigation leads to, in its order."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The policy of pages: everything comes from this service, and nothing in a page is run."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    # Of a page without any a browser says of its forms, too, that they come from nowhere.
    "Referrer-Policy": "same-origin",
}


def page(
    template: str, state: State, *, status: int = 200, path: str = "", **values: Any
) -> Response:
    """Return a page.

    Args:
        template: name of a file in `templates`, without its suffix.
        state: of the request; it has the visitor where there is one.
        path: of the page of the navigation that it belongs to.
        values: what the template shows; strings are escaped.
    """
    visitor = getattr(state, "visitor", None)
    text = (
        _templates()
        .get_template(f"{template}.html.jinja")
        .render(visitor=visitor, path=path, **values)
    )
    return HTMLResponse(text, status, _HEADERS)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("roomreel.web.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "pages": PAGES,
        "home": HOME,
        "static": static_url,
        "version": __version__,
        "counted": counted,
    }
    environment.filters |= {
        "when": words.when,
        "duration": words.duration,
        "format_of": words.format_of,
        "size": words.size,
        "number": words.number,
        "name": words.name,
        "who": name_of,
        "plain": words.plain,
        "clock": words.clock,
        "seconds": words.seconds,
        "rate": words.rate,
        "pretty": words.pretty,
        "plain_lines": words.lines,
    }
    return environment
