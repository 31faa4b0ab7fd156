"""Whatever comes, the guard answers in the envelope, and lets in its own hosts alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from roomreel.web.site import Site

sys.path.insert(0, str(Path(__file__).parent))
from guarded import URL, app_of, call

sys.path.insert(0, str(Path(__file__).parent))

# By generation

NAMES = ["host", "origin", "sec-fetch-site", "content-length", "authorization", "x-forwarded-for"]


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "BREW"]),
    path=st.text(max_size=40).map(lambda text: f"/{text}"),
    query=st.binary(max_size=40),
    headers=st.lists(
        st.tuples(st.sampled_from(NAMES), st.text(max_size=30).map(lambda t: t.encode("utf-8"))),
        max_size=5,
    ),
    body=st.binary(max_size=100),
)
@hypothesis(deadline=None, max_examples=300)
def test_whatever_comes_is_answered_in_the_envelope(method, path, query, headers, body):
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    app = shared_app()
    pairs = [(name.encode(), value) for name, value in headers]
    scope = {"method": method, "path": path, "query_string": query, "headers": pairs}
    sent = call(app, scope, receive)
    assert sent[0]["type"] == "http.response.start"
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    status = sent[0]["status"]
    assert status < 500
    if status >= 400:
        envelope = json.loads(sent[1]["body"])
        assert envelope.keys() == {"code", "message", "more_info", "status"}
        assert envelope["status"] == status


_SHARED: list[FastAPI] = []


def shared_app() -> FastAPI:
    if not _SHARED:
        _SHARED.append(app_of(service_url=URL))
    return _SHARED[0]


@given(host=st.text(max_size=60), origin=st.text(max_size=60))
def test_no_host_or_origin_but_the_own_is_let_in(host, origin):
    from starlette.datastructures import Headers

    from roomreel.web.envelope import ApiError

    site = Site(URL, frozenset({"api.example.org"}), URL)
    raw = [(b"host", host.encode("utf-8")), (b"origin", origin.encode("utf-8"))]
    with pytest.raises(ApiError):
        site.refuse_host("/", Headers(raw=raw))
    with pytest.raises(ApiError):
        site.refuse_other_site("POST", "https", Headers(raw=raw))
