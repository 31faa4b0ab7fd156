"""Links to stored files: nothing that they say can be changed, and they end."""

from __future__ import annotations

import logging
import os
import string
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import httpx

from roomreel.model.table import Table
from roomreel.service.media.links import Link, LinkKind
from roomreel.web.access_log import ACCESS

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from archive import composition, recording
from media_world import ACCOUNT, BYTES, RECORDED, SID, URL, World


def expires_of(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["e"][0])


def test_a_link_lasts_as_long_as_is_asked_for(world):
    world.compose()
    now = datetime.now(UTC).timestamp()
    for asked, seconds in (({}, 600), ({"Ttl": "1"}, 1), ({"Ttl": "3600"}, 3600)):
        assert abs(expires_of(world.link(**asked)) - now - seconds) < 30


def signed(world: World, expires_in: float, **said: Any) -> str:
    """A link that is signed rightly, whatever it says."""
    url = urlsplit(world.link())
    query = dict(parse_qsl(url.query))
    expires = int(datetime.now(UTC).timestamp() + expires_in)
    values = {"version": query["v"], "disposition": query["d"], "sid": SID} | said
    link = Link(LinkKind.MEDIA, values["sid"], values["version"], values["disposition"], expires)
    return f"{URL}/-/media/media/{link.sid}?{link.query(ACCOUNT.link_key)}"


def denied(answer: httpx.Response) -> bool:
    said = answer.json()
    return (answer.status_code, said["code"], said["message"]) == (
        403,
        20403,
        "The link has expired, or was changed",
    )


def test_nobody_hears_whether_a_link_has_expired_or_was_changed(world):
    world.compose()
    assert world.follow(signed(world, 5)).status_code == 200
    assert denied(world.follow(signed(world, 0)))
    assert denied(world.follow(signed(world, -3600)))
    assert denied(world.follow(f"{URL}/-/media/media/{SID}"))
    for kind in ("poster", "plan", "MEDIA", "..", "%2e%2e", "x" * 1000):
        assert world.follow(
            world.link().replace("/media/media/", f"/media/{kind}/")
        ).status_code in {
            403,
            404,
        }


def test_no_byte_of_a_signature_can_be_another(world):
    world.compose()
    url = world.link()
    begin, signature = url.split("sig=")
    others = string.ascii_letters[::13] + string.digits[::5] + "-_=&%+ \x00;"
    for place, was in enumerate(signature):
        for other in others:
            changed = signature[:place] + other + signature[place + 1 :]
            if other != was:
                answer = world.follow(f"{begin}sig={quote(changed, safe='&=%;')}")
                assert answer.status_code in {400, 403}, changed
                assert not answer.content.startswith(BYTES[:4])
    for changed in ("", signature[:-1], signature + "A", signature + "=", signature.swapcase()):
        assert denied(world.follow(f"{begin}sig={changed}"))


def test_nothing_that_a_link_says_can_be_changed(world):
    world.compose()
    world.record()
    url = world.link()
    query = dict(parse_qsl(urlsplit(url).query))
    own = f"{URL}/-/media/media/{SID}?"
    changes = {"e": str(expires_of(url) + 1), "d": 'inline; filename="x.html"', "v": "0" * 32}
    for name, value in changes.items():
        assert denied(world.follow(own + urlencode(query | {name: value})))
        assert denied(world.follow(own + urlencode([*query.items(), (name, value)])))
        assert denied(world.follow(own + urlencode(query | {name: ""})))
    others = world.link(f"/v1/Recordings/{RECORDED}/Media")
    assert denied(world.follow(url.replace(SID, RECORDED)))
    assert denied(world.follow(others.replace(RECORDED, SID)))
    assert denied(world.follow(url.replace(SID, SID.lower())))
    assert denied(world.follow(f"{url}&e={expires_of(url)}"))
    assert denied(world.follow(f"{own}%ff&{urlencode(query)}"))


def test_a_link_ends_when_its_file_is_deleted_or_another(world):
    place = world.compose()
    url = world.link()
    assert world.follow(url).status_code == 200
    world.compose(rev=2, media_sha256="cd" * 32)
    assert world.follow(url).status_code == 404
    url = world.link()
    os.utime(place, ns=(1, 1))
    assert world.follow(url).status_code == 404
    url = world.link()
    # The row alone, on whichever instance: its file is still there.
    world.add(Table.COMPOSITIONS, composition(status="deleted", media_url=str(place)), 3)
    answer = world.follow(url)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert place.exists()


def test_a_link_ends_with_the_recording(world):
    place = world.record()
    url = world.link(f"/v1/Recordings/{RECORDED}/Media")
    place.unlink()
    assert world.follow(url).status_code == 404
    place.write_bytes(BYTES)
    url = world.link(f"/v1/Recordings/{RECORDED}/Media")
    world.add(Table.RECORDINGS, recording(media_url=str(place), status="deleted"), 2)
    assert world.follow(url).status_code == 404


def test_the_log_has_no_signature(world, caplog, monkeypatch):
    monkeypatch.setattr(ACCESS, "level", logging.INFO)
    world.compose()
    url = world.link()
    with caplog.at_level(logging.INFO, "roomreel.access"):
        caplog.clear()  # whoever had a root that takes such lines has that of the link by now
        world.follow(url)
        world.follow(url.replace("sig=", "sig=x"))
    said = [str(line.__dict__) for line in caplog.records if line.name == ACCESS.name]
    assert len(said) == 2
    signature = parse_qs(urlsplit(url).query)["sig"][0]
    assert not any(signature in line or "sig=" in line for line in said)
