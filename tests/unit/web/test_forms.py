"""Forms as clients send them, and as hostile ones do."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from roomreel.web import forms
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form, read_query

URLENCODED = "application/x-www-form-urlencoded"


def request_of(body: bytes, kind: str, query: bytes = b"", size: int = 4096) -> Request:
    """A request whose body comes in pieces, without a Content-Length."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    headers = [(b"content-type", kind.encode("latin-1"))] if kind else []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    return Request({**scope, "query_string": query}, receive)


def read(body: bytes, kind: str = URLENCODED) -> Form:
    return asyncio.run(read_form(request_of(body, kind)))


def multipart(fields: list[tuple[str, Any]]) -> tuple[bytes, str]:
    """The body and content type that httpx, and so an SDK, would send."""
    sent = httpx.Request("POST", "http://x/", files=fields)
    return sent.read(), sent.headers["content-type"]


def refused(body: bytes, kind: str = URLENCODED) -> ApiError:
    with pytest.raises(ApiError) as failure:
        read(body, kind)
    return failure.value


def outcome(body: bytes, kind: str = URLENCODED) -> Form | ApiError:
    try:
        return read(body, kind)
    except ApiError as error:
        return error


PAIRS = [("AudioSources", "a"), ("AudioSources", "b"), ("Trim", "False"), ("Name", "Zoë & 茶=1")]


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_both_encodings_say_the_same(encoding):
    if encoding == "urlencoded":
        form = read(urlencode(PAIRS).encode())
    else:
        body, kind = multipart([(name, (None, value)) for name, value in PAIRS])
        form = read(body, kind)
    assert form.all("AudioSources") == ["a", "b"]
    assert form.one("Name") == "Zoë & 茶=1"
    assert form.flag("Trim", default=True) is False
    assert form.flag("Other", default=True) is True
    assert form.one("Other") is None
    assert form.all("Other") == []
    assert form.names == ["AudioSources", "Trim", "Name"]


def test_what_curl_sends_is_read():
    body = b'--xx\r\nContent-Disposition: form-data; name="Trim"\r\n\r\ntrue\r\n--xx--\r\n'
    assert read(body, "multipart/form-data; boundary=xx").flag("Trim", default=False)


@pytest.mark.parametrize("kind", ["", URLENCODED, "application/json", "multipart/form-data"])
def test_a_request_without_a_body_has_no_parameters(kind):
    assert read(b"", kind).names == []


@pytest.mark.parametrize(
    "kind", [f"{URLENCODED}; charset=latin-1", "multipart/form-data; boundary=x; CHARSET=utf-7"]
)
def test_other_charsets_are_refused(kind):
    assert refused(b"a=b", kind).status == 415


def test_the_charset_may_be_said():
    assert read(b"a=b", f"{URLENCODED};charset=UTF-8").one("a") == "b"


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "x" * 5000])
def test_other_content_types_are_refused(kind):
    error = refused(b"a=b", kind)
    assert (error.status, error.code) == (415, 20415)
    assert "x-www-form-urlencoded" in error.message
    assert len(error.message) < 300


def test_a_scalar_that_is_repeated_is_named():
    with pytest.raises(ApiError, match="Parameter Trim was given 2 times"):
        read(b"Trim=true&Trim=false").flag("Trim", default=True)


def test_a_value_that_is_none_of_a_few_is_named():
    form = read(b"Format=avi&Trim=perhaps")
    with pytest.raises(ApiError, match='Parameter Format is one of mp4, webm, not "avi"'):
        form.choice("Format", ["mp4", "webm"])
    with pytest.raises(ApiError, match='Parameter Trim is true or false, not "perhaps"'):
        form.flag("Trim", default=True)
    assert form.choice("Other", ["mp4"]) is None
    assert read(b"Format=mp4").choice("Format", ["mp4"]) == "mp4"


def test_a_document_is_read():
    layout = {"grid": {"video_sources": ["*"], "max_rows": None}}
    form = read(urlencode({"VideoLayout": json.dumps(layout)}).encode())
    assert form.document("VideoLayout") == layout
    assert form.document("Other") is None


BAD_DOCUMENTS = {
    "deep": "[" * 100_000,
    "deep objects": '{"a":' * 5000 + "1" + "}" * 5000,
    "a key twice": '{"grid": {"a": 1, "a": 2}}',
    "not a number": '{"grid": NaN}',
    "infinite": "[1e999]",
    "huge number": "[" + "9" * 100_000 + "]",
    "cut off": '{"grid": ',
    "more after it": "{} {}",
    "no JSON": "grid",
    "a space": " ",
    "half a surrogate pair": '"\\ud800"',
    "NUL": '"\\u0000"',
}


@pytest.mark.parametrize("document", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_bad_document_is_refused_and_named(document):
    form = read(urlencode({"VideoLayout": document}).encode())
    with pytest.raises(ApiError, match="Parameter VideoLayout is no JSON that can be used") as e:
        form.document("VideoLayout")
    assert (e.value.status, e.value.code) == (400, 20001)


def test_files_are_refused_and_named():
    body, kind = multipart([("VideoLayout", ("layout.json", b"{}", "application/json"))])
    error = refused(body, kind)
    assert error.status == 400
    assert "Parameter VideoLayout is a file" in error.message


LARGE = {
    "body": (b"a=" + b"x" * (forms.BODY_LIMIT_BYTES - 1), 413, "The body has at most"),
    "value": (b"a=" + b"x" * (forms.VALUE_LIMIT_BYTES + 1), 400, "Parameter a is longer than"),
    "name": (b"x" * 101 + b"=1", 400, "a name of 101 characters"),
    "parameters": (b"a=1&" * 2001, 400, "more than 2000 parameters"),
    "empty parameters": (b"=&" * 500_000, 400, "more than 2000 parameters"),
}


@pytest.mark.parametrize(("body", "status", "words"), LARGE.values(), ids=LARGE)
def test_what_is_too_large_is_refused(body, status, words):
    error = refused(body)
    assert error.status == status
    assert words in error.message


def test_what_is_too_large_is_refused_in_a_multipart_form_too():
    several = [(f"a{n}", (None, "x")) for n in range(2001)]
    assert "Too many fields" in refused(*multipart(several)).message
    long = [("a", (None, "x" * (forms.VALUE_LIMIT_BYTES + 1)))]
    assert "exceeded maximum size of 256KB" in refused(*multipart(long)).message


def test_what_is_at_the_limit_is_read():
    value = b"x" * forms.VALUE_LIMIT_BYTES
    assert len(read(b"a=" + value).one("a") or "") == forms.VALUE_LIMIT_BYTES


def test_no_more_of_a_body_is_read_than_may_be():
    pieces = 0

    async def receive() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    scope = {"type": "http", "method": "POST", "path": "/"}
    headers = [(b"content-type", URLENCODED.encode()), (b"content-length", b"5")]
    with pytest.raises(ApiError, match="The body has at most"):
        asyncio.run(read_form(Request({**scope, "headers": headers}, receive)))
    assert pieces == forms.BODY_LIMIT_BYTES // 65536 + 1


def test_a_client_that_goes_away_is_no_failure_of_ours():
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/"}
    headers = [(b"content-type", URLENCODED.encode())]
    with pytest.raises(ApiError, match="ends before its end"):
        asyncio.run(read_form(Request({**scope, "headers": headers}, receive)))


NOT_UTF8 = {
    "escaped": (b"a=%ff", URLENCODED),
    "in a name": (b"%ff=1", URLENCODED),
    "raw": (b"a=\xff", URLENCODED),
    "multipart": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize(("body", "kind"), NOT_UTF8.values(), ids=NOT_UTF8)
def test_what_is_not_utf8_is_refused(body, kind):
    assert "UTF-8" in refused(body, kind).message


def test_nul_is_refused_and_named():
    assert "Parameter a has a NUL character" in refused(b"a=x%00y").message


def test_a_query_is_read_likewise():
    form = read_query(request_of(b"", "", b"Status=completed&Name=%e8%8c%b6"))
    assert form.one("Status") == "completed"
    assert form.one("Name") == "茶"
    for query in (b"a=%ff", b"a=%00", b"a=\xff", b"a&" * 3000):
        with pytest.raises(ApiError):
            read_query(request_of(b"", "", query))


@given(pairs=st.lists(st.tuples(st.text(max_size=30), st.text()), max_size=20))
@settings(deadline=None)
def test_any_text_comes_through_or_is_refused_in_words(pairs):
    try:
        body = "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, v in pairs).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair: no client can send it
    form = outcome(body)
    if isinstance(form, ApiError):
        assert form.status == 400
        assert any("\0" in name + value for name, value in pairs)
        return
    for name, _ in pairs:
        # An empty one is as if it were not sent.
        assert form.all(name) == [value for other, value in pairs if other == name and value]
        assert (name in form.names) == any(form.all(name))


@given(
    body=st.binary(max_size=300) | st.text(alphabet='-x\r\n:;="&%a', max_size=300).map(str.encode),
    kind=st.sampled_from(
        [
            URLENCODED,
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\xe4",
            "multipart/form-data; boundary=x; charset=utf-7",
            "multipart/form-data",
            "multipart/form-data; boundary=x; boundary*=utf-8''y",
            'multipart/form-data; boundary="',
        ]
    ),
    begin=st.sampled_from(
        [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="', b"--x\r\nA: b\r\n\r\n"]
    ),
)
@settings(deadline=None, max_examples=500)
def test_whatever_is_sent_is_read_or_refused_with_4xx(body, kind, begin):
    form = outcome(begin + body, kind)
    if isinstance(form, ApiError):
        assert 400 <= form.status < 500
    else:
        assert isinstance(form.names, list)
