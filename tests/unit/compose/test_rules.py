"""Rules that were posted for a room replace those of its manifest, wherever it is planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.compose.rules import rules_place, with_posted_rules
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.rules import PostedRules, parse_rules, rules_text
from roomreel.errors import DocumentInvalid
from roomreel.model.room import Manifest, MediaType, RecordingRule, Room, RoomStatus
from roomreel.settings import Settings
from roomreel.storage import write_bytes

SID = "RM" + "0a" * 16
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANIFEST = Manifest(
    Room(SID, "call", RoomStatus.COMPLETED, recording_rules=(RecordingRule(True, True),)), "a", "0"
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def some_rules() -> st.SearchStrategy[RecordingRule]:
    filtered = st.builds(
        RecordingRule,
        include=st.booleans(),
        kind=st.none() | st.sampled_from(MediaType),
        publisher=st.none() | NAMES,
        track=st.none() | NAMES,
    ).filter(lambda rule: rule.kind or rule.publisher or rule.track)
    return filtered | st.builds(RecordingRule, include=st.booleans(), everything=st.just(True))


@given(st.lists(some_rules(), min_size=1, max_size=20), st.none() | st.just(NOON))
def test_rules_are_read_as_they_were_written(
    rules: list[RecordingRule], date: datetime | None
) -> None:
    posted = PostedRules(tuple(rules), date, date)
    assert parse_rules(rules_text(posted).encode(), "") == posted


@given(st.lists(some_rules(), min_size=1, max_size=20))
def test_posted_rules_replace_those_of_the_manifest_and_are_inputs(
    tmp_path_factory: pytest.TempPathFactory, rules: list[RecordingRule]
) -> None:
    settings = Settings(store=tmp_path_factory.getbasetemp() / "store")
    place = rules_place(settings, SID)
    write_bytes(place, rules_text(PostedRules(tuple(rules))).encode())
    found = with_posted_rules(MANIFEST, settings)
    assert found.room == replace(MANIFEST.room, recording_rules=tuple(rules))
    is_same = tuple(rules) == MANIFEST.room.recording_rules
    assert (inputs_sha256(found, {}) == inputs_sha256(MANIFEST, {})) == is_same


def test_without_posted_rules_those_of_the_manifest_hold(tmp_path: Path) -> None:
    assert with_posted_rules(MANIFEST, Settings(store=tmp_path)) is MANIFEST


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schema": "roomreel.rules/1", "rules": []}', "\ud800", "{" * 1000]
)
def test_a_file_that_somebody_broke_is_an_error_of_the_room(tmp_path: Path, text: str) -> None:
    settings = Settings(store=tmp_path)
    write_bytes(rules_place(settings, SID), text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DocumentInvalid):
        with_posted_rules(MANIFEST, settings)
