"""Fingerprints of frames: what they should show, by the sources' pictures when painted.

At *fingerprint frames* the levels of small blocks of samples are kept (`spots`), of each picture as
its source was decoded and scaled, not as the canvas has it. Whatever goes wrong between there and
the file (painting, encoding, joining, muxing) makes the file differ from its fingerprint.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Self

import numpy as np

from roomreel.errors import RenderError
from roomreel.media.colour import Matrix
from roomreel.media.patch import Patch
from roomreel.model.plan import KEY_FRAME_S, Plan, Scene
from roomreel.render.canvas import Contents
from roomreel.render.layers import Layers
from roomreel.render.spots import SAMPLE_BLOCK, SampleBlocks, spots_of


def key_frames(scenes: Iterable[Scene], rate: Fraction) -> list[int]:
    """Return the first frame of each scene, and then one each KEY_FRAME_S seconds.

    The encoder makes exactly these key frames.
    """
    step = int(KEY_FRAME_S * rate)
    return [frame for scene in scenes for frame in range(scene.start_frame, scene.end_frame, step)]


def fingerprint_frames(plan: Plan) -> list[int]:
    """Return the key frames, and those at which an overlay begins to show something, or ends to.

    So an overlay that comes late or stays too long is found, though it makes no key frame.
    """
    states = (state for overlay in plan.overlays for state in overlay.states)
    changes = {frame for state in states for frame in (state.start_frame, state.end_frame)}
    return sorted({*key_frames(plan.scenes, plan.frame_rate), *(changes - {plan.frame_count})})


class FrameFingerprint:
    """Sample blocks by frame; those of several parts are joined in the end."""

    def __init__(self, blocks: Sequence[SampleBlocks] = ()) -> None:
        self._parts = list(blocks)

    def add(
        self,
        frame: int,
        layers: Layers,
        contents: Contents,
        matrix: Matrix,
        in_use: Callable[[str], AbstractContextManager[object]] = nullcontext,
        unknown: Collection[str] = (),
        before: Mapping[int, Patch] = MappingProxyType({}),
    ) -> None:
        """Add what a frame should show.

        Args:
            frame: counted from the start of the composition.
            layers: of the frame.
            contents: what each layer shows, by its number: the newest picture of each cell that is
                seen (where there is none yet, it has the colour of its bars), and the patch of
                each overlay that is there.
            matrix: of the composition's pictures.
            in_use: opens the context in which the picture of a recording is measured.
            unknown: recordings that are left out.
            before: what overlays showed in the frame before.
        """
        for layer, blocks in spots_of(layers, contents, matrix, in_use, unknown, before):
            blocks["frame"], blocks["layer"] = frame, layer
            self._parts.append(blocks)

    def table(self) -> SampleBlocks:
        """Return all blocks, by rising frame."""
        if len(self._parts) != 1:
            whole = np.concatenate([np.empty(0, SAMPLE_BLOCK), *self._parts])
            self._parts = [whole[np.argsort(whole["frame"], kind="stable")]]
        return self._parts[0]

    def blocks(self, frame: int) -> SampleBlocks:
        """Return the blocks of one frame; there may be none."""
        blocks = self.table()
        first, end = np.searchsorted(blocks["frame"], [frame, frame + 1])
        return blocks[first:end]

    @property
    def frames(self) -> set[int]:
        """The frames that have blocks."""
        return set(np.unique(self.table()["frame"]).tolist())

    @classmethod
    def joined(cls, parts: Iterable[FrameFingerprint]) -> Self:
        """Return the blocks of several fingerprints as one."""
        return cls([part.table() for part in parts])

    def to_bytes(self) -> bytes:
        """Return the content of the file beside the part; a few kilobytes a frame."""
        buffer = io.BytesIO()
        np.save(buffer, self.table(), allow_pickle=False)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` returned.

        Raises:
            RenderError: the bytes are damaged, or of another version.
        """
        try:
            blocks = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise RenderError(f"the fingerprint of a part cannot be read: {error}") from error
        if blocks.dtype != SAMPLE_BLOCK:
            raise RenderError("the fingerprint of a part is of another version")
        return cls([blocks])
