from dataclasses import replace

import pytest

from roomreel.model.plan import WarningCode
from roomreel.model.room import MediaType, Participant
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.plan.select import matches, select, selected_recordings, unknown_sources


@pytest.mark.parametrize(
    ("pattern", "does"),
    [
        ("*", True),
        ("RT1", True),
        ("MTRT1", True),
        ("PA1", True),
        ("student-ann", True),
        ("Student-ann", False),
        ("rt1", False),
        ("student", False),
        ("student-*", True),
        ("student-ann*", True),
        ("*-ann", True),
        ("*ann", True),
        ("*student", False),
        ("Student-*", False),
        ("RT*", False),
        ("PA*", False),
        ("*1", False),
    ],
)
def test_a_pattern_names_a_recording(make, pattern, does):
    assert matches(pattern, make.recording("RT1", track_name="student-ann"), {}) is does


def test_selected_is_included_minus_excluded_of_the_type_by_sid(make):
    recordings = [
        make.recording("V3", track_name="student-c"),
        make.recording("V1", track_name="student-a"),
        make.recording("A1", "audio", track_name="student-a"),
        make.recording("D1", "data", track_name="student-a"),
        make.recording("V2", track_name="teacher"),
    ]

    def sids(included, excluded, kind):
        selection = Selection(tuple(included), tuple(excluded))
        return [r.sid for r in select(selection, MediaType(kind), recordings, {})]

    assert sids(["*"], [], "video") == ["V1", "V2", "V3"]
    assert sids(["student-*"], ["V3"], "video") == ["V1"]
    assert sids(["*"], ["student-*"], "video") == ["V2"]
    assert sids(["V1", "V1", "*-a"], [], "video") == ["V1"]
    assert sids(["student-*"], [], "audio") == ["A1"]
    assert sids([], [], "video") == []


PEOPLE = {"PA1": Participant("PA1", "student-ann", roles=("host", "speaker"))}


@pytest.mark.parametrize(
    ("pattern", "does"),
    [
        (OfIdentity("student-ann"), True),
        (OfIdentity("student-*"), True),
        (OfIdentity("*-a?n"), True),
        (OfIdentity("*[-]an[m-o]"), True),
        (OfIdentity("*dent*"), True),
        (OfIdentity("Student-*"), False),
        (OfIdentity("student"), False),
        (OfIdentity("PA1"), False),
        (OfIdentity("camera"), False),
        (OfRole("host"), True),
        (OfRole("speaker"), True),
        (OfRole("Host"), False),
        (OfRole("*"), False),
        (OfRole("student-ann"), False),
    ],
)
def test_a_pattern_names_the_recordings_of_people(make, pattern, does):
    camera = make.recording("RT1", track_name="camera")
    assert matches(pattern, camera, PEOPLE) is does
    # A track that is called as somebody's sid is not theirs.
    stranger = make.recording("RT2", track_name="PA1", participant_sid="PA2")
    assert matches(pattern, stranger, PEOPLE) is False


def test_who_is_not_listed_has_the_sid_as_identity_and_no_role(make):
    camera = make.recording("RT1")
    assert matches(OfIdentity("PA1"), camera, {})
    assert not matches(OfRole("host"), camera, {})


def test_an_identity_or_role_of_nobody_is_unknown_and_a_glob_is_not(make):
    room = make.room(make.recording("V1"), identities=("ann", "ben"))
    people = (*room.participants[:1], replace(room.participants[1], roles=("host", "guest")))
    room = replace(room, participants=people)
    region = make.region("main", [OfIdentity("x"), OfIdentity("x*"), OfIdentity("ben")])
    audio = [OfRole("host"), OfRole("gast"), OfIdentity("be?"), OfIdentity("[xy]")]
    found = list(unknown_sources(room, make.template(region, audio=audio)))
    assert {warning.code for warning in found} == {WarningCode.UNKNOWN_SOURCE}
    nobody = "no participant of the room has the"
    assert [warning.message for warning in found] == [
        f"audio: {nobody} role 'gast'; it has the roles guest, host; did you mean \"guest\"?",
        f"region 'main': {nobody} identity 'x'; it has the participants ann, ben",
    ]
    plain = make.room(make.recording("V1"), identities=())
    (warning,) = unknown_sources(plain, make.template(audio=[OfRole("host")]))
    assert warning.message.endswith("has the role 'host'; it has no roles")


def test_selected_counts_each_once_whatever_its_state(make):
    room = make.room(
        make.recording("V2", status="deleted"),
        make.recording("V1"),
        make.recording("A1", "audio"),
        make.recording("D1", "data"),
    )
    template = make.template(make.region("a"), make.region("b", ["V1"]), audio=["A1", "D1"])
    assert [r.sid for r in selected_recordings(room, template)] == ["A1", "V1", "V2"]


def test_a_name_no_recording_has_is_unknown_and_a_wildcard_is_not(make):
    room = make.room(make.recording("A1", "audio"))
    region = make.region("main", ["track-A1", "ghost", "x-*"], ["MTnone"])
    found = list(unknown_sources(room, make.template(region, audio=["PA1", "ghost"])))
    assert {warning.code for warning in found} == {WarningCode.UNKNOWN_SOURCE}
    assert sorted(warning.message for warning in found) == [
        "audio: no recording of the room has 'ghost'; it has the tracks track-A1",
        "region 'main': no recording of the room has 'MTnone'; it has the tracks track-A1",
        "region 'main': no recording of the room has 'ghost'; it has the tracks track-A1",
    ]


def test_an_unknown_name_comes_with_the_names_there_are(make):
    recordings = [
        replace(make.recording(f"V{number}", "video"), track_name=name)
        for number, name in enumerate(["camera", "camera", "screen"])
    ]
    room = make.room(*recordings)
    (warning,) = unknown_sources(room, make.template(make.region("main", ["scren"])))
    assert warning.message.endswith(
        "has 'scren'; it has the tracks camera (2), screen; did you mean \"screen\"?"
    )
