from dataclasses import replace

import pytest

from roomreel.model.room import RecordingStatus
from roomreel.plan.passed_over import tracks_passed_over

CALL = {"media": "call.mka"}


def medium(make, path="/call.mka", audio=3, video=0):
    return make.medium([0], kind="audio", path=path, audio_tracks=audio, video_tracks=video)


def warnings(make, recordings, media, chosen=None):
    room = make.room(*recordings)
    found = tracks_passed_over(room, recordings if chosen is None else chosen, media)
    return [(str(one.code), one.recording_sid, one.message.rpartition(": ")[2]) for one in found]


def test_what_no_names_of_is_told_on_the_first_recording_of_the_file(make):
    recordings = [
        make.recording(sid, "audio", **CALL, track_index=n) for sid, n in (("B1", 1), ("A0", 0))
    ]
    media = {sid: medium(make, video=1) for sid in ("B1", "A0")}
    assert warnings(make, recordings, media) == [("tracks-passed-over", "A0", "audio 2, video 0")]


def test_a_file_all_of_which_is_named_is_not_told(make):
    recordings = [make.recording(f"A{n}", "audio", **CALL, track_index=n) for n in range(3)]
    assert warnings(make, recordings, {"A0": medium(make)}, recordings[:1]) == []


def test_a_names_of_its_track_whatever_became_of_it(make):
    recordings = [
        make.recording("A0", "audio", **CALL),
        make.recording("A1", "audio", **CALL, track_index=1, status=RecordingStatus.FAILED),
        make.recording("A2", "audio", media="./call.mka", track_index=2),
    ]
    media = {"A0": medium(make), "A2": medium(make)}
    assert warnings(make, recordings, media, recordings[:1]) == []


@pytest.mark.parametrize("packets", [None, "unknown"])
def test_what_is_not_known_of_a_file_is_not_told(make, packets):
    found = medium(make, audio=0)
    media = {"A0": found if packets else replace(found, packets=None)}
    assert warnings(make, [make.recording("A0", "audio", **CALL)], media) == []
