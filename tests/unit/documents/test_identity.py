"""Digests outlive members that are added later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from roomreel.documents import identity, region, template
from roomreel.documents.identity import inputs_sha256, inputs_with_evidence
from roomreel.documents.template import canonical_template, template_sha256
from roomreel.model.composition import composition_sid
from roomreel.model.encryption import Encryption, EncryptionFormat, Envelope
from roomreel.model.event import Event, EventKind
from roomreel.model.media import MediaFile, Stored
from roomreel.model.room import (
    Manifest,
    MediaType,
    Participant,
    Recording,
    RecordingRule,
    RecordingStatus,
    Room,
    RoomStatus,
)
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template

ENVELOPE = Encryption(EncryptionFormat.RSA_ENVELOPE, Envelope(b"key", b"iv", 9))
RECORDING = Recording(
    "RT1",
    "MT1",
    "PA1",
    "camera",
    MediaType.VIDEO,
    RecordingStatus.COMPLETED,
    media="é.mkv",
    encryption=ENVELOPE,
)
ROOM = Room(
    "RM1",
    "stand-up",
    RoomStatus.COMPLETED,
    participants=(Participant("PA1", "alice"),),
    recordings=(RECORDING,),
    recording_rules=(RecordingRule(include=True, everything=True),),
    end_time=datetime(2026, 11, 20, 9, tzinfo=UTC),
)
STORED = Stored("/a/é.mkv", 7, "v1", replace(ENVELOPE, readers=("k1",)))
TEMPLATE = Template("grid", (Region("é", Selection(("*",))),))

# The digests stand in catalogs. A change of this text has all failures tried once more, and all
# completed compositions counted as changed.
INPUTS = (
    '{"recording_rules":[{"all":true,"type":"include"}],"recordings":[{"encryption":{"format":'
    '"rsa-envelope","iv":"aXY=","key":"a2V5","unencrypted_content_length":9},"identity":"alice",'
    '"media":"é.mkv","offset":0,"participant_sid":"PA1","sid":"RT1","source_sid":"MT1",'
    '"status":"completed","stored":{"encryption":{"format":"rsa-envelope","iv":"aXY=",'
    '"key":"a2V5","unencrypted_content_length":9},"readers":["k1"],"size":7,"version":"v1"},'
    '"track_name":"camera","type":"video"}],"schema":"roomreel.inputs/1"}'
)


def digest(recording: Recording = RECORDING, stored: Stored = STORED, **room: Any) -> str:
    manifest = Manifest(replace(ROOM, recordings=(recording,), **room), "room.json", "")
    return inputs_sha256(manifest, {"RT1": MediaFile(stored)})


def test_the_digest_of_the_inputs_is_of_this_text() -> None:
    assert digest() == hashlib.sha256(INPUTS.encode()).hexdigest()


DECIDES = {
    "offset_ms": 1,
    "status": RecordingStatus.FAILED,
    "track_name": "screen",
    "media": "b.mkv",
    "encryption": None,
    "claimed_size_bytes": 8,
    "track_index": 1,
}


@pytest.mark.parametrize("member", DECIDES)
def test_what_decides_a_composition_enters(member: str) -> None:
    assert digest(replace(RECORDING, **{member: DECIDES[member]})) != digest()


@pytest.mark.parametrize(
    "stored",
    [
        replace(STORED, size_bytes=8),
        replace(STORED, version="v2"),
        replace(STORED, encryption=replace(ENVELOPE, readers=("k1", "k2"))),
        replace(STORED, encryption=None),
    ],
)
def test_the_file_enters(stored: Stored) -> None:
    assert digest(stored=stored) != digest()


def test_rules_and_who_they_name_enter() -> None:
    assert digest(recording_rules=None) != digest()
    assert digest(participants=(Participant("PA1", "bob"),)) != digest()
    named = Participant("PA1", "alice", display_name="Alice K.", roles=("host", "speaker"))
    again = replace(named, roles=("speaker", "host", "host"))
    assert digest(participants=(named,)) == digest(participants=(again,))
    seen = [replace(named, display_name="A. K."), replace(named, roles=("host",)), again]
    assert len({digest(), *(digest(participants=(one,)) for one in seen)}) == 1 + len(seen)


def test_a_participant_with_neither_name_nor_role_keeps_the_digest() -> None:
    assert digest(participants=(Participant("PA1", "alice", "pstn", "", ()),)) == digest()


@pytest.mark.parametrize("member", ["date_created", "date_deleted"])
def test_dates_and_where_a_file_lies_do_not_enter(member: str) -> None:
    dated = replace(RECORDING, **{member: datetime(2026, 1, 1, tzinfo=UTC)})
    assert digest(dated, replace(STORED, location="/b/é.mkv")) == digest()


def test_attributes_do_not_enter() -> None:
    said = replace(RECORDING, attributes={"import": {"files": ["a.webm"]}})
    assert digest(said, attributes={"import": {"vendor": "vonage"}}) == digest()


def test_events_enter_where_they_are_used_in_whatever_order() -> None:
    mark, spoken = Event(5, EventKind.MARK, "é"), Event(0, EventKind.SPEAKER, "", "PA1")
    assert digest(events=(mark,)) == digest()
    assert inputs_with_evidence("0", {}, {}) == inputs_with_evidence("0", {}, {}, ()) == "0"
    text = (
        '{"assets":{},"events":[{"at_ms":0,"participant_sid":"PA1","type":"speaker"},'
        '{"at_ms":5,"text":"é","type":"mark"}],"room":"0","schema":"roomreel.inputs/1"}'
    )
    found = {inputs_with_evidence("0", {}, {}, some) for some in ([mark, spoken], [spoken, mark])}
    assert found == {hashlib.sha256(text.encode()).hexdigest()}


# A member that a later version adds, at its default and at another value.


@dataclass(frozen=True, slots=True)
class Grown:
    """What a later version of an object's document has more."""

    documents: Any
    name: str

    def add(self, monkeypatch: pytest.MonkeyPatch, value: object) -> None:
        """Have the documents of these objects carry a member; those of the defaults, null."""
        document = getattr(self.documents, self.name)

        def grown(one: Any) -> dict[str, Any] | None:
            members = document(one)
            default = "" in (getattr(one, "friendly_name", 0), getattr(one, "name", 0))
            return members and {**members, "younger": None if default else value}

        monkeypatch.setattr(self.documents, self.name, grown)


GROWN = {
    "template": Grown(template, "_members"),
    "region": Grown(region, "_members"),
    "recording": Grown(identity, "recording_document"),
    "rule": Grown(identity, "rule_document"),
    "encryption": Grown(identity, "encryption_document"),
}


def all_digests() -> tuple[str, str, str]:
    sha256 = template_sha256(TEMPLATE)
    end = ROOM.end_time
    assert end is not None
    return digest(), sha256, composition_sid(ROOM.sid, end, "grid", sha256)


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_a_younger_member_at_its_default_changes_no_digest(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_digests()
    grown.add(monkeypatch, None)
    assert all_digests() == before


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_a_younger_member_that_is_used_enters(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_digests()
    grown.add(monkeypatch, {"b": 1, "a": 2})
    assert all_digests() != before


@pytest.mark.parametrize("name", ["template", "region"])
def test_canonical_json_has_a_younger_member_where_it_is_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = canonical_template(TEMPLATE)
    with monkeypatch.context() as patch:
        GROWN[name].add(patch, None)
        assert canonical_template(TEMPLATE) == before
    GROWN[name].add(monkeypatch, {"b": 1, "a": 2})
    assert canonical_template(TEMPLATE) != before
    assert '"younger":{"a":2,"b":1}' in canonical_template(TEMPLATE)


def test_attributes_enter_no_digest() -> None:
    assert digest(attributes={"colour": "red"}) == digest()
