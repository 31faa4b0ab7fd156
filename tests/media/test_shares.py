"""A room that workers drew together is the one that was drawn in one go."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, composed, planned, run_here
from test_chunks import GRID, LOSSLESS, assert_same_pictures

from roomreel.batch.planning import PlannedJob
from roomreel.batch.shares import ChunkRanges, Share, draw_share, split_into_shares
from roomreel.compose.prepared import prepare
from roomreel.errors import DocumentInvalid
from roomreel.render import worker
from roomreel.settings import Settings

SPREAD = {"spread": "pool", "spread_shares": 2, "spread_above_s": 0}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Path:
    tracks = [
        Track("ann", "camera", clips.counted(seconds=6, gop=50)),
        Track("ann", "microphone", clips.tone(440, seconds=6)),
        Track("bob", "camera", clips.counted((320, 240), "h264", seconds=4, gop=70, start=1)),
    ]
    return room(tmp_path_factory.mktemp("room"), tracks)


def work(folder: Path, manifest: Path, template: dict[str, Any], **more: Any) -> tuple[Any, ...]:
    job, plan, config = planned(folder, manifest, template, encoder_options=LOSSLESS, **more)
    return PlannedJob(job, plan), config


def render_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renders in this process, so that a stand-in is met; nothing is drawn any more."""

    def draw(*_: object) -> None:
        raise AssertionError("nothing is left to draw")

    monkeypatch.setattr(worker, "render_chunks", draw)
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)


def parts(config: Settings, sid: str) -> list[Path]:
    return [found for found in (config.parts_root / sid).iterdir() if found.is_dir()]


def test_two_templates_in_two_shares(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
):
    other = {**GRID, "frame_rate": 25, "audio_sources": []}
    whole: list[Composed] = []
    works: list[PlannedJob] = []
    for number, template in enumerate((GRID, other)):
        alone, plain = work(tmp_path / f"alone-{number}", manifest, template)
        whole.append(composed(alone.job, alone.plan, plain))
        spread, config = work(tmp_path / "spread", manifest, template, **SPREAD)
        works.append(spread)
    shares = split_into_shares(works, config)
    assert [len(share.pieces) for share in shares] == [2, 2]
    assert len(json.dumps([piece.frames for share in shares for piece in share.pieces])) < 200
    for share in shares:
        draw_share(share, config)
    assert [len(parts(config, one.job.sid)) for one in works] == [2 + 1, 2]  # one has sound
    render_here(monkeypatch)
    for one, expected in zip(works, whole, strict=True):
        assert_same_pictures(composed(one.job, one.plan, config), expected)


def test_a_share_that_nobody_drew_is_drawn_by_the_mix(tmp_path: Path, manifest: Path):
    alone, plain = work(tmp_path / "alone", manifest, GRID)
    one, config = work(tmp_path / "spread", manifest, GRID, **SPREAD)
    _, second = split_into_shares([one], config)
    draw_share(second, config)
    assert_same_pictures(
        composed(one.job, one.plan, config), composed(alone.job, alone.plan, plain)
    )


def test_parts_on_another_file_system(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as shared:
        assert Path(shared).stat().st_dev != tmp_path.stat().st_dev
        one, config = work(tmp_path, manifest, GRID, **SPREAD, parts=Path(shared) / "parts")
        for share in split_into_shares([one], config):
            draw_share(share, config)
        assert len(parts(config, one.job.sid)) == 2 + 1  # pictures, and sound
        render_here(monkeypatch)
        made = composed(one.job, one.plan, config)
        assert len(list(made.pictures())) == one.plan.frame_count
        assert not list(Path(shared).iterdir())


@pytest.mark.parametrize(
    ("template", "settings"),
    [
        ({}, {"spread_above_s": 600}),
        ({}, {"spread": "none"}),
        ({"video_layout": None}, {}),
    ],
)
def test_what_is_not_spread(
    tmp_path: Path, manifest: Path, template: dict[str, Any], settings: dict[str, Any]
):
    asked = {key: value for key, value in (GRID | template).items() if value is not None}
    one, config = work(tmp_path, manifest, asked, **(SPREAD | settings))
    assert split_into_shares([one], config) == []
    assert len(prepare(one.job, one.plan, config).chunks) == 1


def test_each_worker_gets_as_many_chunks(tmp_path: Path, manifest: Path):
    one, config = work(tmp_path, manifest, GRID, **SPREAD, chunk_s=2)
    assert len(prepare(one.job, one.plan, config).chunks) == 4
    assert [len(share.pieces[0].frames) for share in split_into_shares([one], config)] == [2, 2]


def test_frames_the_room_does_not_have_are_refused(tmp_path: Path, manifest: Path):
    one, config = work(tmp_path, manifest, GRID, **SPREAD)
    asked = ChunkRanges(one.job.sid, one.job.template_json, ((0, one.plan.frame_count + 1),))
    with pytest.raises(DocumentInvalid, match="the room changed since"):
        draw_share(Share(str(manifest), (asked,)), config)


def test_a_sid_is_no_path():
    with pytest.raises(ValueError, match="CJ and 32"):
        ChunkRanges("../../elsewhere", "{}", ((0, 1),))
