"""A published plan document, read back: who is seen and heard in a composition, in its own time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from roomreel.documents.look import NO_COLOUR
from roomreel.documents.plan import SCHEMA
from roomreel.documents.published_overlays import (
    PublishedAsset,
    PublishedOverlay,
    PublishedStyle,
)
from roomreel.documents.published_parts import (
    MOST_MS,
    MOST_PIXELS,
    Count,
    Decibels,
    Exact,
    Part,
    PlacedPart,
)
from roomreel.errors import DocumentInvalid
from roomreel.model.framing import Framing
from roomreel.model.geometry import Size
from roomreel.model.layout import DEFAULT
from roomreel.model.look import BLACK, Anchor, Colour, Fit
from roomreel.model.loudness import LoudnessTarget
from roomreel.model.plan import (
    AudioClip,
    Chapter,
    Excerpt,
    LayoutStretch,
    OutputSegment,
    Passthrough,
    Placement,
    Plan,
    PlanWarning,
    RegionGrid,
    Scene,
    Source,
    SpeakerStretch,
    WarningCode,
)
from roomreel.model.room import MediaType
from roomreel.model.template import USUAL_CHAPTERS, ChapterKind, Format
from roomreel.model.time import Span
from roomreel.plan.seen import when_heard, when_seen
from roomreel.plan.spans import merged, total


def _size(text: object) -> Size:
    width, _, height = str(text).partition("x")
    found = Size(int(width), int(height))
    if not (0 < found.width <= MOST_PIXELS and 0 < found.height <= MOST_PIXELS):
        raise ValueError("no size of a picture")
    return found


def _bars(text: object) -> Colour | None:
    return None if text == NO_COLOUR else Colour.parse(str(text))


class _Region(PlacedPart):
    name: str
    columns: Count
    rows: Count
    bars: Annotated[Colour | None, BeforeValidator(_bars)] = BLACK
    corner_radius: Count = 0


class _Layout(Part):
    name: str
    start_frame: Count
    end_frame: Count
    regions: list[_Region]


class _Speaker(Part):
    participant_sid: str
    start_frame: Count
    end_frame: Count


class _Placement(PlacedPart):
    recording_sid: str
    layout: str = DEFAULT
    region: str
    cell: Count
    media_start: Exact
    fit: Fit = Fit.CONTAIN
    fit_anchor: Anchor = Anchor.CENTER
    mirror: bool = False


class _Scene(Part):
    start_frame: Count
    end_frame: Count
    placements: list[_Placement]


class _Clip(Part):
    recording_sid: str
    start_ms: Count
    end_ms: Count
    media_start: Exact
    gain_db: Decibels = Fraction(0)


class _Warning(Part):
    code: WarningCode
    recording_sid: str
    message: str


class _Passthrough(Part):
    recording_sid: str = ""
    refused: str = ""


class _Window(Part):
    start_frame: Count
    end_frame: Count
    of: Count


class _Chapter(Part):
    start_ms: Count
    title: str


class _Loudness(Part):
    target_lufs: Decibels
    true_peak_dbtp: Decibels


class _Document(Part):
    # `schema` is a name of pydantic's own.
    kind: Literal["roomreel.plan/1"] = Field(alias="schema")
    room_sid: str
    template: str
    resolution: Annotated[Size, BeforeValidator(_size)]
    format: Format
    frame_rate: Annotated[Exact, Field(gt=0, le=1000)]
    frame_count: Annotated[int, Field(ge=1, le=MOST_MS)]
    duration_ms: Count
    source_bytes: Count
    regions: list[_Region]
    scenes: list[_Scene]
    audio: list[_Clip]
    warnings: list[_Warning]
    passthrough: _Passthrough | None = None
    window: _Window | None = None
    overlays: tuple[PublishedOverlay, ...] = ()
    styles: tuple[PublishedStyle, ...] = ()
    assets: tuple[PublishedAsset, ...] = ()
    chapter_kinds: frozenset[ChapterKind] = USUAL_CHAPTERS
    chapters: tuple[_Chapter, ...] = ()
    loudness: _Loudness | None = None
    layouts: tuple[_Layout, ...] = ()
    speaker: tuple[_Speaker, ...] = ()


def parse_plan(data: bytes, room_name: str = "") -> Plan:
    """Return the plan of a published document.

    What it does not have is as far as the output tells: a source lasts from where it is first seen
    or heard to where it is last, and all of the output is one stretch. Usual chapters are not in
    it, since they follow from who is seen and heard.

    Raises:
        DocumentInvalid: it is no plan document of a version that is known.
    """
    try:
        found = _Document.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"]))
        raise DocumentInvalid(f"no {SCHEMA}: /{where}: {first['msg']}") from error
    return _plan(found, room_name)


def _plan(found: _Document, room_name: str) -> Plan:
    scenes = tuple(_scene(one) for one in found.scenes)
    audio = tuple(_clip(one) for one in found.audio)
    styles, assets = [one.style for one in found.styles], tuple(one.asset for one in found.assets)
    length = max(Fraction(found.duration_ms, 1000), 1 / found.frame_rate)
    return Plan(
        room_sid=found.room_sid,
        room_name=room_name,
        template=found.template,
        resolution=found.resolution,
        format=found.format,
        frame_rate=found.frame_rate,
        frame_count=found.frame_count,
        length=length,
        source_bytes=found.source_bytes,
        has_video=any(
            one.columns
            for regions in (found.regions, *(each.regions for each in found.layouts))
            for one in regions
        ),
        regions=_regions(found.regions, found.layouts[0].name if found.layouts else DEFAULT),
        scenes=scenes,
        audio=audio,
        chapters=tuple(Chapter(Fraction(one.start_ms, 1000), one.title) for one in found.chapters),
        chapter_kinds=found.chapter_kinds,
        kept=(OutputSegment(Span(Fraction(0), length), Fraction(0)),),
        sources=_sources(scenes, audio, found.frame_rate),
        warnings=tuple(
            PlanWarning(one.code, one.recording_sid, one.message) for one in found.warnings
        ),
        passthrough=None if found.passthrough is None else _passthrough(found.passthrough),
        window=None if found.window is None else Excerpt(**dict(found.window)),
        overlays=tuple(one.overlay(styles, assets) for one in found.overlays),
        assets=assets,
        loudness=None if found.loudness is None else LoudnessTarget(**dict(found.loudness)),
        layouts=tuple(
            LayoutStretch(one.name, one.start_frame, one.end_frame, _regions(one.regions, one.name))
            for one in found.layouts
        ),
        speaker=tuple(SpeakerStretch(**dict(one)) for one in found.speaker),
    )


def _regions(found: Iterable[_Region], layout: str = DEFAULT) -> tuple[RegionGrid, ...]:
    return tuple(
        RegionGrid(
            name=one.name,
            rect=one.rect,
            z=one.z,
            columns=one.columns,
            rows=one.rows,
            bars=one.bars,
            corner_radius=one.corner_radius,
            layout=layout,
        )
        for one in found
    )


def _passthrough(found: _Passthrough) -> Passthrough:
    return Passthrough(found.recording_sid, refused=found.refused)


def seen_and_heard(plan: Plan) -> dict[str, tuple[Span, ...]]:
    """Return when each recording is seen or heard, in output time, in the order of first times."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for each in (when_seen(plan.scenes, plan.frame_rate), when_heard(plan.audio)):
        for sid, some in each.items():
            spans[sid] += some
    found = {sid: merged(some) for sid, some in spans.items()}
    return {sid: some for sid, some in sorted(found.items(), key=_by_start) if some}


def _by_start(item: tuple[str, Sequence[Span]]) -> tuple[bool, Fraction, str]:
    sid, spans = item
    return not spans, spans[0].start if spans else Fraction(0), sid


def _sources(
    scenes: Iterable[Scene], audio: Iterable[AudioClip], rate: Fraction
) -> tuple[Source, ...]:
    of_type = ((MediaType.VIDEO, when_seen(scenes, rate)), (MediaType.AUDIO, when_heard(audio)))
    found = [
        Source(
            recording_sid=sid,
            type=kind,
            span=Span(together[0].start, together[-1].end),
            media_end=Fraction(0),
            gaps=(),
            shown=total(together),
        )
        for kind, spans in of_type
        for sid, some in spans.items()
        if (together := merged(some))
    ]
    return tuple(sorted(found, key=lambda one: (one.span.start, one.recording_sid)))


def _scene(found: _Scene) -> Scene:
    return Scene(found.start_frame, found.end_frame, tuple(map(_placement, found.placements)))


def _placement(found: _Placement) -> Placement:
    return Placement(
        recording_sid=found.recording_sid,
        region=found.region,
        cell=found.cell,
        rect=found.rect,
        z=found.z,
        media_start=found.media_start,
        framing=Framing(found.fit, found.fit_anchor, found.mirror),
        layout=found.layout,
    )


def _clip(found: _Clip) -> AudioClip:
    span = Span(Fraction(found.start_ms, 1000), Fraction(found.end_ms, 1000))
    return AudioClip(found.recording_sid, span, found.media_start, found.gain_db)
