"""A second witness: the sources decoded anew, each picture by a seek of its own."""

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
from roomreel.render.canvas import visible
from roomreel.render.reading import Reading
from roomreel.render.witness import Witness, witness_frames


class Unknown:
    """In place of a picture that the second look does not give, though the first may have."""


@dataclass(frozen=True, slots=True)
class _Sources:
    paths: Mapping[str, TrackPath]
    ends: Mapping[str, Fraction]
    matrix: Matrix
    reading: Reading

    def look(self, placement: Placement, after: Fraction) -> Picture | Unknown | None:
        """What a placement shows so many seconds into its scene; None where that is black."""
        sid = placement.recording_sid
        if sid not in self.paths:
            return None
        with self.reading.of(sid):
            reader = VideoReader(self.paths[sid], self.ends[sid])
            try:
                return self._seen(reader, placement, after)
            except DAMAGE:
                return Unknown()
            finally:
                reader.close()

    def _seen(
        self, reader: VideoReader, placement: Placement, after: Fraction
    ) -> Picture | Unknown | None:
        frame = reader.newest(floor((placement.media_start + after) / reader.time_base))
        if reader.decoded.errors:
            return Unknown()
        if frame is None:
            return None
        fitter = Fitter(placement.rect, self.matrix)
        return fitter.fit(frame, reader.sample_aspect_ratio)


def witness_anew(
    plan: Plan,
    matrix: Matrix,
    paths: Mapping[str, TrackPath],
    threads: int,
    reading: Reading,
    tell: Callable[[], None],
    damaged: Collection[str] = (),
) -> Witness:
    """What the sources show at the witness frames, by no step of the render that was made.

    Args:
        matrix: of the composition's pictures.
        paths: of each recording by sid, as the render had them.
        reading: told of whose media are worked on.
        damaged: recordings that cannot be decoded throughout, which after a seek may look
            otherwise; nothing is said of them.
        tell: called for each frame that is done.
    """
    seen = Witness()
    sources = _Sources(paths, plan.media_ends, matrix, reading)
    with ThreadPoolExecutor(threads) as pool:
        for scene in plan.scenes:
            placements = scene.placements
            shown = visible([placement.rect for placement in placements])
            shown = [index for index in shown if placements[index].recording_sid not in damaged]
            chosen = [placements[index] for index in shown]
            for frame in witness_frames([scene], plan.frame_rate):
                after = (frame - scene.start_frame) / plan.frame_rate
                looks = dict(zip(shown, pool.map(sources.look, chosen, repeat(after)), strict=True))
                pictures = {i: look for i, look in looks.items() if isinstance(look, Picture)}
                lost = [i for i, look in looks.items() if isinstance(look, Unknown)]
                unknown = {*damaged, *(placements[i].recording_sid for i in lost)}
                seen.note(frame, scene, plan.resolution, pictures, reading.of, unknown)
                tell()
    return seen
