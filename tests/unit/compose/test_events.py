"""Events in files: they lie where media do, and what is wrong with them costs nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from roomreel.compose import events
from roomreel.compose.events import with_events
from roomreel.compose.inputs import inputs_of, plan_indexed
from roomreel.compose.media import stat_media
from roomreel.documents.event_lines import MOST_LINES
from roomreel.model.event import Event, EventKind
from roomreel.model.plan import PlanWarning
from roomreel.model.room import (
    Manifest,
    MediaType,
    Recording,
    RecordingRule,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.template import ChapterKind, Template
from roomreel.settings import Settings

MARKS = Template("marks", chapters=frozenset({ChapterKind.MARKS}))
JOINS = Template("joins")
INLINE = Event(1, EventKind.MARK, "inline")
DATA = Recording(
    *("RT1", "MT1", "PA1", "events"),
    type=MediaType.DATA,
    status=RecordingStatus.COMPLETED,
    offset_ms=1000,
    media="data.jsonl",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "call").mkdir()
    return tmp_path / "call"


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(store=home.parent / "store", media_roots=[str(home)])


def manifest(home: Path, *recordings: Recording, **room: Any) -> Manifest:
    made = Room("RM1", "call", RoomStatus.COMPLETED, (), recordings, **room)
    return Manifest(made, str(home / "room.json"), "0")


def lines(*events: tuple[int, str]) -> bytes:
    texts = (json.dumps({"at_ms": at, "type": "mark", "text": text}) for at, text in events)
    return "\n".join(texts).encode()


def read(
    of: Manifest, settings: Settings, template: Template = MARKS
) -> tuple[set[tuple[int, str]], list[PlanWarning]]:
    room, warnings = with_events(of, template, stat_media(of, settings), settings)
    return {(one.at_ms, one.value) for one in room.events}, list(warnings)


def test_those_of_all_files_are_beside_those_of_the_manifest(home, settings):
    (home / "own.jsonl").write_bytes(lines((5, "own")))
    (home / "data.jsonl").write_bytes(lines((5, "data"), (-7, "early")))
    of = manifest(home, DATA, events=(INLINE,), events_media="own.jsonl")
    found = {(1, "inline"), (5, "own"), (1005, "data"), (993, "early")}
    assert read(of, settings) == (found, [])


def test_of_a_template_without_use_for_them_no_file_is_read(home, settings):
    of = manifest(home, DATA, events=(INLINE,), events_media="gone.jsonl")
    assert read(of, settings, JOINS) == ({(1, "inline")}, [])


@pytest.mark.parametrize(
    ("recording", "room"),
    [
        (replace(DATA, media="data.bin"), {}),
        (replace(DATA, type=MediaType.AUDIO), {}),
        (replace(DATA, status=RecordingStatus.DELETED), {}),
        (replace(DATA, media=None), {}),
        (DATA, {"recording_rules": (RecordingRule(include=True, kind=MediaType.VIDEO),)}),
    ],
)
def test_recordings_that_hold_no_events(home, settings, recording, room):
    (home / "data.jsonl").write_bytes(b"{")
    (home / "data.bin").write_bytes(b"{")
    assert read(manifest(home, recording, **room), settings) == (set(), [])


def test_an_empty_file_is_a_call_in_which_nothing_happened(home, settings):
    (home / "data.jsonl").touch()
    assert read(manifest(home, DATA), settings) == (set(), [])


@pytest.mark.parametrize(
    ("media", "code", "said"),
    [
        ("gone.jsonl", "media-missing", "there is no file 'gone.jsonl'"),
        ("../outside.jsonl", "media-missing", "outside"),
        ("/etc/passwd", "media-missing", "outside"),
        (".", "media-missing", ""),
    ],
)
def test_a_file_that_cannot_be_read(home, settings, media, code, said):
    (home.parent / "outside.jsonl").write_bytes(lines((5, "secret")))
    (home / "data.jsonl").write_bytes(lines((5, "data")))
    found, (warning,) = read(manifest(home, DATA, events_media=media), settings)
    assert found == {(1005, "data")}
    assert (warning.code, warning.recording_sid) == (code, "")
    assert warning.message.startswith("a file of events is not read: ")
    assert said in warning.message


def test_lines_that_are_none_are_named(home, settings):
    bad = b"\n".join([b"{", lines((5, "good")), b"[]", b"5", b"nothing", lines((6, "too"))])
    (home / "data.jsonl").write_bytes(bad)
    found, (warning,) = read(manifest(home, DATA), settings)
    assert found == {(1005, "good"), (1006, "too")}
    assert (warning.code, warning.recording_sid) == ("text-invalid", "RT1")
    assert warning.message == (
        "'data.jsonl': 4 lines are no events and are skipped: line 1: it is not JSON;"
        " line 3: Input should be an object; line 4: Input should be an object; and 1 more"
    )


def test_one_that_is_too_large_is_not_read(home, settings):
    with (home / "own.jsonl").open("wb") as file:
        file.truncate(2**40)
    (home / "data.jsonl").write_bytes(lines((5, "data")))
    found, (warning,) = read(manifest(home, DATA, events_media="own.jsonl"), settings)
    assert found == {(1005, "data")}
    assert warning.code == "text-invalid"
    assert "33554432 bytes" in warning.message


def test_one_of_too_many_lines_is_not_read(home, settings):
    (home / "own.jsonl").write_bytes(b"\n" * MOST_LINES + lines((5, "last")))
    (home / "data.jsonl").write_bytes(lines((5, "data")))
    found, (warning,) = read(manifest(home, DATA, events_media="own.jsonl"), settings)
    assert found == {(1005, "data")}
    assert "200000 lines" in warning.message


def test_limits_are_of_all_files_together(home, settings, monkeypatch):
    recordings = [replace(DATA, sid=f"RT{n}", media=f"{n}.jsonl") for n in range(4)]
    for n in range(4):
        (home / f"{n}.jsonl").write_bytes(lines((n, "a"), (n, "b")))
    monkeypatch.setattr(events, "MOST_LINES", 5)
    found, warnings = read(manifest(home, *recordings), settings)
    assert found == {(1000 + n, text) for n in (0, 1) for text in "ab"}
    assert [one.recording_sid for one in warnings] == ["RT2", "RT3"]
    monkeypatch.setattr(events, "MOST_BYTES", len(lines((1, "a"), (1, "b"))))
    found, warnings = read(manifest(home, *recordings), settings)
    assert found == {(1000, "a"), (1000, "b")}
    assert len(warnings) == 3


def test_one_that_is_encrypted_is_opened_by_the_key_that_opens_media(home, settings, tmp_path):
    identity = pyrage.x25519.Identity.generate()
    (home / "data.jsonl.age").write_bytes(
        pyrage.encrypt(lines((5, "data")), [identity.to_public()])
    )
    of = manifest(home, replace(DATA, media="data.jsonl.age"))
    _, (warning,) = read(of, settings)
    assert (warning.code, warning.recording_sid) == ("media-undecodable", "RT1")
    assert "set private_key" in warning.message
    (tmp_path / "key.txt").write_text(str(identity))
    opening = settings.model_copy(update={"private_key": tmp_path / "key.txt"})
    assert read(of, opening) == ({(1005, "data")}, [])


def test_a_plan_has_the_marks_of_a_file_and_says_what_it_could_not_read(home, settings, make):
    (home / "data.jsonl").write_bytes(lines((4000, "Questions")) + b"\n{")
    voice = make.recording("RT2", "audio", media="a.mka")
    of = manifest(home, DATA, voice)
    media = {**stat_media(of, settings), "RT2": make.audio(0, 10_000)}
    template = replace(MARKS, audio=make.template(audio=["*"]).audio)
    plan = plan_indexed(of, template, media, settings)
    assert [(float(one.start), one.title) for one in plan.chapters] == [
        (0, "call"),
        (5, "Questions"),
    ]
    assert [one.code for one in plan.warnings] == ["text-invalid"]


def test_events_are_inputs_of_what_goes_by_them(home, settings):
    def inputs(template: Template, **room: Any) -> str:
        return inputs_of("0", manifest(home, **room), template, settings)

    (home / "own.jsonl").write_bytes(lines((5, "a")))
    own = {"events_media": "own.jsonl"}
    told = {"events": (INLINE,)}
    assert {inputs(JOINS), inputs(JOINS, **own), inputs(JOINS, **told), inputs(MARKS)} == {"0"}
    before, inline = inputs(MARKS, **own), inputs(MARKS, **told)
    (home / "own.jsonl").write_bytes(lines((5, "abc")))
    after = inputs(MARKS, **own)
    (home / "own.jsonl").unlink()
    gone = inputs(MARKS, **own)
    assert len({"0", before, inline, after, gone}) == 5
