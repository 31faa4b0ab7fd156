"""Whatever call into FFmpeg or NumPy fails for one recording, and however: it costs that one.

All of it is a soak: some 290 places, each with three kinds of exception, and 92 of them, which are
calls, with a crash and a hang: more than an hour of two cores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import cycle, product

import numpy as np
import pytest
from clip_rooms import Track, sid
from clips import Clips
from composing import Composed, colour, level_at
from every_call import (
    COPIED,
    CULPRITS,
    MOST_RECORDINGS,
    NEIGHBOUR_HZ,
    PAINTED,
    QUIET_DB,
    SOUNDS,
    Cells,
    Fault,
    Injector,
    Reached,
    reached,
    written,
)
from numpy.typing import NDArray

from roomreel.errors import RoomreelError

ONCE = 12
"""Culprits in a room; each fails at a place of its own."""

STOPPING = ("crash", "hang")
RAISING = ("refuse", "run_out", "surprise")

SOME = {(*RAISING, "crash"): ONCE, ("hang",): 1}
"""Of the calls, how many are made to fail in those ways, in turn, where it must not take long."""

OUTPUT_SIDE = {
    "roomreel.media.encoder_options": "",
    "roomreel.media.encoders": "",
    "roomreel.media.ffmpeg": "",
    "roomreel.media.frames": "new_picture",
    "roomreel.media.limiter": "",
    "roomreel.media.probe": "index_all",  # before any file is opened
    "roomreel.media.encoder_check": "",
    "roomreel.media.inspect": "",
    "roomreel.media.log": "",
    "roomreel.media.mux": "",
    "roomreel.media.output": "",
    "roomreel.render.canvas": "",
    "roomreel.render.compare": "",
    "roomreel.render.energy": "",
    "roomreel.render.mix": r"mix_blocks|mix_sound|_mastered|AudioSource\.add_to",  # a block of it
    "roomreel.render.verify": "",
    "roomreel.media.colour": "levels|_quotient",  # of a colour that a template names
    # A file's fingerprint; and where blocks lie, which is for the plan to say.
    "roomreel.render.fingerprint": r"FrameFingerprint\.(add|frames|from_bytes|blocks|table"
    r"|to_bytes)",
    "roomreel.render.spots": "levels|_plain|_grid|_bars|_blocks|_clear",
}
"""Functions, by module, that work for no recording, but with what is made of all of them."""

SOURCE_SIDE = [
    *("alpha", "colour", "container", "copy", "downmix", "fit", "frames", "pose", "probe"),
    *("sound", "stream_parameters", "times", "track", "video"),
]
BOTH_SIDES = ["decoding", "mix", "recheck", "spots", "stream_copy"]

NOT_REACHED = {
    "roomreel.media.container:_open": "an object in S3",
    "roomreel.media.container:codec_of": "words of an error",
    "roomreel.media.container:open_media": "a photo, which is refused",
    "roomreel.media.copy:_from_first_key": "words of an error",
    "roomreel.media.downmix:to_stereo": "two channels of no known place",
    "roomreel.media.probe:index_isolated": "the parent's side",
    "roomreel.media.probe:_Columns.note": "a condition that is never asked",
    "roomreel.media.sound:_joined": "the levels of a recording that is listened to",
    "roomreel.media.sound:_joined.taken": "the same",
    "roomreel.media.track:Track.__init__": "a file without the track",
    "roomreel.media.track:Track._rate": "a stream that states no rate",
    "roomreel.media.track:_format": "words of an error",
    "roomreel.media.video:VideoReader._start_again": "after a seek that fails",
    **dict.fromkeys(
        (f"roomreel.media.fit:{name}" for name in ("_edges", "_in_pixels", "_place")),
        "a picture that is cut",
    ),
    "roomreel.render.mix:measure_mix": "a composition that is brought to a loudness",
    "roomreel.render.spots:_grid": "a cell of no pixel",
    "roomreel.render.spots:_plain": "a cell without bars",
    **dict.fromkeys(
        (
            f"roomreel.render.spots:{name}"
            for name in ("_most_changed", "_painted", "_tiles", "_tiles_of")
        ),
        "an overlay",
    ),
    "roomreel.render.stream_copy:decode_at": "the finished file, where not all of it is decoded",
}
"""Functions in which something of FFmpeg's or NumPy's is written that the rooms do not reach."""


@pytest.fixture(scope="module")
def injector(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Iterator[Injector]:
    with pytest.MonkeyPatch.context() as patch:
        yield Injector(tmp_path_factory.mktemp("every-call"), clips, patch)


@dataclass(frozen=True)
class Known:
    painted: Reached
    copied: Reached

    @property
    def faults(self) -> list[Fault]:
        """All of the painted room, and those of the copied one that it lacks."""
        return [*self.painted.faults.values(), *self.only_copied]

    @property
    def only_copied(self) -> list[Fault]:
        known = self.painted.faults
        return [
            replace(fault, copied=True)
            for point, fault in self.copied.faults.items()
            if point not in known
        ]


@pytest.fixture(scope="module")
def known(injector: Injector, clips: Clips) -> Known:
    labels = list(CULPRITS)
    painted = injector.record("painted", injector.filled(injector.tracks(labels)), PAINTED)
    gapped = clips.gapped(clips.tone(440), Fraction(1), Fraction(3, 2))
    tracks = [*injector.tracks(["picture"]), Track("p1", "track", gapped, "audio")]
    copied = injector.record("copied", tracks, COPIED)
    return Known(
        reached(painted, "painted", labels), reached(copied, "copied", ["picture", "opus"])
    )


def function(place: str) -> str:
    """Module and function of a place in the source."""
    return place.split(" ", maxsplit=1)[0]


@pytest.mark.slow
def test_what_is_done_for_a_recording_is_done_in_its_name(known: Known):
    attributed = {fault.point.partition(" ")[2] for fault in known.faults}
    nameless = (known.painted.unattributed | known.copied.unattributed) - attributed
    assert len(attributed) > 200
    strays = []
    for place in map(function, nameless):
        module, _, name = place.partition(":")
        if not re.fullmatch(OUTPUT_SIDE.get(module, "-") or ".*", name):
            strays.append(place)
    assert sorted(set(strays)) == []


@pytest.mark.slow
def test_the_rooms_reach_every_call_there_is(known: Known):
    places = known.painted.places | known.copied.places
    words = {last_word(fault.point.partition(" ")[2]) for fault in known.faults}
    modules = [f"roomreel.media.{name}" for name in SOURCE_SIDE]
    modules += [f"roomreel.render.{name}" for name in BOTH_SIDES]
    missed = {
        function(place)
        for place in written(modules)
        if place not in places and (last_word(place) in words or re.search(r" (av|np)\.", place))
    }
    assert missed == NOT_REACHED.keys()


def last_word(place: str) -> str:
    return re.split(r"[. ]", place.rpartition(" @")[0])[-1]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kinds", SOME, ids=" ".join)
def test_some_calls_fail(kinds: tuple[str, ...], known: Known, injector: Injector):
    calls = [fault for fault in known.painted.faults.values() if fault.is_call]
    short = [fault for fault in calls if not fault.is_long]
    some = [*short[:: len(short) // SOME[kinds] + 1], *known.only_copied[1:2]]
    failing = [replace(one, kind=kind) for one, kind in zip(some, cycle(kinds), strict=False)]
    assert_each_costs_its_own(injector, kinds[0], failing)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", [*RAISING, *STOPPING])
def test_every_call_fails(kind: str, known: Known, injector: Injector):
    failing = [replace(one, kind=kind) for one in known.faults if one.is_call or kind in RAISING]
    print(f"{kind}: {len(failing)} places")
    assert_each_costs_its_own(injector, kind, failing)


def assert_each_costs_its_own(injector: Injector, name: str, faults: Sequence[Fault]) -> None:
    wrong = []
    for number, some in enumerate(batched(faults)):
        room = f"{name}-{number}"
        try:
            made = injector.compose(room, some)
        except RoomreelError as error:
            found = [f"not composed: {error}: {some}"]
        else:
            look = wrong_copies if some[0].copied else partial(wrong_cells, room, injector)
            found = list(look(made, some))
        print(f"{room}: {len(some)} fail", *found, sep="\n  ", flush=True)
        wrong += [f"{room}: {words}" for words in found]
    assert not wrong, "\n".join(wrong)


def batched(faults: Sequence[Fault]) -> Iterator[Sequence[Fault]]:
    """Rooms of so many; what lasts long has rooms of its own, and what is copied one each."""
    for copied, long in product((False, True), repeat=2):
        alike = [one for one in faults if (one.copied, one.is_long) == (copied, long)]
        count = 1 if copied else ONCE
        yield from (alike[at : at + count] for at in range(0, len(alike), count))


def is_told(made: Composed, name: str, number: int) -> bool:
    return ("media-undecodable", sid("RT", name, number)) in made.codes


def wrong_cells(
    name: str, injector: Injector, made: Composed, faults: Sequence[Fault]
) -> Iterator[str]:
    """What the neighbours show wrongly, and which culprits are not told of.

    A fault that leaves the culprit as it is without one need not be told: a second look at it is
    given up, or it is read from the start where it cannot be sought.
    """
    shown = Cells.of(made, name)
    told = {number for number in range(MOST_RECORDINGS) if is_told(made, name, number)}
    untold = [number for number in range(len(faults)) if number not in told]
    yield from (f"not told: {faults[number]}" for number in harmed(untold, shown, faults, injector))
    if max(told, default=0) >= len(faults):
        yield f"told without a fault: {told}"
    for number in shown.pixels.keys() - range(len(faults)):
        middles = {colour(middle_of(picture)) for picture in shown.pixels[number]}
        if middles != {"green"}:
            yield f"neighbour {number} shows {middles}"
    level = level_at(made.sound(), NEIGHBOUR_HZ, 0.2, 1.8)
    if level != pytest.approx(0.25, rel=0.1):
        yield f"the neighbour sounds at {level}"


def harmed(
    suspects: Sequence[int], shown: Cells, faults: Sequence[Fault], injector: Injector
) -> Iterator[int]:
    """Which of the suspects are not shown as in a room that has just what this one shows."""
    of = [number for number in range(len(faults)) if number in shown.pixels]
    for number in suspects:
        if faults[number].culprit in SOUNDS or number not in of:
            yield number
            continue
        whole = injector.faultless([faults[one] for one in of], len(shown.pixels))
        if not shown.are_alike(number, whole, of.index(number)):
            yield number


def middle_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    y, x = picture.shape[0] // 2, picture.shape[1] // 2
    return picture[y - 8 : y + 8, x - 8 : x + 8]


def wrong_copies(made: Composed, faults: Sequence[Fault]) -> Iterator[str]:
    """What is not as it is composed, though nothing can be copied."""
    if made.plan.frame_count != len(list(made.pictures())):
        yield "frames are missing"
    if {code for code, _ in made.codes} - {"recording-short"}:
        yield f"told: {made.codes}, {faults}"
    if colour(made.picture(10)[16:32, 16:48]) != "red":
        yield f"no picture: {faults}"
    if level_at(made.sound(), 440, 0.2, 0.8) != pytest.approx(10 ** (QUIET_DB / 20), rel=0.1):
        yield f"no sound: {faults}"
