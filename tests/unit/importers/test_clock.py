"""The clock rule: where files sit, by their claims and what is found in them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from drafting import GONE, VIDEO, draft, measured, piece, track
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import ArgumentsInvalid
from roomreel.importers.choices import Choices, GivenOffset
from roomreel.importers.claims import Anchor, Draft, Grade
from roomreel.importers.settling.by_hand import given_offsets, refuse_unused
from roomreel.importers.settling.clock import Placed, offset_of, placed
from roomreel.importers.settling.evidence import Evidence
from roomreel.importers.settling.parts import parts_of
from roomreel.importers.settling.plausibility import believed

FIRST, ZERO = Anchor.FIRST, Anchor.ZERO
ms = st.fractions(-(10**13), 10**13, max_denominator=90_000)


def place(
    one: Draft, found: Mapping[str, Evidence], *offsets: GivenOffset
) -> dict[str, list[Placed]]:
    """The places of a draft's pieces by the names of their files."""
    parts = parts_of("some", one)
    evidence = {part.sid: found.get(part.piece.file or "", GONE) for part in parts}
    hand = given_offsets(Choices(offsets), parts, one.participants)
    places = placed("some", parts, believed(one, parts), evidence, hand)
    result: dict[str, list[Placed]] = {}
    for part in parts:
        result.setdefault(part.piece.file or part.sid, []).append(places[part.sid])
    return result


def offsets(one: Draft, found: Mapping[str, Evidence], *hand: GivenOffset) -> dict[str, int]:
    return {file: places[0].offset for file, places in place(one, found, *hand).items()}


def alone(*pieces_of: tuple[str, object], **clock: object) -> Draft:
    """A draft of a participant a file."""
    return draft(*(track(piece(file, at, **clock), who=file) for file, at in pieces_of))


@given(ms, ms)
def test_an_offset_is_the_claim_less_the_first_packet_and_never_the_sum(
    at: Fraction, first: Fraction
) -> None:
    # By the decimal digits of twice the value, not by round().
    for anchor, exact in ((FIRST, at - first), (ZERO, at)):
        offset = offset_of(at, anchor, first)
        assert abs(offset - exact) <= Fraction(1, 2)
        if abs(offset - exact) == Fraction(1, 2):
            assert offset % 2 == 0


def test_t1_equal_offsets_stay_whatever_the_containers_begin_with() -> None:
    files = {
        "a": measured("1.564", 31),
        "b": measured("1.584", 31),
        "c": measured("20.1", 40),
    }
    one = alone(*((file, 155137307765) for file in files))
    places = place(one, files)
    assert {p.offset for (p,) in places.values()} == {155137307765}
    starts = [places[file][0].offset + (files[file].first or 0) for file in files]
    assert [start - starts[0] for start in starts] == [0, 20, 18_536]


def test_t2_the_container_counts_from_the_offset() -> None:
    found = {"a": measured("1.5", 9), "b": measured("0.5", 9)}
    places = offsets(alone(("a", 1000), ("b", 4000)), found)
    assert (places["b"] + 500) - (places["a"] + 1500) == 2000


def test_t3_without_any_claim_the_containers_share_one_zero() -> None:
    found = {"a": measured("1.564", 31), "b": measured("20.1", 40)}
    places = place(alone(("a", None), ("b", None)), found)
    assert {(p.offset, p.grade, p.chosen) for (p,) in places.values()} == {
        (0, Grade.GUESSED, "assumed")
    }


def test_what_has_no_clock_begins_with_the_others() -> None:
    found = {name: measured(0, 9) for name in "abc"}
    unix = alone(("a", 1736317932123), ("b", 1736317932535), ("c", None))
    assert offsets(unix, found)["c"] == 1736317932123
    own = alone(("a", 22_000), ("b", 1250), ("c", None))
    assert offsets(own, found)["c"] == 0


def test_sound_and_pictures_of_one_file_share_its_first_packet() -> None:
    one = draft(
        track(piece("a.webm", 5000, anchor=FIRST)),
        track(piece("a.webm", 5000, anchor=FIRST), key="2", kind=VIDEO, name="camera"),
    )
    parts = parts_of("some", one)
    found = {parts[0].sid: measured("0.021", 9), parts[1].sid: measured("0.5", 9)}
    places = placed("some", parts, believed(one, parts), found, {})
    assert {place.offset for place in places.values()} == {4979}


def test_s2_both_tracks_of_a_slice_follow_the_longer_one() -> None:
    sound = track(piece("1", 0), piece("2", 11_000), leash_ms=1000)
    pictures = track(
        piece("1", 0), piece("2", 11_000), key="2", kind=VIDEO, name="camera", leash_ms=1000
    )
    one = draft(sound, pictures)
    parts = parts_of("some", one)
    ends = {("1", VIDEO): "10.5"}
    found = {p.sid: measured(0, ends.get((p.piece.file, p.track.kind), "10.7")) for p in parts}
    places = placed("some", parts, believed(one, parts), found, {})
    assert [places[part.sid].offset for part in parts] == [0, 10_700, 0, 10_700]
    assert {places[part.sid].chosen for part in parts} == {"claim", "chain"}


def test_pieces_of_a_track_that_was_published_again_are_no_chain() -> None:
    one = draft(track(piece("1", 0), piece("2", 9_050)))
    assert offsets(one, {"1": measured(0, 9), "2": measured(0, 9)}) == {"1": 0, "2": 9_050}


@given(
    st.lists(st.fractions(4000, 6000, max_denominator=48_000), min_size=2, max_size=40),
    st.fractions(0, 500, max_denominator=48_000),
)
def test_rounding_never_adds_up_along_a_chain(lengths: list[Fraction], first: Fraction) -> None:
    """The offset of each slice is within half a ms of the exact sum of those before it."""
    names = [f"{number:02}" for number in range(len(lengths))]
    exact = [sum(lengths[:number], Fraction(0)) for number in range(len(lengths))]
    pieces = [piece(name, round(at), anchor=FIRST) for name, at in zip(names, exact, strict=True)]
    found = {
        name: Evidence(measured(0, 1).state, first, first + length, 9, size_bytes=9)
        for name, length in zip(names, lengths, strict=True)
    }
    places = offsets(draft(track(*pieces, leash_ms=100)), found)
    for name, at in zip(names, exact, strict=True):
        assert abs(places[name] + first - at) <= Fraction(1, 2)


def test_an_offset_by_hand_wins_over_every_rule_and_is_recorded_as_such() -> None:
    one = draft(track(piece("x/1", 0), piece("x/2", 5000), piece("x/3", 10_000), leash_ms=100))
    found = {f"x/{n}": measured(0, 5) for n in (1, 2, 3)}
    given_one = GivenOffset(7000, track="2")
    places = {file: one[0] for file, one in place(one, found, given_one).items()}
    assert [places[f"x/{n}"].offset for n in (1, 2, 3)] == [0, 7000, 10_000]
    assert (places["x/2"].chosen, places["x/2"].rule) == ("by-hand", "by-hand")
    assert places["x/2"].grade is Grade.EXACT
    assert "--offset" in places["x/2"].reason
    # It overlaps what stands at its claim.
    assert places["x/3"].overlap == 2000


def test_an_offset_by_hand_may_be_of_the_first_packet() -> None:
    one = alone(("a", 5))
    first = GivenOffset(1000, file="a", anchor=FIRST)
    assert offsets(one, {"a": measured("0.25", 9)}, first) == {"a": 750}


@pytest.mark.parametrize("meant", ["Ana/microphone", "ana/microphone", "1", "f/a.webm", "a.webm"])
def test_a_track_is_meant_by_any_of_its_names(meant: str) -> None:
    one = draft(track(piece("f/a.webm", 0), who="ana"))
    hand = GivenOffset(9, track=meant)
    assert offsets(one, {"f/a.webm": measured(0, 1)}, hand) == {"f/a.webm": 9}


def test_an_offset_that_means_two_files_is_refused_and_so_is_a_second_one() -> None:
    one = draft(track(piece("1", 0), piece("2", 5)), track(piece("3", 1), who="b"))
    found = {name: measured(0, 1) for name in "123"}
    with pytest.raises(ArgumentsInvalid, match="means 3 files: 1, 2, 3"):
        offsets(one, found, GivenOffset(9, track="microphone"))
    with pytest.raises(ArgumentsInvalid, match="has an offset already"):
        offsets(one, found, GivenOffset(9, file="3"), GivenOffset(8, track="B/microphone"))


def test_an_offset_that_means_nothing_is_refused_with_what_there_is() -> None:
    used = GivenOffset(9, file="a.webm")
    unused = GivenOffset(1, track="cam", participant="Eve", at="offsets.csv:3")
    with pytest.raises(ArgumentsInvalid, match=r"offsets\.csv:3: Eve, cam") as error:
        refuse_unused(Choices((used, unused)), {used}, ["a.webm"])
    assert "a.webm" in error.value.remedy
    refuse_unused(Choices((used,)), {used}, [])


def test_c3_a_thousand_chunks_stay_within_the_leash_of_their_stamps() -> None:
    names = [f"{n:04}" for n in range(1000)]
    pieces = [piece(name, n * 5007, anchor=FIRST) for n, name in enumerate(names)]
    found = {name: measured("0.021", "5.021") for name in names}
    places = offsets(draft(track(*pieces, leash_ms=100)), found)
    away = [abs(places[name] + 21 - n * 5007) for n, name in enumerate(names)]
    assert max(away) <= 100
    assert sum(n > 0 for n in away) > 900
