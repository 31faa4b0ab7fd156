"""What a player finds in the finished file beside pictures and sound."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import Composed, compose_room

from roomreel.model.time import to_ms

NAME = "Tëam: 100% \"sync\" 'ünd' 🎥 会議 שלום; [x]\\,=#"

BOXES = {"mp4": (b"moov", b"mdat"), "webm": (b"\x1c\x53\xbb\x6b", b"\x1f\x43\xb6\x75")}
"""The index and the media: MP4's movie and media data boxes, Matroska's Cues and first Cluster."""

BT601, LIMITED = 6, 1


@pytest.fixture(scope="module", params=["mp4", "webm"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clips: Clips
) -> Composed:
    folder = tmp_path_factory.mktemp("container")
    tracks = [
        Track("ann", "camera", clips.video("red", seconds=12)),
        Track('bob "the" builder', "camera", clips.video("blue", seconds=3), offset_ms=1000),
        Track("ann", "microphone", clips.tone(440, seconds=12), offset_ms=1),
    ]
    template: dict[str, Any] = {
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "320x240",
        "format": request.param,
    }
    manifest = room(folder, tracks, name="plain", unique_name=NAME)
    return compose_room(folder, manifest, template)


def test_the_index_stands_at_the_front(made: Composed):
    data = made.media.read_bytes()
    index, media = BOXES[made.media.suffix[1:]]
    assert 0 < data.index(index) < data.index(media)


def test_title_and_both_sids_are_tags(made: Composed):
    with av.open(str(made.media)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["title"] == f"{NAME} (test)"
    assert tags["comment"] == f"composition {made.outcome.sid} of room {sid('RM', 'plain')}"


def test_chapters_mark_joins_and_leaves(made: Composed):
    with av.open(str(made.media)) as container:
        chapters = container.chapters()
    found = [
        (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"])
        for c in chapters
    ]
    titles = [tags["title"] for _, _, tags in found]
    assert [round(start, 2) for start, _, _ in found] == [0, 1, 4]
    assert "ann" in titles[0]
    assert 'bob "the" builder' in titles[1]
    assert 'bob "the" builder' in titles[2]
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert found[-1][1] == pytest.approx(12, abs=0.05)


@pytest.mark.parametrize("container_format", ["mp4", "webm"])
def test_chapters_are_at_marks_and_where_nothing_begins_one_there_are_none(
    tmp_path: Path, clips: Clips, container_format: str
):
    tracks = [Track("ann", "microphone", clips.tone(440, seconds=12), offset_ms=1000)]
    manifest = room(tmp_path, tracks, name="marked", unique_name="call")
    marks = [(1000 + at_ms, f"M{at_ms}") for at_ms in [2500, *range(4000, 9000)]]
    lines = [{"at_ms": at_ms, "type": "mark", "text": text} for at_ms, text in marks]
    (manifest.parent / "marks.jsonl").write_text("\n".join(map(json.dumps, lines)))
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(document | {"events": {"media": "marks.jsonl"}}))
    template = {"audio_sources": ["*"], "format": container_format}
    with_marks = compose_room(tmp_path, manifest, template | {"chapters": ["marks"]})
    with av.open(str(with_marks.media)) as container:
        found = [
            (round(c["start"] * c["time_base"] * 1000), c["metadata"]["title"])
            for c in container.chapters()
        ]
    assert found == [(to_ms(one.start), one.title) for one in with_marks.plan.chapters]
    # The first sample is half a millisecond before the offset says so: chapters begin a half later.
    assert found == [(0, "call"), *((at_ms - 999, text) for at_ms, text in marks)]
    without = compose_room(tmp_path, manifest, template | {"chapters": []})
    with av.open(str(without.media)) as container:
        assert container.chapters() == []


def test_codecs_and_colours_are_the_documented_ones(made: Composed):
    expected = {"mp4": ("h264", "aac"), "webm": ("vp8", "opus")}[made.media.suffix[1:]]
    with av.open(str(made.media)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codecs = (video.codec_context.name.removeprefix("lib"), audio.codec_context.name)
        assert (codecs[0].replace("vpx", "vp8"), codecs[1].removeprefix("lib")) == expected
        assert (audio.sample_rate, audio.channels) == (48_000, 2)
        colours = (video.codec_context.colorspace, video.codec_context.color_range)
        assert colours == (BT601, LIMITED)
        assert video.codec_context.pix_fmt == "yuv420p"


def test_a_key_frame_stands_every_ten_seconds_at_most_and_at_each_scene(made: Composed):
    with av.open(str(made.media)) as container:
        packets = [p for p in container.demux(video=0) if p.pts is not None]
    keys = [float(p.pts * p.time_base) for p in packets if p.is_keyframe]
    assert len(packets) == made.plan.frame_count == 360
    assert max(b - a for a, b in pairwise([*keys, 12])) <= 10
    for scene in made.plan.scenes:
        assert any(abs(key - scene.start_frame / 30) < 0.001 for key in keys)
