"""What is not read yet, or cannot be, is named, with what to do instead."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping

import pytest

from roomreel.errors import DeliveryInvalid
from roomreel.importers.port import Options
from roomreel.importers.registry import BUILT_IN
from roomreel.importers.vendors.recognised import EXPLAINED
from tests.unit.importers.helpers.deliveries import MemoryListing

MP4 = b"\0\0\0\x18ftypmp42" + bytes(40)
PERSON = "11111111-2222-3333-4444-555555555555"
STAMP = "2026-03-01-10-00-00-000"
SLICE = "0a1b_ride_17822__uid_s_42__uid_e_video"


def mjr(about: Mapping[str, object]) -> bytes:
    head = json.dumps(about).encode()
    return b"MJR00002" + struct.pack(">H", len(head)) + head + b"MEET" + bytes(20)


EVENTS = (
    b'<?xml version="1.0"?>\n<recording meeting_id="183f0bf3a0982a127bdb8161e0c44eb696b3e75c"'
    b' bbb_version="2.6">\n</recording>\n'
)

DELIVERIES: Mapping[str, tuple[int, dict[str, object]]] = {
    "jibri": (95, {"metadata.json": {"meeting_url": "x", "participants": []}, "r_2026.mp4": MP4}),
    "meet": (60, {"Weekly (2026-11-20 at 10:00 GMT+1).mp4": MP4}),
    "teams": (60, {"Weekly-20261120_100000-Meeting Recording.mp4": MP4}),
    "encrypted": (95, {"a.mjr": mjr({"t": "v", "c": "vp8", "e": True}), "b.txt": b""}),
    "mcap": (80, {"x.mcap": b"\x89MCAP0\r\n" + bytes(9)}),
    "janus": (80, {"rec-1-audio.mjr": mjr({"t": "a", "c": "opus"}), "rec-1.nfo": b""}),
    "rtpdump": (80, {"a.rtpdump": b"#!rtpplay1.0 127.0.0.1/1\n", "a.sdp": b"v=0"}),
    "chime": (60, {f"audio/{STAMP}.mp4": MP4, f"video/{STAMP}-{PERSON}#content.mp4": MP4}),
    "agora": (60, {f"{SLICE}.m3u8": b"#EXTM3U", f"{SLICE}_20190920092000000.ts": b"G" * 200}),
    "bigbluebutton": (95, {"183f-1305560822952/events.xml": EVENTS, "x/audio/a.webm": MP4}),
    "zoom": (60, {"Audio Record/audioHudson11612.m4a": MP4, "video11612.mp4": MP4}),
    "archives": (60, {"a.zip": b"PK\3\4", "b.zip": b"PK\3\4"}),
}


@pytest.mark.parametrize(("name", "expected"), DELIVERIES.items(), ids=DELIVERIES)
def test_each_kind_is_recognised_and_explained(name: str, expected) -> None:
    score, files = expected
    listing = MemoryListing(files, "call")
    matches = {one.name: one.detect(listing).score for one in (*BUILT_IN, *EXPLAINED)}
    assert matches.pop(name) == score
    assert max(matches.values()) <= score - 10
    (kind,) = [one for one in EXPLAINED if one.name == name]
    with pytest.raises(DeliveryInvalid) as raised:
        list(kind.read(listing, Options()))
    assert raised.value.exit_code == 2
    assert raised.value.message.startswith(f"call is {kind.title} (")
    assert raised.value.remedy == kind.remedy


def test_every_row_has_a_delivery() -> None:
    assert {one.name for one in EXPLAINED} == set(DELIVERIES)


NEARLY: Mapping[str, dict[str, object]] = {
    "films": {"call.mp4": MP4},
    "a document called metadata": {"metadata.json": {"meeting_url": "x"}, "a.mp4": MP4},
    "people without a film": {"metadata.json": {"meeting_url": "x", "participants": []}},
    "a list": {"metadata.json": [], "a.mp4": MP4},
    "endings alone": {"a.mjr": b"x", "a.mcap": b"x", "a.rtpdump": b"x", "events.xml": b"<x/>"},
    "a header that is cut": {"a.mjr": mjr({"e": True})[:20]},
    "archives beside media": {"a.zip": b"PK\3\4", "a.webm": MP4},
}


@pytest.mark.parametrize("files", NEARLY.values(), ids=NEARLY)
def test_what_only_looks_alike_is_not_taken_for_one(files: dict[str, object]) -> None:
    listing = MemoryListing(files)
    found = {one.name for one in EXPLAINED if one.detect(listing).score}
    assert found <= ({"janus"} if "a.mjr" in files and len(files) == 1 else set())
