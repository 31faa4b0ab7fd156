"""A second fingerprint: the sources decoded again, each picture after a seek of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from math import floor

from roomreel.media.colour import Matrix
from roomreel.media.container import DAMAGE
from roomreel.media.fit import Fitter, Picture
from roomreel.media.video import VideoReader
from roomreel.model.media import TrackPath
from roomreel.model.plan import Placement, Plan
from roomreel.render.canvas import Content
from roomreel.render.fingerprint import FrameFingerprint, key_frames
from roomreel.render.in_use import InUseMarker
from roomreel.render.layers import Cell, layers_of
from roomreel.render.patches import Drawer, OverlayPatches


class UnknownPicture:
    """Stands for a picture that cannot be decoded after a seek, though it could be in order."""


@dataclass(frozen=True, slots=True)
class _SourceFrames:
    paths: Mapping[str, TrackPath]
    ends: Mapping[str, Fraction]
    matrix: Matrix
    in_use: InUseMarker

    def picture_at(self, placement: Placement, after: Fraction) -> Picture | UnknownPicture | None:
        """Return what a placement shows `after` seconds of its scene, or None for black."""
        sid = placement.recording_sid
        if sid not in self.paths:
            return None
        with self.in_use.mark(sid):
            reader = VideoReader(self.paths[sid], self.ends[sid])
            try:
                return self._picture(reader, placement, after)
            except DAMAGE:
                return UnknownPicture()
            finally:
                reader.close()

    def _picture(
        self, reader: VideoReader, placement: Placement, after: Fraction
    ) -> Picture | UnknownPicture | None:
        frame = reader.newest(floor((placement.media_start + after) / reader.time_base))
        if reader.decoded.errors:
            return UnknownPicture()
        if frame is None:
            return None
        fitter = Fitter(placement.rect, self.matrix, placement.framing)
        return fitter.fit(frame, reader.sample_aspect_ratio)


def independent_fingerprint(
    plan: Plan,
    drawer: Drawer,
    paths: Mapping[str, TrackPath],
    threads: int,
    in_use: InUseMarker,
    on_progress: Callable[[], None],
    damaged: Collection[str] = (),
) -> FrameFingerprint:
    """Fingerprint what the sources show, by none of the steps of the render that was made.

    Args:
        drawer: draws its overlays, and has the matrix of its pictures.
        paths: of each recording by sid, as the render had them.
        in_use: marks the recordings whose media are worked on.
        damaged: recordings that cannot be decoded throughout, which after a seek may look
            otherwise; they are left out.
        on_progress: called for each frame that is done.
    """
    fingerprint, patches = FrameFingerprint(), OverlayPatches(plan, drawer)
    sources = _SourceFrames(paths, plan.media_ends, drawer.matrix, in_use)
    with ThreadPoolExecutor(threads) as pool:
        for scene in plan.scenes:
            layers = layers_of(scene, plan)
            placements = {
                number: layer.placement
                for number in layers.visible
                if isinstance(layer := layers[number], Cell)
                and layer.placement.recording_sid not in damaged
            }
            for frame in key_frames([scene], plan.frame_rate):
                after = (frame - scene.start_frame) / plan.frame_rate
                found = pool.map(sources.picture_at, placements.values(), repeat(after))
                looks = dict(zip(placements, found, strict=True))
                pictures = {
                    number: look for number, look in looks.items() if isinstance(look, Picture)
                }
                lost = [n for n, look in looks.items() if isinstance(look, UnknownPicture)]
                unknown = {*damaged, *(placements[number].recording_sid for number in lost)}
                contents: dict[int, Content] = {**pictures, **patches.contents(frame, layers)}
                fingerprint.add(frame, layers, contents, drawer.matrix, in_use.mark, unknown)
                on_progress()
    return fingerprint
