import re
from dataclasses import replace

import pytest

from roomreel.errors import (
    EmptyTrackList,
    RecordingsDeleted,
    RoomNotCompleted,
    SourceLimitExceeded,
)
from roomreel.model.media import Stored
from roomreel.model.room import RecordingStatus, RoomStatus
from roomreel.plan import check


@pytest.fixture
def room(make):
    return make.room(make.recording("V1"), make.recording("V2"), make.recording("A1", "audio"))


@pytest.fixture
def template(make):
    return make.template(make.region("a"), make.region("b"), audio=["*"])


def files(**sizes):
    return {sid: Stored(f"/{sid}", size, "1") for sid, size in sizes.items()}


def with_status(room, *statuses):
    changed = zip(room.recordings, statuses, strict=True)
    return replace(
        room, recordings=tuple(replace(r, status=RecordingStatus(s)) for r, s in changed)
    )


def test_the_limit_itself_is_within_it_and_a_missing_file_counts_nothing(room, template):
    check(room, template, files(V1=60, V2=40), 100)


def test_over_the_limit_names_sum_limit_and_largest(room, template):
    with pytest.raises(SourceLimitExceeded) as error:
        check(room, template, files(V1=60, V2=40, A1=1, other=900), 100)
    assert "total 101 bytes; the limit is 100 bytes" in error.value.message
    named = re.findall(r"/track-\w+ \((\w+)\) with (\d+) byte", error.value.message)
    assert named == [("V1", "60"), ("V2", "40"), ("A1", "1")]


def test_a_file_of_several_recordings_counts_once(room, template):
    shared = {**files(V1=60, A1=1), "V2": Stored("/V1", 60, "1")}
    check(room, template, shared, 61)
    with pytest.raises(SourceLimitExceeded) as error:
        check(room, template, shared, 60)
    assert "total 61 bytes" in error.value.message
    named = re.findall(r"/track-\w+ \((\w+)\) with (\d+) byte", error.value.message)
    assert named == [("V1", "60"), ("A1", "1")]


@pytest.mark.parametrize("status", [RoomStatus.IN_PROGRESS, RoomStatus.FAILED])
def test_a_room_that_is_not_completed_is_refused_first(room, template, status):
    unready = with_status(replace(room, status=status), "deleted", "deleted", "deleted")
    with pytest.raises(RoomNotCompleted):
        check(unready, template, files(V1=999), 100)


def test_a_recording_still_processing_makes_the_room_wait_even_if_not_selected(make, room):
    processing = with_status(room, "completed", "completed", "processing")
    with pytest.raises(RoomNotCompleted, match="A1"):
        check(processing, make.template(make.region()), {}, 100)


def test_all_selected_deleted_comes_before_the_limit(room, template):
    deleted = with_status(room, "deleted", "deleted", "deleted")
    with pytest.raises(RecordingsDeleted):
        check(deleted, template, files(V1=999), 100)


def test_one_selected_recording_that_is_not_deleted_is_enough(room, template):
    check(with_status(room, "deleted", "deleted", "failed"), template, {}, 100)


def test_nothing_selected_is_an_empty_track_list(make, room):
    with pytest.raises(EmptyTrackList):
        check(room, make.template(make.region("a", ["ghost"])), {}, 100)
