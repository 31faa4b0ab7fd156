"""Recordings of individual streams of OpenVidu 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from canaries import CANARY, with_secrets
from deliveries import MemoryListing
from mutations import assert_survives
from streams import CREATED, Stream, openvidu, vonage

from roomreel.importers.claims import Draft
from roomreel.importers.finding import Code
from roomreel.importers.port import Options
from roomreel.importers.vendors.openvidu import OPENVIDU
from roomreel.importers.vendors.vonage import VONAGE

TWO = (
    Stream("str_CAM_a_con_1", 1_250, -CREATED, data="con_1"),
    Stream("str_CAM_b_con_2", -CREATED, -CREATED, data="con_2"),
)
MEDIA = {f"{one.id}.webm": b"\x1a\x45\xdf\xa3" for one in TWO}


def read(document: Any, media: Mapping[str, bytes] = MEDIA) -> Draft:
    (draft,) = OPENVIDU.read(MemoryListing({"lesson-7.json": document, **media}), Options())
    return draft


def test_o1_files_are_named_by_their_streams_and_offsets_are_claims_as_they_stand() -> None:
    draft = read(openvidu(TWO))
    pieces = [piece for track in draft.tracks for piece in track.pieces]
    assert [piece.file for piece in pieces] == [f"{one.id}.webm" for one in TWO for _ in "AV"]
    assert [piece.clock and piece.clock.start.value for piece in pieces] == [
        1_250,
        1_250,
        -CREATED,
        -CREATED,
    ]
    assert {piece.end and piece.end.value for piece in pieces} == {-CREATED}
    assert pieces[0].clock is not None
    assert pieces[0].clock.rule == "openvidu/startTimeOffset"
    assert pieces[0].clock.start.at == "lesson-7.json#/files/0/startTimeOffset"
    assert not any(track.optional for track in draft.tracks), "it says what each file has"


def test_files_are_found_by_the_names_that_some_versions_give() -> None:
    document = openvidu(TWO)
    document["files"][0]["name"] = "str_CAM_a_con_1-1.webm"
    media = {"str_CAM_a_con_1-1.webm": b"", "str_CAM_b_con_2.webm": b""}
    files = [track.pieces[0].file for track in read(document, media).tracks]
    assert files == [name for name in media for _ in "AV"]


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        ({"hasAudio": False, "hasVideo": True}, ["video"]),
        ({"hasAudio": True, "hasVideo": False, "typeOfVideo": None}, ["audio"]),
        ({"hasAudio": True, "hasVideo": True}, ["video", "audio"]),
        ({"hasAudio": False, "hasVideo": False}, []),
    ],
)
def test_a_file_has_the_kinds_that_are_said(flags: dict[str, Any], kinds: list[str]) -> None:
    document = openvidu(TWO[:1])
    document["files"][0].update(flags)
    assert [track.kind.value for track in read(document).tracks] == kinds


def test_a_connection_is_a_participant() -> None:
    streams = (
        Stream("cam", 0, 9, data="con_1"),
        Stream("scr", 5, 9, data="con_1", kind="screen"),
        Stream("ipc", 6, 9, data="con_2", kind="ipcam"),
    )
    document = openvidu(streams)
    document["files"][1]["clientData"] = json.dumps({"userId": 997, "userName": "Ana Silva"})
    document["files"][2]["serverData"] = "Ben"
    draft = read(document, {f"{one.id}.webm": b"" for one in streams})
    assert [(one.key, one.identity) for one in draft.participants] == [
        ("con_1", "Ana Silva"),
        ("con_2", "Ben"),
    ]
    assert [(track.participant, track.name) for track in draft.tracks] == [
        ("con_1", "camera"),
        ("con_1", "microphone"),
        ("con_1", "screen"),
        ("con_1", "screen-audio"),
        ("con_2", "ipcam"),
        ("con_2", "microphone"),
    ]
    assert [one.code for one in draft.findings] == [Code.NAME_GUESSED] * 2


def test_x2_it_and_vonage_know_their_own() -> None:
    own = MemoryListing({"a.json": openvidu(TWO), **MEDIA})
    other = MemoryListing({"a.json": vonage((Stream("a", 0, 9),)), "a.webm": b""})
    assert (OPENVIDU.detect(own).score, VONAGE.detect(own).score) == (95, 0)
    assert (OPENVIDU.detect(other).score, VONAGE.detect(other).score) == (0, 95)


def test_a_recording_of_nothing_is_a_room_of_nothing() -> None:
    draft = read(openvidu(()), {})
    assert (draft.id, draft.tracks, draft.participants) == ("lesson-7", (), ())


def test_no_secret_reaches_a_draft() -> None:
    document = openvidu(TWO)
    document["files"][0]["clientData"] = json.dumps({"token": CANARY, "name": "Ana"})
    document["files"][1]["serverData"] = f"token={CANARY}"
    draft = read(with_secrets(document))
    assert [one.identity for one in draft.participants] == ["Ana", "con_2"]
    assert CANARY not in repr(draft)


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_x3_no_damage_makes_it_fail(count: int) -> None:
    document = openvidu(TWO)
    assert_survives(OPENVIDU, {"a.json": document, **MEDIA}, count)
