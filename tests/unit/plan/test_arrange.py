"""What makes an output longer than any call is left out, where one can tell what that is."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roomreel.errors import SourceLimitExceeded
from roomreel.model.room import MediaType, Recording, RecordingStatus
from roomreel.model.selection import Selection
from roomreel.model.template import Region, Template
from roomreel.model.time import Span
from roomreel.plan.arrange import LONGEST_OUTPUT_S, arrange
from roomreel.plan.usable import Usable

ALL = Selection(("*",))
HOUR = 3600


def source(sid: str, start_h: float, hours: float, who: str = "", offset_h: float = 0) -> Usable:
    kind = MediaType.AUDIO if sid.startswith("A") else MediaType.VIDEO
    start, length = (Fraction(str(h)) * HOUR for h in (start_h + offset_h, hours))
    recording = Recording(
        sid=sid,
        source_sid=f"MT{sid}",
        participant_sid=who or f"PA{sid}",
        track_name=sid,
        type=kind,
        status=RecordingStatus.COMPLETED,
        offset_ms=round(offset_h * HOUR * 1000),
    )
    return Usable(recording, Span(start, start + length))


def left_out(*sources: Usable, trim: bool = False) -> set[str]:
    template = Template("t", (Region("main", ALL),), ALL, trim=trim)
    usable = {one.sid: one for one in sources}
    arranged = arrange(template, usable, {})
    assert 0 < arranged.length <= LONGEST_OUTPUT_S
    gone = usable.keys() - arranged.usable.keys()
    assert {w.recording_sid for w in arranged.warnings if w.code == "claim-differs"} == gone
    return gone


CALL = source("V1", 0, 1), source("A1", 0, 1, "PAV1"), source("V2", 0.5, 1), source("A2", 0.5, 1)

CASES = {
    "nothing is wrong": ((), False, set()),
    "one starts years later": ((source("V3", 0, 1, offset_h=90_000),), False, {"V3"}),
    "one starts years earlier": ((source("A3", 0, 1, offset_h=-90_000),), False, {"A3"}),
    "what lies between is left out anyway": ((source("V3", 90_000, 1),), True, set()),
    "one claims a month": ((source("A3", 0, 720),), False, {"A3"}),
    "one claims a month, and is heard all along": ((source("A3", 0, 720),), True, {"A3"}),
    "two claim a month": ((source("A3", 0, 720), source("A4", 1, 25)), True, {"A3", "A4"}),
    "all of a participant are years later": (
        (source("V3", 0, 1, "PA3", 90_000), source("A3", 0, 1, "PA3", 90_000)),
        False,
        {"V3", "A3"},
    ),
    "one makes a long call too long": ((source("V3", 3, 20), source("V4", 23, 2)), False, {"V4"}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_one_that_is_wrong_is_left_out(name: str):
    others, trim, expected = CASES[name]
    assert left_out(*CALL, *others, trim=trim) == expected


def test_of_two_the_one_with_the_stranger_offset_is_left_out():
    assert left_out(source("V1", 0, 1, offset_h=-480_000), source("V2", 0, 1)) == {"V1"}
    assert left_out(source("V1", 0, 1), source("V2", 0, 1, offset_h=480_000)) == {"V2"}


@pytest.mark.parametrize(
    ("sources", "trim", "advice"),
    [
        ([source(f"V{n}", 13 * n, 1) for n in range(4)], False, "correct their offsets; with trim"),
        ([source(f"A{n}", 13 * n, 13) for n in range(5)], True, "correct their offsets$"),
        ([source("A1", 0, 25)], True, "correct their offsets$"),
    ],
)
def test_where_nobody_can_tell_it_is_refused(sources: list[Usable], trim: bool, advice: str):
    with pytest.raises(SourceLimitExceeded, match=r"the output would last .* limit is 24 h") as it:
        left_out(*sources, trim=trim)
    assert re.search(advice, it.value.remedy)


hours = some.integers(-40, 40)


@given(
    some.lists(some.tuples(hours, some.integers(1, 30)), min_size=1, max_size=5), some.booleans()
)
def test_no_room_is_refused_for_one_recording(spans: list[tuple[int, int]], trim: bool):
    sources = [source(f"A{n}", start, length) for n, (start, length) in enumerate(spans)]
    template = Template("t", (), ALL, trim=trim)

    def fits(chosen: list[Usable]) -> bool:
        times = sorted((one.span.start, one.span.end) for one in chosen)
        if not trim:
            ends = [end for _, end in times]
            return bool(times) and max(ends) - times[0][0] <= LONGEST_OUTPUT_S
        seconds, until = 0, times[0][0] if times else 0
        for start, end in times:
            seconds += max(end - max(start, until), 0)
            until = max(until, end)
        return 0 < seconds <= LONGEST_OUTPUT_S

    usable = {one.sid: one for one in sources}
    if fits(sources) or any(fits([o for o in sources if o is not one]) for one in sources):
        arranged = arrange(template, usable, {})
        assert arranged.length <= LONGEST_OUTPUT_S
        if fits(sources):
            assert arranged.usable == usable
