"""What codecs said while a composition failed is beside it until a later attempt makes it."""

from pathlib import Path

import pytest
from clip_rooms import Track, room, sid
from clips import Clips
from composing import compose_room, composed, planned

from roomreel.compose.publish import files_of, stored_files
from roomreel.errors import RenderError
from roomreel.process.stderr_capture import HEAD_BYTES, TAIL_BYTES
from roomreel.render import supervise
from roomreel.storage.location import location_of

TEMPLATE = {"video_layout": {"grid": {"video_sources": ["*"]}}, "resolution": "320x120"}


def test_it_is_kept_bounded_and_without_secrets_and_goes_when_mended(
    tmp_path: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch, break_decoders
):
    monkeypatch.setattr(supervise, "MOST_ATTEMPTS", 1)
    break_decoders(**{sid("RT", "test-room", 0): "speak"})
    manifest = room(tmp_path, [Track("ann", "camera", clips.video("red", seconds=2))])
    job, plan, config = planned(tmp_path, manifest, {**TEMPLATE, "format": "mp4"})
    media = files_of(job, config).media
    log = Path(media).with_name(f"{job.sid}.codec.log")

    with pytest.raises(RenderError) as caught:
        composed(job, plan, config)

    assert caught.value.remedy == f"{RenderError.advice}; what codecs said is in {log}"
    said = log.read_text()
    assert "[vp8] packet 0 of https://[hidden]@store/a?X-Amz-Signature=[hidden] is" in said
    assert "packet 19999 of" in said
    assert "bytes skipped" in said
    assert not [secret for secret in ("me:word", "5ec7e7", "\x1b") if secret in said]
    assert len(said) < 2 * (HEAD_BYTES + TAIL_BYTES)
    assert log in stored_files(location_of(media))  # so it is deleted with the composition

    monkeypatch.delenv("BROKEN_DECODERS")
    composed(job, plan, config)
    assert not log.exists()


def test_why_a_recording_was_left_out_is_kept_with_the_trace_of_what_it_raised(
    tmp_path: Path, clips: Clips, break_decoders
):
    red, green = (clips.video(colour, seconds=1) for colour in ("red", "green"))
    manifest = room(tmp_path, [Track("ann", "camera", red), Track("bob", "camera", green)])
    break_decoders(**{sid("RT", "test-room", 0): "surprise"})
    made = compose_room(tmp_path, manifest, {**TEMPLATE, "format": "mp4"})
    said = made.media.with_name(f"{made.media.stem}.codec.log").read_text()
    assert "Traceback (most recent call last)" in said
    assert "TypeError: nobody foresaw this" in said
