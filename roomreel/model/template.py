"""A template: how to compose a room, with every default filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import chain

from roomreel.model.framing import WHOLE, Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.layout import DEFAULT, USUAL_TIMING, LayoutRule, LayoutTiming
from roomreel.model.look import BLACK, PLAIN, Background, Colour
from roomreel.model.mixing import AS_RECORDED, Mixing
from roomreel.model.overlay import ImageOverlay, TemplateOverlay
from roomreel.model.selection import NOTHING, Selection
from roomreel.model.speaker import USUAL_SPEAKER, SpeakerRules
from roomreel.model.tiles import BARE, TileLook
from roomreel.model.window import ALL, Window


class Reuse(StrEnum):
    """The policy for a source when no fresh cell is left."""

    NONE = "none"
    SHOW_OLDEST = "show_oldest"
    SHOW_NEWEST = "show_newest"


class UnitKind(StrEnum):
    """Kinds of what has a cell of its own."""

    RECORDING = "recording"
    PARTICIPANT = "participant"


class GridKind(StrEnum):
    """The size of a grid: that of the most at one time, or of who is there at each instant."""

    FIXED = "fixed"
    CURRENT = "current"


class CellOrder(StrEnum):
    """The order in which cells are given out."""

    START = "start"
    NAME = "name"
    SPEAKER = "speaker"


class LastRow(StrEnum):
    """The place of a last row that is not full."""

    START = "start"
    CENTER = "center"


class ChapterKind(StrEnum):
    """Kinds of instants at which a chapter begins."""

    JOINS = "joins"
    LAYOUTS = "layouts"
    MARKS = "marks"


USUAL_CHAPTERS = frozenset({ChapterKind.JOINS})
"""Those of a template that does not say."""


class Format(StrEnum):
    """Container of a composition."""

    MP4 = "mp4"
    WEBM = "webm"


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the canvas that holds a grid of cells.

    Attributes:
        width: pixels, or None for all that is left to the right of `x`.
        height: pixels, or None for all that is left below `y`.
        z: -99 to 99, higher on top; ties: later in the template on top.
        cells_excluded: row-major indices that stay empty, sorted, no repeats.
        grid: whether it stands still, or follows who is there.
        order: in which cells are given out to those who come together, wait, or follow.
        not_shown_in: names of earlier regions of the layout; who is shown there is not here.
        unit: what takes a cell of its own.
        voices: sounds for which a participant has a cell, too; only with `UnitKind.PARTICIPANT`.
        min_recording_ms: a unit that lasts less takes no cell; it is heard all the same.
        gap: pixels between cells.
        padding: pixels between the cells and the edges.
        background_color: of the whole region; None for what is below it.
        bars: colour beside a picture that does not fill its cell; None for what is below it.
        corner_radius: pixels, of its cells; of the pictures themselves where there are no bars.
        tile: what is drawn in cells beside pictures.
        layout: the name of the layout that it is of.
    """

    name: str
    sources: Selection
    x: int = 0
    y: int = 0
    z: int = 0
    width: int | None = None
    height: int | None = None
    max_columns: int | None = None
    max_rows: int | None = None
    cells_excluded: tuple[int, ...] = ()
    reuse: Reuse = Reuse.SHOW_OLDEST
    grid: GridKind = GridKind.FIXED
    order: CellOrder = CellOrder.START
    not_shown_in: tuple[str, ...] = ()
    unit: UnitKind = UnitKind.RECORDING
    voices: Selection = NOTHING
    min_recording_ms: int = 0
    gap: int = 0
    padding: int = 0
    last_row: LastRow = LastRow.START
    framing: Framing = WHOLE
    background_color: Colour | None = None
    bars: Colour | None = BLACK
    corner_radius: int = 0
    tile: TileLook = BARE
    layout: str = DEFAULT

    @property
    def called(self) -> str:
        """Its name for people, with that of its layout where that is not the default one."""
        of_layout = "" if self.layout == DEFAULT else f"layout {self.layout!r}, "
        return f"{of_layout}region {self.name!r}"

    def rect(self, canvas: Size) -> Rect:
        """Return the rectangle of the region on a canvas, unset sizes resolved."""
        return Rect(
            self.x,
            self.y,
            canvas.width - self.x if self.width is None else self.width,
            canvas.height - self.y if self.height is None else self.height,
        )


DEFAULT_RESOLUTION = Size(640, 480)
"""The hosted service's, too."""


@dataclass(frozen=True, slots=True)
class Template:
    """A composition of a room, as it is to be made.

    Attributes:
        friendly_name: the name compositions are known by.
        regions: of the default layout, in the order of the document.
        audio: which recordings are heard.
        frame_rate: frames per second, 1 to 60, exact.
        rooms: globs on a room's unique name, or None for every room.
        trim: whether intervals with neither sound nor a displayed picture are cut out.
        window: the part of the composition that is made; by default all of it.
        passthrough: whether a stream copy is allowed where one recording fills the canvas.
        sid: of the hook that it is, or None where its name gives it.
        date_created: UTC; when the hook was made, or None where that is not said.
        date_updated: UTC; when it was changed last, or None.
        overlays: in the order of the document.
        chapters: what begins one; a file without chapters where nothing does.
        layouts: the regions of the other layouts, each in the order of the document, by name.
        layout_rules: by which they are on.
        layout_timing: what keeps them from flickering.
        mixing: how what is heard is added up.
        speaker: by which one participant at a time is the active speaker.
    """

    friendly_name: str
    regions: tuple[Region, ...] = ()
    audio: Selection = NOTHING
    resolution: Size = DEFAULT_RESOLUTION
    format: Format = Format.WEBM
    trim: bool = True
    enabled: bool = True
    frame_rate: Fraction = Fraction(30)
    passthrough: bool = False
    rooms: tuple[str, ...] | None = None
    status_callback: str | None = None
    status_callback_method: str = "POST"
    sid: str | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None
    window: Window = ALL
    background: Background = PLAIN
    overlays: tuple[TemplateOverlay, ...] = ()
    chapters: frozenset[ChapterKind] = USUAL_CHAPTERS
    mixing: Mixing = AS_RECORDED
    layouts: Mapping[str, tuple[Region, ...]] = field(default_factory=dict)
    layout_rules: tuple[LayoutRule, ...] = ()
    layout_timing: LayoutTiming = USUAL_TIMING
    speaker: SpeakerRules = USUAL_SPEAKER

    @property
    def regions_by_layout(self) -> dict[str, tuple[Region, ...]]:
        """The regions of all layouts, the default one first."""
        return {DEFAULT: self.regions, **self.layouts}

    @property
    def all_regions(self) -> tuple[Region, ...]:
        """The regions of all layouts, in that order."""
        return tuple(chain.from_iterable(self.regions_by_layout.values()))

    @property
    def assets(self) -> tuple[str, ...]:
        """Paths of all files that it draws, sorted."""
        images = {one.image for one in self.overlays if isinstance(one, ImageOverlay)}
        stand_ins = (region.tile.placeholder.drawn_image for region in self.all_regions)
        return tuple(sorted({*images, *filter(None, [self.background.image, *stand_ins])}))

    @property
    def hook_sid(self) -> str:
        """The sid of it as a hook: its own, else one that its name gives, in any case."""
        if self.sid is not None:
            return self.sid
        digest = hashlib.sha256(f"hook\0{self.friendly_name.casefold()}".encode()).hexdigest()
        return f"HK{digest[:32]}"

    @property
    def changed_at(self) -> datetime | None:
        """The later of its dates; None of one that says none."""
        return max(filter(None, (self.date_created, self.date_updated)), default=None)

    def is_for_end(self, end_time: datetime | None) -> bool:
        """Return whether it is for rooms of that end: none that was over when it was changed."""
        return self.changed_at is None or end_time is None or end_time > self.changed_at
