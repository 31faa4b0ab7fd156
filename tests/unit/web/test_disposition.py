"""Content-Disposition as a client wants it: read, checked, and written again."""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.web.disposition import Disposition, parse_disposition
from roomreel.web.envelope import ApiError

NAME = "CJ0a.mp4"

TAKEN = {
    None: 'attachment; filename="CJ0a.mp4"',
    "attachment": 'attachment; filename="CJ0a.mp4"',
    "inline": 'inline; filename="CJ0a.mp4"',
    " INLINE ": 'inline; filename="CJ0a.mp4"',
    "attachment; filename=call.mp4": 'attachment; filename="call.mp4"',
    'attachment;filename="My call.mp4"': 'attachment; filename="My call.mp4"',
    'inline ; FileName = "a;b,c.mp4"': 'inline; filename="a;b,c.mp4"',
    r'inline; filename="say \"hi\".mp4"': "inline; filename=\"say _hi_.mp4\"; filename*=UTF-8''"
    "say%20%22hi%22.mp4",
    'inline; filename="Zoë.mp4"': "inline; filename=\"Zo_.mp4\"; filename*=UTF-8''Zo%C3%AB.mp4",
    "inline; filename*=UTF-8''%e8%8c%b6.mp4": "inline; filename=\"_.mp4\"; filename*=UTF-8''"
    "%E8%8C%B6.mp4",
    "inline; filename=\"plain.mp4\"; filename*=utf-8'en'rich.mp4": 'inline; filename="rich.mp4"',
    "inline; filename*=UTF-8''rich.mp4; filename=plain.mp4": 'inline; filename="rich.mp4"',
    "attachment; filename=100%41.mp4": "attachment; filename=\"100_41.mp4\"; filename*=UTF-8''"
    "100%2541.mp4",
}


@pytest.mark.parametrize(("text", "header"), TAKEN.items(), ids=map(str, TAKEN))
def test_what_is_taken(text, header):
    assert parse_disposition(text, NAME).header == header


REFUSED = [
    "",
    "form-data",
    "attachment attachment",
    "attachment, inline",
    "attachment;",
    "attachment; filename",
    "attachment; filename=",
    'attachment; filename=""',
    'attachment; filename=" "',
    'attachment; filename="open',
    'attachment; filename="a" "b"',
    'attachment; filename="a"; filename="b"',
    'attachment; filename="a"; name="b"',
    "attachment; size=1",
    "inline; filename=a b.mp4",
    'inline\r\nSet-Cookie: session=1; filename="a"',
    'inline; filename="a\r\nSet-Cookie: session=1"',
    'inline; filename="a\nb"',
    'inline; filename="a\rb"',
    'inline; filename="a\0b"',
    'inline; filename="a\x7fb"',
    'inline; filename="a\u2028b"',
    'inline; filename="gpj.\u202ecod.exe"',
    "inline; filename*=UTF-8''a%0d%0aSet-Cookie:%201",
    "inline; filename*=UTF-8''a%00b",
    "inline; filename*=UTF-8''%ff",
    "inline; filename*=UTF-8''%2e%2e%2fetc%2fpasswd",
    "inline; filename*=iso-8859-1'en'%A3",
    "inline; filename*=UTF-8'",
    "inline; filename*=UTF-8''",
    "inline; filename*=a.mp4",
    "inline; filename=../../etc/passwd",
    "inline; filename=/etc/passwd",
    'inline; filename="..\\\\..\\\\windows"',
    'inline; filename="C:\\\\x"',
    "inline; filename=..",
    "inline; filename=.",
    "inline; filename=.bashrc",
    "inline; filename=" + "x" * 201,
    "inline; filename=" + "茶" * 70,
    "inline" + " " * 100_000,
    'inline; filename="' + "\\" * 100_000,
    "inline; " * 50_000,
]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_names_the_parameter(text):
    with pytest.raises(ApiError, match="Parameter ContentDisposition") as failure:
        parse_disposition(text, NAME)
    assert (failure.value.status, failure.value.code) == (400, 20001)
    assert len(failure.value.message) < 200


def name_in(header: str) -> str:
    """The name that a browser takes from a header: the extended one, where there is one."""
    extended = re.search(r"filename\*=UTF-8''([^;]+)", header)
    if extended:
        return unquote(extended[1], errors="strict")
    message = Message()
    message["Content-Disposition"] = header
    return str(message.get_filename())


NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@given(text=st.text() | st.builds('attachment; filename="{}"'.format, NAMES))
def test_whatever_is_taken_is_one_safe_header(text):
    try:
        header = parse_disposition(text, NAME).header
    except ApiError:
        return
    assert re.fullmatch("[ -~]{1,900}", header)
    assert re.fullmatch(
        r"""(attachment|inline);\ filename="[^"\\%]+"(;\ filename\*=UTF-8''[\w.~%-]+)?""",
        header,
        re.VERBOSE | re.ASCII,
    )
    assert not re.search(r"[/\\]", name_in(header))


@given(name=NAMES, kind=st.sampled_from(["attachment", "inline"]))
def test_a_name_comes_through_or_is_refused(name, kind):
    given_text = f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
    try:
        taken = parse_disposition(given_text, NAME)
    except ApiError:
        is_bad = not name.strip().isprintable() or re.search(r"[/\\:]", name)
        assert is_bad or len(name.encode()) > 200 or name.strip()[:1] in {"", "."}
        return
    assert taken == Disposition(kind, name.strip())
    assert name_in(taken.header) == name.strip()
