"""Parts that a loss of power, a failing disk or another run spoils before they are joined."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import damage
import pytest
import users
from clip_rooms import Track, room
from clips import Clips
from composing import Composed, composed, level_at, planned, run_here

from roomreel.api.documents import Wanted, read_inputs
from roomreel.api.rooms import compose_job, job_of
from roomreel.compose.inputs import index_and_plan
from roomreel.compose.one import is_in_the_way
from roomreel.compose.together import draw_together
from roomreel.model.composition import Job
from roomreel.model.plan import Plan
from roomreel.render import worker
from roomreel.settings import Settings, load

RED_GRID = {
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "160x120",
    "format": "mp4",
}
FILES = ("part.mp4", "made.json", "witness.npy", "loudness.npy", "SHA256SUMS")

Work = tuple[Job, Plan, Settings]


@pytest.fixture
def drawn(tmp_path: Path, clips: Clips) -> Work:
    """Three seconds of a red camera and a tone, all of it drawn and nothing joined."""
    tracks = [
        Track("ann", "camera", clips.video(["red"], seconds=3)),
        Track("ann", "microphone", clips.tone(440, seconds=3)),
    ]
    manifest = room(tmp_path / "room", tracks)
    work = planned(tmp_path, manifest, RED_GRID, chunk_s=1)
    draw_together([work[:2]], work[2])
    return work


def parts_of(work: Work) -> list[Path]:
    return sorted((work[2].parts_root / work[0].sid).iterdir())


def assert_right(made: Composed) -> None:
    shown = [pixels[60, 80] for _, pixels in made.pictures()]
    assert len(shown) == made.plan.frame_count
    assert all(red > 150 and green < 90 for red, green, _ in shown[1:])
    assert level_at(made.sound(), 440, 1, 2) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(damage.DAMAGES.keys() - {"unreadable"}))
def test_damaged_parts_are_made_again(drawn: Work, kind: str) -> None:
    parts = parts_of(drawn)  # of pictures, and sound
    assert len(parts) >= 4
    for number, name in enumerate(FILES):
        damage.DAMAGES[kind](parts[number % len(parts)] / name)
    assert_right(composed(*drawn))
    assert not (drawn[2].parts_root / drawn[0].sid).exists()


@pytest.mark.parametrize("gone", ["all", "one"])
def test_parts_that_another_run_removes_are_made_again(
    drawn: Work, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """A run of the same composition ends between this one's look at the parts and its use."""
    mux, folder, joined = worker.mux, drawn[2].parts_root / drawn[0].sid, []

    def too_late(*given: Any) -> None:
        joined.append(given)
        if len(joined) == 1:
            shutil.rmtree(folder if gone == "all" else parts_of(drawn)[0])
        mux(*given)

    monkeypatch.setattr(worker, "mux", too_late)
    # A render in this process, so that the rival is met.
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    assert_right(composed(*drawn))
    assert len(joined) == 2


def test_what_another_user_left_in_their_place_keeps_nothing_from_being_made(drawn: Work) -> None:
    """A worker of another user was killed; its folder is nobody's to add to or to remove."""
    place = drawn[2].parts_root / drawn[0].sid
    shutil.rmtree(place)
    place.write_bytes(b"theirs")  # root may write into every folder, but into no file
    assert is_in_the_way(place)
    assert_right(composed(*drawn))


def test_a_folder_of_another_user_is_in_the_way() -> None:
    def theirs() -> None:
        (folder / "CJ1").mkdir(mode=0o755)

    def ours() -> None:
        (folder / "CJ2").mkdir()
        for name in ("CJ1", "CJ2", "CJ3"):
            assert is_in_the_way(folder / name) == (name == "CJ1")

    with users.open_folder() as folder:
        users.run_as(users.GAMES, theirs)
        users.run_as(users.NOBODY, ours)


@pytest.mark.parametrize("into", ["the store", "a file"])
def test_what_a_killed_compose_has_finished_the_next_one_finds(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, into: str
) -> None:
    """By hand, where each run has a sid of its own."""
    manifest = room(tmp_path / "room", [Track("ann", "camera", clips.video(["red"], seconds=3))])
    template = tmp_path / "red.json"
    template.write_text(
        json.dumps({"schema": "roomreel.template/1", "friendly_name": "red", **RED_GRID})
    )
    config = tmp_path / "roomreel.toml"
    config.write_text(f'store = "{tmp_path}/store"\nscratch = "{tmp_path}/scratch"\nchunk_s = 1\n')
    inputs = read_inputs(Wanted(str(manifest), str(template)), load(config))
    settings, is_recorded = inputs.settings, into == "the store"
    killed = job_of(inputs, is_recorded=is_recorded)
    plan, media = index_and_plan(killed.manifest, killed.template, killed.media, settings)
    draw_together([(replace(killed, media=media), plan)], settings)
    finished = list((settings.parts_root).glob("*/*"))
    assert finished

    def draw(*_: object) -> None:
        raise AssertionError("nothing is left to draw")

    # A render in this process, so that the stand-in is met.
    monkeypatch.setattr(worker, "render_chunks", draw)
    monkeypatch.setattr("roomreel.process.isolate.run", run_here)
    again = job_of(inputs, is_recorded=is_recorded)
    assert (again.sid != killed.sid) is is_recorded
    made = compose_job(
        again, settings, None if is_recorded else tmp_path / "red.mp4", lambda *_: nullcontext()
    )
    assert made.error is None
    assert made.outcome.frame_count == plan.frame_count
    assert not list(settings.parts_root.glob("*/*"))
