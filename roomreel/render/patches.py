"""The patches of a composition's overlays: what each of them shows at a frame, drawn once."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import version
from math import ceil
from operator import attrgetter
from pathlib import Path

from roomreel.media.colour import Matrix
from roomreel.media.fonts import fonts_sha256, use_fonts
from roomreel.media.patch import Patch, fill_patch, make_patch
from roomreel.model.geometry import Size
from roomreel.model.look import (
    Avatar,
    Border,
    ClockText,
    Fill,
    Image,
    Initials,
    MicOff,
    Overlay,
    OverlayState,
    Text,
)
from roomreel.model.plan import Plan
from roomreel.render.layers import Layers

MOST_BYTES = 64 << 20
"""Of patches that are kept: what was not used for longest goes first."""

Fonts = tuple[Path, ...]

Drawn = Fill | Image | Avatar | Text | Border | Initials | MicOff
"""What is drawn; of a clock the text that it shows."""


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws the overlays of compositions.

    Attributes:
        matrix: of the pictures.
        assets: paths of the files that are drawn, by their SHA-256.
        scratch: a folder for what the text engine writes.
        fonts: folders of fonts beside those that come with roomreel.
    """

    matrix: Matrix
    assets: Mapping[str, str] = field(default_factory=dict)
    scratch: Path = Path()
    fonts: Fonts = ()

    def draw(self, drawing: Drawn, overlay: Overlay) -> Patch | None:
        """Draw what an overlay shows, at its place; None where nothing is seen of it."""
        rect, opacity = overlay.rect, overlay.opacity
        if isinstance(drawing, Fill) and not overlay.radius:
            return fill_patch(drawing.color, opacity, rect, self.matrix)
        use_fonts(self.scratch, self.fonts)
        # Not before something is to be drawn: the library is large.
        from roomreel.media.draw import draw
        from roomreel.media.shapes import cut_corners

        asset = b""
        if isinstance(drawing, Image | Avatar):
            asset = Path(self.assets[drawing.sha256]).read_bytes()
        pixels = draw(drawing, Size(rect.width, rect.height), overlay.anchor, asset)
        if overlay.radius:
            cut_corners(pixels, overlay.radius)
        return make_patch(pixels, opacity, rect, self.matrix)


def name_libraries(fonts: Fonts) -> str:
    """Return what decides how a drawing looks: versions of libraries, and the bytes of fonts."""
    libraries = (f"{name} {version(name)}" for name in ("pyvips-binary", "uniseg"))
    return ", ".join((*libraries, f"fonts {fonts_sha256(fonts)}"))


@dataclass(frozen=True, slots=True)
class _Shown:
    """A drawing that an overlay shows, or none, and the first frame at which that may change."""

    drawing: Drawn | None
    until: int


class OverlayPatches:
    """The patches of the overlays of one composition; frames may come in any order."""

    def __init__(self, plan: Plan, drawer: Drawer) -> None:
        self._plan = plan
        self._drawer = drawer
        self._kept: OrderedDict[tuple[int, Drawn], Patch | None] = OrderedDict()
        self._bytes = 0
        self._layers: Layers | None = None
        self._showing: dict[int, Drawn | None] = {}
        self._until = 0

    def contents(self, frame: int, layers: Layers) -> dict[int, Patch]:
        """Return what every overlay shows at a frame, by the number of its layer."""
        shown = {
            layer: self._patch(overlay, drawing)
            for overlay, layer in layers.overlays.items()
            if (drawing := self._shown(overlay, frame).drawing) is not None
        }
        return {layer: patch for layer, patch in shown.items() if patch is not None}

    def changes(self, frame: int, layers: Layers) -> dict[int, Patch | None]:
        """Return what shows something else than at the frame asked for before.

        Of other layers than before that is everything; None for an overlay that shows nothing now.
        """
        begins = layers is not self._layers
        if begins:
            self._layers, self._showing, self._until = layers, {}, frame
        if frame < self._until:
            return {}
        new: dict[int, Patch | None] = {}
        self._until = self._plan.frame_count
        for overlay, layer in layers.overlays.items():
            shown = self._shown(overlay, frame)
            self._until = min(self._until, shown.until)
            if self._showing.get(overlay) != shown.drawing:
                self._showing[overlay] = shown.drawing
                new[layer] = None if shown.drawing is None else self._patch(overlay, shown.drawing)
        return new

    def _shown(self, overlay: int, frame: int) -> _Shown:
        states = self._plan.overlays[overlay].states
        index = bisect_right(states, frame, key=attrgetter("end_frame"))
        if index == len(states):
            return _Shown(None, self._plan.frame_count)
        state = states[index]
        if frame < state.start_frame:
            return _Shown(None, state.start_frame)
        if not isinstance(state.drawing, ClockText):
            return _Shown(state.drawing, state.end_frame)
        return self._clock(state, state.drawing, frame)

    def _clock(self, state: OverlayState, clock: ClockText, frame: int) -> _Shown:
        rate = self._plan.frame_rate
        since = (frame - state.start_frame) / rate
        next_second = Fraction((clock.at + since) // 1 + 1)
        until = state.start_frame + ceil((next_second - clock.at) * rate)
        return _Shown(Text(clock.text(since), clock.style), min(until, state.end_frame))

    def _patch(self, overlay: int, drawing: Drawn) -> Patch | None:
        key = overlay, drawing
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        patch = self._kept[key] = self._drawer.draw(drawing, self._plan.overlays[overlay])
        self._bytes += _size_bytes(patch)
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size_bytes(oldest)
        return patch


def _size_bytes(patch: Patch | None) -> int:
    return patch.size_bytes if patch else 0
