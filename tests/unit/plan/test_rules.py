import pytest

from roomreel.model.room import MediaType, RecordingRule
from roomreel.plan.rules import allowed_recordings

ALL = RecordingRule(include=True, everything=True)
NOTHING = RecordingRule(include=False, everything=True)


def include(**filters):
    return RecordingRule(include=True, **filters)


def exclude(**filters):
    return RecordingRule(include=False, **filters)


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (None, "A1 A2 V1 V2"),
        ([ALL], "A1 A2 V1 V2"),
        ([NOTHING], ""),
        ([ALL, exclude(kind=MediaType.VIDEO)], "A1 A2"),
        ([exclude(kind=MediaType.VIDEO), ALL], "A1 A2 V1 V2"),
        ([include(publisher="alice")], "A1 V1"),
        ([include(publisher="PA2")], "A2 V2"),
        ([include(publisher="Alice")], ""),
        ([include(track="MTV1")], "V1"),
        ([include(track="track-V1")], "V1"),
        ([include(track="TRACK-V1")], ""),
        ([include(kind=MediaType.AUDIO, publisher="bob")], "A2"),
        ([ALL, exclude(publisher="bob", track="track-V2")], "A1 A2 V1"),
        ([include(publisher="bob"), include(track="MTA1"), exclude(track="MTA2")], "A1 V2"),
    ],
)
def test_rules_apply_in_order(make, rules, kept):
    recordings = [
        make.recording("A1", "audio"),
        make.recording("V1"),
        make.recording("A2", "audio", participant_sid="PA2"),
        make.recording("V2", participant_sid="PA2"),
    ]
    room = make.room(
        *recordings,
        identities=("alice", "bob"),
        recording_rules=None if rules is None else tuple(rules),
    )
    assert allowed_recordings(room) == frozenset(kept.split())
