"""Deliveries of Sora with real media: where its slices and files end up, to the millisecond."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from clips import Clips

from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.port import Options
from roomreel.importers.settling.settle import Choices, Settled, settle
from roomreel.importers.vendors.sora import Sora
from roomreel.model.room import MediaType
from roomreel.samples.recorder import encode_audio

CONNECTION = "Z2EDY12WX13QK8X8JDZK81MM0G"
MEMORY = 2**31


def deliver(folder: Path, name: str, start: int, stop: int, **more: Any) -> None:
    about = {"connection_id": CONNECTION, "audio": True, "video": False, "format": "webm"}
    about |= {"start_time_offset": start, "stop_time_offset": stop, **more}
    (folder / f"{name}.json").write_text(json.dumps(about))


def settled(folder: Path) -> Settled:
    with open_delivery(folder, folder) as files:
        (draft,) = Sora().read(files, Options())
        local = files.locals(files.sizes)
        return settle(draft, local, Sora(), Choices(), listing=files, memory_bytes=MEMORY)


def test_s2_a_slice_follows_the_one_before_and_the_summary_is_no_source(tmp_path: Path) -> None:
    sound = encode_audio(np.zeros((1, 48_000 * 21), np.float32))
    # Without a delay, which Matroska has no half milliseconds for, times are exact.
    sound = replace(sound, header=replace(sound.header, delay=Fraction(0)))
    sound = sound.shifted(-sound.pieces[0].at)
    for number, start, stop, packets in ((1, 0, 11, 535), (2, 11, 31, 1000)):
        name = f"split-archive-{CONNECTION}_{number:04}"
        deliver(tmp_path, name, start, stop)
        replace(sound, pieces=sound.pieces[:packets]).write(tmp_path / f"{name}.webm")
    deliver(tmp_path, f"split-archive-end-{CONNECTION}", 0, 31)
    one = settled(tmp_path)
    assert [row.found_end - row.offset for row in one.rows if row.found_end] == [10_700, 20_000]
    assert [recording.offset_ms for recording in one.room.recordings] == [0, 10_700]
    assert [row.chosen_by for row in one.rows] == ["claim", "chain"]
    assert len({recording.source_sid for recording in one.room.recordings}) == 1


def test_s3_sound_and_pictures_stand_together_as_in_the_file(tmp_path: Path, clips: Clips) -> None:
    pictures = clips.video("red", (160, 120), seconds=Fraction(479, 25), fps=25)
    both = clips.together(clips.shifted(pictures, Fraction("0.006")), clips.tone(seconds=19))
    deliver(tmp_path, f"archive-{CONNECTION}", 22, 42, video={"codec_type": "VP8"})
    shutil.copy(both, tmp_path / f"archive-{CONNECTION}.webm")
    one = settled(tmp_path)
    assert [recording.offset_ms for recording in one.room.recordings] == [22_000, 22_000]
    shown = {row.kind: row for row in one.rows}
    assert shown[MediaType.VIDEO].found_start == 22_006
    (record,) = (r for r in one.record["recordings"] if r["track"].endswith("camera"))
    assert record["evidence"]["packets"] == 479
