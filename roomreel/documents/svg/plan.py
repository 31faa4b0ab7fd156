"""The picture of a plan: a row per recording over output time, scenes as columns, the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, groupby, pairwise

from roomreel.documents.svg import canvas
from roomreel.documents.svg.elements import document, shape, words
from roomreel.model.plan import Plan, Source
from roomreel.model.room import MediaType, Room
from roomreel.model.time import Span, decimal_text, to_ms
from roomreel.plan.spans import merged
from roomreel.plan.timeline import in_output

SEPARATOR = " · "

WIDTH = 1400
LEFT, RIGHT = 330, 1364
TRACK_X = 170
TOP, AXIS = 108, 40
LANES_Y, LANE = 68, 14
LAYOUT_SHADES, SPEAKER_SHADES = ("#f6d365", "#fbe7a8"), ("#c9a7eb", "#e3d0f5")
ROW, BAR, GROUP_GAP = 26, 18, 10
CHAR = 7

# Steps of the time axis, seconds: the first that leaves room for its labels is taken.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
MOST_TICKS = 12

COLOURS = {MediaType.VIDEO: ("#2f6db3", "#d5e3f3"), MediaType.AUDIO: ("#2d8a62", "#d3ecdf")}
WARNED = "#d64545"

DEFINITIONS = (
    '<pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/>'
    '<rect width="2" height="6" fill="#9aa5b1"/></pattern>'
)


# By recording sid, then by region and cell: when it is seen or heard, in output time.
Seen = dict[str, dict[tuple[str, str], list[Span]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One recording of the picture; `source` is None where it was left out."""

    sid: str
    participant: str
    track: str
    source: Source | None
    y: int


def names_of(room: Room) -> dict[str, str]:
    """Return the names of participants, and of recordings with those of their tracks, by sid."""
    return {
        **{person.sid: person.name for person in room.participants},
        **{
            one.sid: room.name_of(one.participant_sid) + SEPARATOR + one.track_name
            for one in room.recordings
        },
    }


def picture(plan: Plan, names: Mapping[str, str]) -> str:
    """Draw a plan as SVG.

    Names are those of `names_of`; what has none is called by its sid.

    Bars are light where a recording is active and full where it is seen or heard; gaps are
    hatched; a dashed line marks where the room clock is cut. Below, the canvas of the scenes that
    last longest. Scenes and cells count from 1.
    """
    lanes = _lanes(plan, names)
    top = TOP + LANE * max(len(lanes) - 1, 0)
    rows = _rows(plan, names, top)
    bottom = rows[-1].y + ROW + GROUP_GAP if rows else top
    scale = (RIGHT - LEFT) / max(plan.duration, plan.length)
    seen = _seen(plan)
    body = (
        *_heading(plan),
        *_groups(rows),
        *_drawn_lanes(plan, lanes, scale),
        *_scenes(plan, scale, (top, bottom)),
        *(element for row in rows for element in _row(plan, row, scale, seen)),
        *_cuts(plan, scale, (top, bottom)),
        *_axis(plan, scale, bottom),
        *canvas.canvases(plan, names, 24, bottom + AXIS),
    )
    return document(WIDTH, bottom + AXIS + canvas.height(plan), DEFINITIONS, body)


def _rows(plan: Plan, names: Mapping[str, str], top: int) -> tuple[Row, ...]:
    sources = {source.recording_sid: source for source in plan.sources}
    left_out = {warning.recording_sid for warning in plan.warnings} - {"", *sources}
    labelled = []
    for sid in (*sources, *left_out):
        participant, _, track = names.get(sid, sid).partition(SEPARATOR)
        labelled.append((participant, track, sid))
    rows: list[Row] = []
    y = top
    for _, group in groupby(sorted(labelled), key=lambda label: label[0]):
        for participant, track, sid in group:
            rows.append(Row(sid, participant, track, sources.get(sid), y))
            y += ROW
        y += GROUP_GAP
    return tuple(rows)


def _heading(plan: Plan) -> Iterator[str]:
    title = f"{plan.room_name}{SEPARATOR}{plan.template}"
    yield words((24, 34), _short(title, 120), tip=title, class_="title")
    facts = (
        f"{plan.resolution} {plan.format.value}",
        f"{decimal_text(plan.duration, 3)} s",
        f"{plan.frame_count} frames at {decimal_text(plan.frame_rate, 3)}/s",
        *([f"from frame {plan.window.start_frame} of {plan.window.of}"] if plan.window else ()),
        f"scenes: {len(plan.scenes)}",
        f"warnings: {len(plan.warnings)}",
    )
    yield words((24, 56), SEPARATOR.join(facts), class_="quiet")
    keys = (("video", COLOURS[MediaType.VIDEO]), ("sound", COLOURS[MediaType.AUDIO]))
    x = 800
    for name, (full, light) in keys:
        for colour, state in (
            (full, "heard" if name == "sound" else "shown"),
            (light, "active"),
        ):
            yield shape("rect", x=x, y=46, width=16, height=11, rx=2, fill=colour)
            yield words((x + 21, 56), f"{name} {state}", class_="quiet")
            x += 110
    yield shape("rect", x=x, y=46, width=16, height=11, rx=2, fill="url(#gap)")
    yield words((x + 21, 56), "gap", class_="quiet")
    yield shape("circle", cx=x + 70, cy=52, r=4, fill=WARNED)
    yield words((x + 80, 56), "warning", class_="quiet")


def _groups(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a panel per participant, with the name."""
    for name, group in groupby(rows, key=lambda row: row.participant):
        members = list(group)
        top, height = members[0].y - 4, len(members) * ROW + 4
        yield shape("rect", x=16, y=top, width=RIGHT - 8, height=height, rx=4, fill="#f5f7fa")
        yield words((24, top + 18), _short(name, 19), tip=name, class_="strong")


def _scenes(plan: Plan, scale: Fraction, edges: tuple[int, int]) -> Iterator[str]:
    top, bottom = edges
    for number, scene in enumerate(plan.scenes, 1):
        start, end = scene.start_frame / plan.frame_rate, scene.end_frame / plan.frame_rate
        x, width = LEFT + start * scale, (end - start) * scale
        shade = ("#e4e7eb", "#cbd2d9")[number % 2]
        tip = (
            f"scene {number}: frames {scene.start_frame} to {scene.end_frame},"
            f" {_clock(start)} to {_clock(end)}, {len(scene.placements)} placements"
        )
        yield shape("rect", tip, x=x, y=top - 26, width=width, height=16, fill=shade)
        yield shape(
            "line", x1=x, y1=top - 26, x2=x, y2=bottom, stroke="#9fb3c8", stroke_width="0.5"
        )
        if width > CHAR * len(str(number)) + 4:
            middle = (x + width / 2, top - 14)
            yield words(middle, str(number), tip, text_anchor="middle", class_="small")
    yield words((TRACK_X, top - 14), "scenes", class_="quiet")


@dataclass(frozen=True, slots=True)
class Lane:
    """A row above the scenes: stretches of frames, each with its first, its last and a name."""

    title: str
    kind: str
    shades: tuple[str, str]
    stretches: tuple[tuple[int, int, str], ...]


def _lanes(plan: Plan, names: Mapping[str, str]) -> list[Lane]:
    """Return the lanes of layouts and of active speakers, those that there are."""
    layouts = tuple((one.start_frame, one.end_frame, one.name) for one in plan.layouts)
    speaker = tuple(
        (one.start_frame, one.end_frame, names.get(one.participant_sid, one.participant_sid))
        for one in plan.speaker
    )
    lanes = (
        Lane("layouts", "layout", LAYOUT_SHADES, layouts),
        Lane("speaker", "active speaker", SPEAKER_SHADES, speaker),
    )
    return [lane for lane in lanes if lane.stretches]


def _drawn_lanes(plan: Plan, lanes: Iterable[Lane], scale: Fraction) -> Iterator[str]:
    """Yield a bar for each stretch of a lane."""
    for y, lane in zip(count(LANES_Y, LANE), lanes, strict=False):
        for number, (first, last, name) in enumerate(lane.stretches):
            start, end = first / plan.frame_rate, last / plan.frame_rate
            x, width = LEFT + start * scale, (end - start) * scale
            tip = f"{lane.kind} {name}: {_clock(start)} to {_clock(end)}"
            yield shape("rect", tip, x=x, y=y, width=width, height=12, fill=lane.shades[number % 2])
            if width > CHAR * len(name) + 4:
                yield words((x + 3, y + 10), name, tip, class_="small")
        yield words((TRACK_X, y + 10), lane.title, class_="quiet")


def _row(plan: Plan, row: Row, scale: Fraction, seen: Seen) -> Iterator[str]:
    name = _short(row.track or row.participant, 21)
    yield words((TRACK_X, row.y + 14), name, tip=row.sid)
    own = [warning for warning in plan.warnings if warning.recording_sid == row.sid]
    notes = "; ".join(f"{warning.code.value}: {warning.message}" for warning in own)
    if row.source is None:
        yield words((LEFT + 4, row.y + 14), _short(notes, 140), tip=notes, class_="quiet")
        return
    if own:
        yield shape("circle", notes, cx=LEFT - 10, cy=row.y + 10, r=4, fill=WARNED)
    full, light = COLOURS[row.source.type]
    for span in _cut(plan, (row.source.span,)):
        yield _bar(span, scale, (row.y + 1, BAR), light)
    for span, lane, text in _uses(seen.get(row.sid, {}), row.y + 1):
        yield _bar(span, scale, lane, full, f"{text}: {_clock(span.start)} to {_clock(span.end)}")
        if span.duration * scale > (CHAR - 1) * len(text) + 8 and lane[1] > 10:
            yield words((LEFT + span.start * scale + 4, lane[0] + 13), text, class_="inside")
    for span in _cut(plan, row.source.gaps):
        yield _bar(
            span, scale, (row.y + 5, BAR - 8), "url(#gap)", f"no packet: {_clock(span.start)}"
        )


def _cut(plan: Plan, spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        for part, _ in in_output(span, plan.kept):
            yield part


def _seen(plan: Plan) -> Seen:
    found: Seen = {}
    for scene in plan.scenes:
        span = Span(scene.start_frame / plan.frame_rate, scene.end_frame / plan.frame_rate)
        for placement in scene.placements:
            cells = found.setdefault(placement.recording_sid, {})
            cells.setdefault((placement.region, f" {placement.cell + 1}"), []).append(span)
    for clip in plan.audio:
        found.setdefault(clip.recording_sid, {}).setdefault(("heard", ""), []).append(clip.span)
    return found


def _uses(
    cells: Mapping[tuple[str, str], Iterable[Span]], y: int
) -> Iterator[tuple[Span, tuple[int, int], str]]:
    """Yield output time, top and height of a bar, and words, for each use of one recording.

    A recording that several regions show has a lane for each.
    """
    regions = sorted({region for region, _ in cells})
    height = BAR // max(len(regions), 1)
    for (region, cell), spans in cells.items():
        for span in merged(spans):
            yield span, (y + regions.index(region) * height, height), region + cell


def _bar(span: Span, scale: Fraction, lane: tuple[int, int], fill: str, tip: str = "") -> str:
    x, width = LEFT + span.start * scale, span.duration * scale
    return shape("rect", tip, x=x, y=lane[0], width=width, height=lane[1], rx=2, fill=fill)


def _cuts(plan: Plan, scale: Fraction, edges: tuple[int, int]) -> Iterator[str]:
    top, bottom = edges
    for before, after in pairwise(plan.kept):
        x = LEFT + after.start * scale
        gone = decimal_text(after.room.start - before.room.end, 3)
        yield shape(
            "line",
            f"cut: {gone} s in which nothing is seen or heard",
            x1=x,
            y1=top - 30,
            x2=x,
            y2=bottom,
            stroke="#d64545",
            stroke_width="1.5",
            stroke_dasharray="4 3",
        )


def _axis(plan: Plan, scale: Fraction, bottom: int) -> Iterator[str]:
    yield shape("line", x1=LEFT, y1=bottom, x2=RIGHT, y2=bottom, stroke="#616e7c")
    step = next((s for s in STEPS if plan.duration <= s * MOST_TICKS), plan.duration)
    at = Fraction(0)
    while at <= plan.duration:
        x = LEFT + at * scale
        yield shape("line", x1=x, y1=bottom, x2=x, y2=bottom + 5, stroke="#616e7c")
        yield words((x, bottom + 20), _clock(at), text_anchor="middle", class_="quiet")
        at += step


def _clock(seconds: Fraction) -> str:
    minutes, rest = divmod(Fraction(to_ms(seconds), 1000), 60)
    hours, minutes = divmod(minutes, 60)
    whole, _, part = decimal_text(rest, 3).partition(".")
    return f"{hours}:{minutes:02}:{whole:0>2}" + (f".{part}" if part else "")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
