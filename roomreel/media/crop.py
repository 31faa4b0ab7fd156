"""Parts of pictures."""

from __future__ import annotations

import av.filter
from av import VideoFrame

from roomreel.model.geometry import Rect


class Cropper:
    """Cuts a part out of pictures, which shares their memory.

    FFmpeg's filter does this for every format of pixels; it is set up anew when pictures change.
    """

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] | None = None
        self._graph = av.filter.Graph()

    def crop(self, frame: VideoFrame, part: Rect) -> VideoFrame:
        """Return a part of a picture; its edges are even, or those of the picture."""
        kind = (
            *(frame.width, frame.height, frame.format.name),
            *(int(frame.colorspace), int(frame.color_range), part),
        )
        if kind != self._made_for:
            self._graph, self._made_for = _graph(frame, part), kind
        self._graph.push(frame)
        cropped = self._graph.pull()
        if not isinstance(cropped, VideoFrame):
            raise TypeError("the crop filter gave no picture")
        return cropped


def _graph(frame: VideoFrame, part: Rect) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.threads = 1
    buffer = graph.add(
        "buffer",
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000"
        f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
    )
    crop = graph.add("crop", f"{part.width}:{part.height}:{part.x}:{part.y}")
    sink = graph.add("buffersink")
    buffer.link_to(crop)
    crop.link_to(sink)
    graph.configure()
    return graph
