"""Deliveries of every service are told apart from those of all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from roomreel.importers.detect import MARGIN
from roomreel.importers.registry import BUILT_IN, candidates
from tests.unit.importers.helpers.deliveries import MemoryListing
from tests.unit.importers.helpers.egresses import camera
from tests.unit.importers.helpers.streams import Stream, openvidu, vonage
from tests.unit.importers.helpers.twilio_delivery import file_of, page, resource
from tests.unit.importers.test_daily import LOG, PICTURES, SOUND
from tests.unit.importers.test_jitsi import damageable as jitsi
from tests.unit.importers.test_sora import damageable as sora

WEBM = b"\x1a\x45\xdf\xa3" + bytes(60)
STREAMS = (Stream("a", 0, 31_000, "Ana"), Stream("b", 22_000, 61_000, "Ben"))
MEDIA = {"a.webm": WEBM, "b.webm": WEBM}
TRACKS = ("ann/camera", "ann/microphone")

DELIVERIES: Mapping[str, dict[str, Any]] = {
    "twilio": {"recordings.json": page("recordings", *map(resource, TRACKS))}
    | {file_of(one): WEBM for one in TRACKS},
    "livekit": {"EG_1.json": camera(1, "a.webm"), "EG_2.json": camera(2, "b.webm"), **MEDIA},
    "vonage": {"b81a8b72-archive.json": vonage(STREAMS), **MEDIA},
    "openvidu": {"lesson-7.json": openvidu(STREAMS), **MEDIA},
    "daily": {SOUND: WEBM, PICTURES: WEBM, f"{SOUND}.event.json": LOG},
    "jitsi": jitsi(),
    "sora": sora(),
    "files": {"ana.webm": WEBM, "notes.json": {"files": [], "events": [], "id": 1}},
}
BESIDE = {"notes.txt": b"x", "about.json": {"id": 1, "name": "x", "files": []}, "room": b"x"}


@pytest.mark.parametrize("beside", [{}, BESIDE], ids=["alone", "beside others"])
@pytest.mark.parametrize(("name", "files"), DELIVERIES.items(), ids=DELIVERIES)
def test_x2_the_right_service_wins_by_a_margin(
    name: str, files: dict[str, Any], beside: dict[str, Any]
) -> None:
    listing = MemoryListing(files | beside)
    scores = {one.name: one.detect(listing).score for one in candidates()}
    assert scores.pop(name) >= max(scores.values()) + MARGIN


def test_every_importer_has_a_delivery() -> None:
    assert {one.name for one in BUILT_IN} == DELIVERIES.keys()
