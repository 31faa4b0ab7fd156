from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from roomreel import __version__
from roomreel.catalog.columns.facts import RecordingFacts
from roomreel.catalog.record import RoomRecord
from roomreel.catalog.rows import (
    Stamp,
    composition_row,
    document_of,
    nightly_template,
    recording_row,
    room_row,
    with_probe_results_of,
)
from roomreel.catalog.schema.tables import SCHEMAS, normalised
from roomreel.media.tags import Tags
from roomreel.model.composition import CompositionStatus, Decoded, LayoutUse, Outcome
from roomreel.model.loudness import Leveled, Measured
from roomreel.model.media import MediaFile, Problem
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.table import Row, Table
from roomreel.model.template import Template
from roomreel.model.window import Window
from roomreel.plan.probe_results import ProbeResult

NOW = datetime(2026, 11, 21, 1, 0, 9, tzinfo=UTC)
STAMP = Stamp(NOW, "run-1")

Rooms = Callable[..., RoomRecord]
Outcomes = Callable[..., Outcome]


def _recording(item: RoomRecord, decoded: Decoded | None = None, *warnings: PlanWarning) -> Row:
    recording = item.manifest.room.recordings[0]
    facts = RecordingFacts(
        item.manifest.room,
        recording,
        item.media[recording.sid],
        item.probe_results.get(recording.sid, ProbeResult()),
        decoded,
        [warnings],
    )
    return recording_row(facts, STAMP)


def test_every_row_has_columns_of_its_table_only(room_record: Rooms, outcome_of: Outcomes) -> None:
    item = room_record()
    room = room_row(item.manifest, item.media, [], NOW, STAMP)
    assert set(room) == set(SCHEMAS[Table.ROOMS].names) - {"rev", "recordings_purged"}
    assert set(_recording(item)) == set(SCHEMAS[Table.RECORDINGS].names) - {"rev"}
    later = {"rev", "date_deleted"}
    made = composition_row(outcome_of(item), STAMP)
    assert set(made) == set(SCHEMAS[Table.COMPOSITIONS].names) - later


def test_a_document_of_an_outcome_is_its_row_without_the_run(
    room_record: Rooms, outcome_of: Outcomes
) -> None:
    outcome = outcome_of(room_record())
    row = composition_row(outcome, STAMP)
    assert document_of(outcome) == {
        name: value
        for name, value in row.items()
        if name not in {"updated_at", "flow_run_id", "engine_version"}
    }


def test_what_files_tell_has_the_names_of_columns() -> None:
    assert {field.name for field in fields(Tags)} <= set(SCHEMAS[Table.COMPOSITIONS].names)


def test_a_file_of_several_recordings_counts_once_in_the_row_of_a_room(room_record: Rooms) -> None:
    [first] = room_record().manifest.room.recordings
    second = replace(first, sid="RT" + "e" * 32, track_index=1)
    item = room_record(recordings=(first, second))
    media = dict.fromkeys((first.sid, second.sid), item.media[first.sid])
    row = room_row(item.manifest, media, [], NOW, STAMP)
    assert (row["recording_count"], row["source_bytes"]) == (2, 1843)


def test_a_room(room_record: Rooms) -> None:
    item = room_record()
    end = datetime(2026, 11, 20, 9, 31, 12, 250_999, tzinfo=UTC)
    row = room_row(item.manifest, item.media, ["b", "a", "b"], end, STAMP)
    assert row["end_time"] == end
    assert row["duration_ms"] == (31 * 60 + 12) * 1000 + 250
    assert (row["participant_count"], row["recording_count"], row["source_bytes"]) == (1, 1, 1843)
    assert row["templates_done"] == ["a", "b"]
    assert (row["updated_at"], row["flow_run_id"], row["engine_version"]) == (
        NOW,
        "run-1",
        __version__,
    )


def test_claims_stand_beside_evidence(room_record: Rooms) -> None:
    row = _recording(room_record())
    assert (row["claimed_size_bytes"], row["size_bytes"]) == (1000, 1843)
    assert (row["claimed_duration_ms"], row["duration_ms"]) == (31_000, 31_000)
    assert (row["offset_ms"], row["start_ms"], row["end_ms"]) == (-250, 10, 31_010)
    assert (row["participant_identity"], row["media_url"]) == ("alice", "/rooms/camera.mkv")
    assert (row["width"], row["frame_count"], row["decode_errors"]) == (None, None, None)


def test_a_name_that_people_are_shown_stands_beside_the_identity(room_record: Rooms) -> None:
    item = room_record()
    assert _recording(item)["participant_name"] == "alice"
    room = item.manifest.room
    named = tuple(replace(one, display_name="Alice K.") for one in room.participants)
    manifest = replace(item.manifest, room=replace(room, participants=named))
    row = _recording(replace(item, manifest=manifest))
    assert (row["participant_identity"], row["participant_name"]) == ("alice", "Alice K.")


def test_attributes_are_json_without_secrets(room_record: Rooms) -> None:
    item = room_record()
    bare = room_row(item.manifest, item.media, [], NOW, STAMP), _recording(item)
    assert [row["attributes"] for row in bare] == [None, None]
    room = item.manifest.room
    recordings = tuple(
        replace(one, attributes={"import": {"files": ["é.webm"]}, "token": "canary"})
        for one in room.recordings
    )
    said = {"z": [1.5, None], "url": "https://u:canary@h/?token=canary"}
    people = (replace(room.participants[0], attributes=said), *room.participants[1:])
    whole = replace(room, attributes=said, recordings=recordings, participants=people)
    manifest = replace(item.manifest, room=whole)
    rows = [
        room_row(manifest, item.media, [], NOW, STAMP),
        _recording(replace(item, manifest=manifest)),
    ]
    assert bare[0]["participant_attributes"] is None
    texts = [row["attributes"] for row in rows] + [rows[0]["participant_attributes"]]
    assert "canary" not in "".join(texts)
    assert json.loads(texts[0])["z"] == [1.5, None]
    assert json.loads(texts[1])["import"] == {"files": ["é.webm"]}
    assert json.loads(texts[2])[people[0].sid]["z"] == [1.5, None]


def test_the_part_that_was_made(room_record: Rooms, outcome_of: Outcomes) -> None:
    def window(*ends: int) -> list[int | None]:
        template = Template("grid", window=Window(*ends))
        outcome = outcome_of(room_record(), template=template)
        row = composition_row(outcome, STAMP)
        return [row["window_start_ms"], row["window_end_ms"]]

    assert window() == [None, None]
    assert window(0, 5) == [0, 5]
    assert window(7) == [7, None]


def test_how_loud_it_was_made(room_record: Rooms, outcome_of: Outcomes) -> None:
    def loudness(leveled: Leveled | None) -> list[float | None]:
        row = composition_row(outcome_of(room_record(), leveled=leveled), STAMP)
        return [row[name] for name in ("mix_gain_db", "loudness_lufs", "true_peak_dbtp")]

    assert loudness(None) == [None, None, None]
    assert loudness(Leveled(-3.5, Measured(-16.1, -1.6))) == [-3.5, -16.1, -1.6]
    assert loudness(Leveled(0.0, Measured())) == [0.0, None, None]


def test_whom_it_followed_and_by_which_layouts(room_record: Rooms, outcome_of: Outcomes) -> None:
    def told(**changes: object) -> list[object]:
        row = composition_row(outcome_of(room_record(), **changes), STAMP)
        return [row[name] for name in ("speaker_switches", "overlay_count", "layouts")]

    assert told() == [None, None, []]
    on = (LayoutUse("default", 0, 900), LayoutUse("talk", 900, 1000))
    assert told(speaker_switches=0, overlay_count=3, layouts=on) == [
        0,
        3,
        [
            {"name": "default", "start_ms": 0, "end_ms": 900},
            {"name": "talk", "start_ms": 900, "end_ms": 1000},
        ],
    ]


def test_what_decoding_showed(room_record: Rooms) -> None:
    row = _recording(room_record(), Decoded(900, 640, 360, size_changes=2, errors=3))
    assert [row[name] for name in ("frame_count", "width", "height")] == [900, 640, 360]
    assert (row["size_changes"], row["decode_errors"]) == (2, 3)


def test_of_the_warnings_a_recording_keeps_its_own(room_record: Rooms) -> None:
    item = room_record()
    sid = item.manifest.room.recordings[0].sid
    gap = PlanWarning(WarningCode.TIMESTAMP_GAP, sid, "a gap")
    media = MediaFile(problem=Problem("media-missing", "no file"))
    facts = RecordingFacts(
        item.manifest.room,
        item.manifest.room.recordings[0],
        media,
        found=[
            [gap, gap, PlanWarning(WarningCode.TIMESTAMP_GAP, sid, "another gap")],
            [
                PlanWarning(WarningCode.TIMESTAMP_GAP, "RTother", "of another"),
                PlanWarning(WarningCode.SOURCES_NOT_SHOWN, sid, "of the composition"),
                PlanWarning(WarningCode.TIMESTAMP_GAP, sid, "left out: a gap"),
                PlanWarning(WarningCode.SIZE_CHANGED, sid, "twice"),
            ],
            [PlanWarning(WarningCode.SIZE_CHANGED, sid, "once")],
        ],
    )
    row = recording_row(facts, STAMP)
    assert [(one["code"], one["message"]) for one in row["warnings"]] == [
        ("size-changed", "twice"),
        ("timestamp-gap", "a gap"),
        ("timestamp-gap", "another gap"),
    ]
    assert (row["size_bytes"], row["media_url"]) == (None, "camera.mkv")


def test_a_composition(room_record: Rooms, outcome_of: Outcomes) -> None:
    row = composition_row(outcome_of(room_record()), STAMP)
    assert (row["width"], row["height"], row["format"], row["trim"]) == (640, 480, "webm", True)
    assert (row["frame_rate"], row["frame_count"], row["duration_ms"]) == ("30/1", 930, 31_000)
    assert row["bitrate_bps"] == 16_000
    assert row["realtime_factor"] == pytest.approx(0.2)
    assert row["recordings"][0]["shown_ms"] == 31_000
    assert [warning["recording_sid"] is None for warning in row["warnings"]] == [False, True]


def test_a_failed_composition_has_no_file(room_record: Rooms, outcome_of: Outcomes) -> None:
    outcome = outcome_of(
        room_record(),
        status=CompositionStatus.FAILED,
        failure_code="empty-track-list",
        files=None,
        duration_ms=0,
        size_bytes=None,
        uses=(),
    )
    row = composition_row(outcome, STAMP)
    assert (row["status"], row["failure_code"]) == ("failed", "empty-track-list")
    assert (row["media_url"], row["bitrate_bps"], row["realtime_factor"]) == (None, None, None)


def test_only_the_sid_of_a_night_is_of_one(room_record: Rooms, outcome_of: Outcomes) -> None:
    item = room_record()
    room, made = item.manifest.room, outcome_of(item)
    for sid, nightly in ((made.sid, made.template_sha256), (made.sid[:14] + "0" * 20, None)):
        row = composition_row(replace(made, sid=sid), STAMP)
        assert nightly_template(row, room.end_time) == nightly
        assert nightly_template(row, NOW) is None
        assert nightly_template(row, None) is None
        assert nightly_template(row | {"template": None}, room.end_time) is None


def test_odd_claims_still_fit_the_table(room_record: Rooms) -> None:
    item = room_record(unique_name="\ud83d lone " + "x" * 10_000)
    row = room_row(item.manifest, item.media, [], NOW, STAMP)
    assert normalised(Table.ROOMS, [row])[0]["unique_name"].startswith("? lone xxx")
    huge = _recording(item) | {"offset_ms": 0}
    assert normalised(Table.RECORDINGS, [huge])[0]["room_name"].startswith("? lone")


def test_a_claim_beyond_64_bits_becomes_the_nearest_number(
    room_record: Rooms, outcome_of: Outcomes
) -> None:
    row = composition_row(outcome_of(room_record(), source_bytes=-(10**30)), STAMP)
    assert normalised(Table.COMPOSITIONS, [row])[0]["source_bytes"] == -(2**63) + 1


def test_a_run_that_did_not_look_keeps_what_an_earlier_one_saw(room_record: Rooms) -> None:
    seen = _recording(
        room_record(),
        Decoded(900, 640, 360, 1, 0),
        PlanWarning(WarningCode.SIZE_CHANGED, f"RT{1:032x}", "once"),
    )
    blind = _recording(room_record()) | {"start_ms": None, "updated_at": NOW + timedelta(days=1)}
    kept = with_probe_results_of(blind, seen)
    assert kept == seen | {"updated_at": NOW + timedelta(days=1)}


def test_evidence_about_other_bytes_is_not_kept(room_record: Rooms) -> None:
    seen = _recording(room_record(), Decoded(900, 640, 360, 1, 0))
    replaced = _recording(room_record()) | {"size_bytes": 5}
    assert with_probe_results_of(replaced, seen) == replaced


def test_evidence_may_be_found_out_later(room_record: Rooms) -> None:
    seen = _recording(room_record())
    again = seen | {"gap_count": 3}
    assert with_probe_results_of(again, seen)["gap_count"] == 3
    assert ProbeResult().gap_count is None
