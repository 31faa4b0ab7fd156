"""A composition by MoviePy: python benchmarks/moviepy_way.py ROOM.json TEMPLATE.json OUTPUT."""

from __future__ import annotations

import sys
from pathlib import Path

from composing import planned, settings_for
from layout import layout_of
from moviepy import AudioFileClip, CompositeAudioClip, CompositeVideoClip, VideoFileClip


def main() -> None:
    """Compose at MoviePy's defaults."""
    manifest, template, output = map(Path, sys.argv[1:])
    _, job, plan = planned(manifest, template, settings_for(manifest, output.parent))
    layout = layout_of(job, plan)
    cells = []
    for one in layout.pictures:
        clip, cell = VideoFileClip(one.path, audio=False), one.cell
        assert cell is not None
        scale = min(cell.width / clip.w, cell.height / clip.h)
        fitted = clip.resized(scale).with_start(one.start_s)
        x = cell.x + (cell.width - fitted.w) // 2
        cells.append(fitted.with_position((x, cell.y + (cell.height - fitted.h) // 2)))
    voices = [AudioFileClip(one.path).with_start(one.start_s) for one in layout.voices]
    size = (layout.canvas.width, layout.canvas.height)
    composed = CompositeVideoClip(cells, size=size).with_audio(CompositeAudioClip(voices))
    codec = "libx264" if output.suffix == ".mp4" else "libvpx"
    composed.with_duration(layout.seconds).write_videofile(
        str(output), fps=float(layout.rate), codec=codec, logger=None
    )


if __name__ == "__main__":
    main()
