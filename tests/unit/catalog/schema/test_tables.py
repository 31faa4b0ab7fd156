from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest

from roomreel.catalog.schema.tables import SCHEMAS, normalised
from roomreel.errors import CatalogError
from roomreel.model.composition import composition_sid
from roomreel.model.table import Partition, Table, composition_day, day_in, day_of, table_of

COMMON = "sid status rev updated_at flow_run_id engine_version"
COLUMNS = {
    Table.ROOMS: "unique_name type date_created end_time duration_ms participant_count "
    "recording_count source_bytes manifest_url manifest_sha256 templates_done recordings_purged "
    "participants attributes participant_attributes talk_ms silence_ms overlap_ms "
    "speaker_changes",
    Table.RECORDINGS: "room_sid room_name participant_sid participant_identity "
    "participant_name source_sid track_name type date_created date_deleted container_format "
    "codec media_url sha256 offset_ms "
    "claimed_duration_ms claimed_size_bytes size_bytes start_ms end_ms duration_ms width height "
    "frame_count first_keyframe_ms size_changes gap_count gap_ms drift_ppm decode_errors warnings "
    "found_codec usable start_time end_time attributes loudness_lufs true_peak_db talk_ms "
    "level_floor_db",
    Table.COMPOSITIONS: "room_sid room_name template template_sha256 template_json inputs_sha256 "
    "failure_code failure_message date_created date_started date_completed date_deleted width "
    "height format trim frame_rate window_start_ms window_end_ms frame_count duration_ms "
    "size_bytes bitrate_bps source_bytes "
    "source_duration_ms mix_gain_db loudness_lufs true_peak_dbtp "
    "speaker_switches overlay_count layouts "
    "media_url media_external_location media_sha256 encryption key_fingerprint "
    "recordings warnings "
    "render_s realtime_factor attempts",
    Table.ATTEMPTS: "time composition_sid room_sid room_name template document code message "
    "purged_sha256",
    Table.TALK: "room_sid room_name participant_sid participant_identity date_deleted present_ms "
    "talk_ms turn_count longest_turn_ms overlap_ms interruption_count first_talk_ms talk_share "
    "muted_ms loudness_lufs turns",
}
PLAIN = {pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us", "UTC")}


@pytest.mark.parametrize("table", Table)
def test_a_table_has_the_documented_columns(table: Table) -> None:
    assert SCHEMAS[table].names == f"{COMMON} {COLUMNS[table]}".split()


@pytest.mark.parametrize("table", Table)
def test_types_are_plain_or_lists_and_every_column_may_be_null(table: Table) -> None:
    for field in SCHEMAS[table]:
        assert field.nullable
        assert field.type in PLAIN or pa.types.is_list(field.type), field


def test_lists_have_the_documented_structs() -> None:
    schema = SCHEMAS[Table.COMPOSITIONS]
    uses, warnings = (schema.field(name).type.value_type for name in ("recordings", "warnings"))
    assert [field.name for field in uses] == [
        "recording_sid",
        "type",
        "start_ms",
        "end_ms",
        "shown_ms",
    ]
    assert [field.name for field in warnings] == ["code", "recording_sid", "message"]


def test_a_schema_names_its_version_and_not_the_engine() -> None:
    for schema in SCHEMAS.values():
        assert set(schema.metadata) == {b"roomreel.catalog"}


def test_a_composition_sid_gives_the_day_its_room_ended() -> None:
    end = datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    assert composition_day(composition_sid("RM1", end, "grid", "00")) == date(2026, 11, 20)
    later = composition_sid("RM1", end + timedelta(milliseconds=1), "grid", "00")
    assert composition_day(later) == date(2026, 11, 21)


@pytest.mark.parametrize("sid", ["CJ" + "f" * 32, "CJzz", "CJ"])
def test_a_sid_without_a_time_is_refused(sid: str) -> None:
    with pytest.raises(CatalogError):
        composition_day(sid)


def test_the_day_is_that_of_utc() -> None:
    east = timezone(timedelta(hours=9))
    assert day_of(datetime(2026, 11, 21, 3, tzinfo=east)) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("folder", "day"),
    [("date=2026-11-20", date(2026, 11, 20)), ("date=2026-13-40", None), ("2026-11-20", None)],
)
def test_a_folder_name_is_a_day_or_none(folder: str, day: date | None) -> None:
    assert day_in(folder) == day


def test_the_prefix_of_a_sid_gives_its_table() -> None:
    assert [table_of(sid) for sid in ("RM1", "RT1", "CJ1", "AT1", "TK1", "PA1", "")] == [
        *Table,
        None,
        None,
    ]


def test_a_partition_is_a_folder() -> None:
    assert Partition(Table.ROOMS, date(2026, 1, 2)).subfolder == "rooms/date=2026-01-02"


def test_a_value_that_does_not_fit_its_column_is_a_catalog_error() -> None:
    for bad in ({"rev": "many"}, {"rev": 2**63}, {"updated_at": "soon"}, {"unique_name": "\ud800"}):
        with pytest.raises(CatalogError, match="rooms"):
            normalised(Table.ROOMS, [bad])
