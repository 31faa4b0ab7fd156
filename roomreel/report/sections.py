"""The plots of the report: a table of questions to the catalogs, and of words about the answers."""

from __future__ import annotations

from roomreel.plan.anomalies import DRIFT_PPM
from roomreel.report.plot import (
    GIGABYTES,
    HOURS,
    Plot,
    Section,
    bars,
    binned,
    columns,
    first_of,
    histogram,
    lines,
    most_at,
    ranges,
    total,
    within,
)
from roomreel.report.scale import words
from roomreel.report.sentences import (
    factor_over_time,
    medians,
    most_frequent,
    repeated,
    success_rate,
)

# Below this a bad day and a very bad one look alike; above it good days look the same as best ones.
_RATE_AXIS = (90, 100)

_NO_COMPOSITION = "No composition was completed."


MADE = Section(
    "What was made",
    (
        Plot(
            "Rooms per {interval}",
            "select first_day, count(sid) as rooms from room_by_interval group by all order by all",
            columns("rooms", {"rooms": "plain"}),
            most_at("rooms", "rooms"),
            "No room ended.",
        ),
        Plot(
            "Compositions per {interval}, by outcome",
            "select first_day, count(*) filter (status = 'completed') as completed,"
            " count(*) filter (status = 'failed') as failed,"
            " count(*) filter (status = 'cancelled') as cancelled,"
            " count(*) filter (status = 'deleted') as deleted"
            " from composition_by_interval group by all order by all",
            columns(
                "compositions",
                {"completed": "good", "failed": "bad", "cancelled": "warm", "deleted": "mild"},
            ),
            most_at("compositions", "completed", "failed", "cancelled", "deleted"),
            "There are no compositions.",
        ),
        Plot(
            "Success rate per {interval}, %",
            "select first_day, round(100.0 * count(*) filter (status = 'completed')"
            " / nullif(count(*) filter (status in ('completed', 'failed')), 0), 2) as success_rate,"
            " count(*) filter (status = 'completed') as completed,"
            " count(*) filter (status = 'failed') as failed"
            " from composition_by_interval group by all order by all",
            lines("completed, %", {"success_rate": "good"}, _RATE_AXIS),
            success_rate,
            "There are no compositions that were completed or failed.",
            "Completed, of all that were completed or failed. The axis begins at 90 % or lower.",
        ),
        Plot(
            "Why compositions failed, by failure code",
            "select code, count(*) filter (kind = 'compositions') as compositions,"
            " count(distinct what) filter (kind = 'documents') as documents,"
            " count(distinct room_sid) as rooms, max(message) as such_as"
            " from failure group by code order by compositions + documents desc, code"
            " limit 12",
            bars("compositions, and documents", {"compositions": "bad", "documents": "warm"}),
            first_of("the failures", "compositions", "documents"),
            "No composition failed, and every document could be read.",
            "A document is a manifest or a template that could not be read, and counts once.",
        ),
        Plot(
            "Playing time made per {interval}",
            "select first_day, sum(duration_ms) / 3.6e6 as hours"
            " from completed_by_interval group by all order by all",
            columns("{unit}", {"hours": "good"}, units=HOURS),
            most_at("{unit}", "hours", units=HOURS),
            _NO_COMPOSITION,
        ),
    ),
)

SPEED = Section(
    "Where rendering time goes",
    (
        Plot(
            "Rendering time by template",
            "select template, coalesce(sum(busy_s) filter (status = 'completed'), 0) / 3600"
            " as completed, coalesce(sum(busy_s) filter (status = 'failed'), 0) / 3600 as failed,"
            " count(*) as compositions,"
            " sum(busy_s) filter (status = 'completed')"
            " / nullif(sum(duration_ms) filter (status = 'completed') / 1000, 0)"
            " as render_hours_per_output_hour"
            " from composition group by template order by sum(busy_s) desc nulls last, template"
            " limit 12",
            bars("{unit} of rendering", {"completed": "plain", "failed": "bad"}, HOURS),
            first_of("the rendering time shown", "completed", "failed"),
            "Nothing was rendered.",
            "Wall clock of the last attempt at each; of earlier attempts no time is recorded.",
        ),
        Plot(
            "Rendering time per {interval}",
            "select first_day, sum(busy_s) filter (status = 'completed') / 3600 as completed,"
            " sum(busy_s) filter (status = 'failed') / 3600 as failed"
            " from composition_by_interval group by all order by all",
            columns("{unit} of rendering", {"completed": "plain", "failed": "bad"}, units=HOURS),
            most_at("{unit}", "completed", "failed", units=HOURS),
            "Nothing was rendered.",
            "Failed compositions took time, too.",
        ),
        Plot(
            "Realtime factor, by composition",
            binned(
                "realtime_factor",
                (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 4),
                "composition where status = 'completed'",
            ),
            histogram("compositions", "seconds of rendering per second made; less is faster"),
            within(1, "compositions", " were rendered in less time than they play"),
            _NO_COMPOSITION,
            "Seconds of rendering per second of playing time: 0.5 is twice as fast as playing.",
        ),
        Plot(
            "Realtime factor per {interval}",
            "select first_day, median(realtime_factor) as median,"
            " quantile_cont(realtime_factor, 0.9) as slowest_tenth_above"
            " from completed_by_interval group by all order by all",
            lines(
                "seconds of rendering per second made",
                {"median": "plain", "slowest_tenth_above": "warm"},
            ),
            factor_over_time,
            _NO_COMPOSITION,
        ),
        Plot(
            "Realtime factor by template",
            "select template, quantile_cont(realtime_factor, 0.1) as p10,"
            " median(realtime_factor) as median, quantile_cont(realtime_factor, 0.9) as p90,"
            " count(*) as compositions"
            " from composition where status = 'completed' and realtime_factor is not null"
            " group by template order by median desc, template limit 12",
            ranges("seconds of rendering per second made; less is faster"),
            medians,
            _NO_COMPOSITION,
        ),
        Plot(
            "The ten rooms that took longest",
            "select max(room_name) || ', '"
            " || strftime(coalesce(max(room.date), max(composition.date)), '%-d %b') as room,"
            " sum(busy_s) / 3600 as hours, count(*) as compositions, max(attempts) as attempts,"
            " room_sid"
            " from composition left join room on room.sid = room_sid"
            " where busy_s > 0 group by room_sid"
            " order by hours desc, room_sid limit 10",
            bars("{unit} of rendering, all templates", {"hours": "plain"}, HOURS),
            first_of("the time of these", "hours"),
            "Nothing was rendered.",
        ),
        Plot(
            "Attempts it took",
            "select case when attempts >= 4 then '4 attempts or more' when attempts = 1"
            " then '1 attempt' else attempts || ' attempts' end as needed,"
            " count(*) filter (status = 'completed') as completed,"
            " count(*) filter (status = 'failed') as failed"
            " from composition where attempts is not null group by needed order by needed",
            bars("compositions", {"completed": "good", "failed": "bad"}),
            repeated,
            "There are no compositions.",
            "A composition is tried again after a failure, when its inputs change, and by --force.",
        ),
    ),
)

BYTES = Section(
    "Bytes",
    (
        Plot(
            "Size of the recordings of rooms per {interval}",
            "select first_day, sum(source_bytes) / 1e9 as gigabytes"
            " from room_by_interval group by all order by all",
            columns("{unit}", {"gigabytes": "mild"}, units=GIGABYTES),
            most_at("{unit}", "gigabytes", units=GIGABYTES),
            "No recording has a byte.",
        ),
        Plot(
            "Size of compositions per {interval}",
            "select first_day, sum(size_bytes) / 1e9 as gigabytes"
            " from completed_by_interval group by all order by all",
            columns("{unit}", {"gigabytes": "plain"}, units=GIGABYTES),
            most_at("{unit}", "gigabytes", units=GIGABYTES),
            _NO_COMPOSITION,
        ),
        Plot(
            "Bit rate by template, Mbit/s",
            "select template, quantile_cont(bitrate_bps, 0.1) / 1e6 as p10,"
            " median(bitrate_bps) / 1e6 as median, quantile_cont(bitrate_bps, 0.9) / 1e6 as p90,"
            " count(*) as compositions"
            " from composition where status = 'completed' and bitrate_bps is not null"
            " group by template order by median desc, template limit 12",
            ranges("Mbit/s of sound and picture together"),
            medians,
            _NO_COMPOSITION,
        ),
    ),
)

WARNINGS = Section(
    "Warnings",
    (
        Plot(
            "Compositions with a warning, by code",
            "select code, count(distinct sid) as compositions,"
            " count(distinct room_sid) as rooms from"
            " (select sid, room_sid, unnest(warnings).code as code from composition)"
            " group by code order by compositions desc, code limit 20",
            bars("compositions", {"compositions": "warm"}),
            first_of("them", "compositions"),
            "No composition has a warning.",
            "A composition with several codes counts for each.",
        ),
        Plot(
            "Compositions with a warning per {interval}, %",
            "select first_day, round(100.0 * count(*) filter (len(warnings) > 0)"
            " / nullif(count(sid), 0), 2) as percent"
            " from completed_by_interval group by all order by all",
            lines("% of those completed", {"percent": "warm"}),
            lambda rows: (
                f"At most {words(max(row['percent'] or 0 for row in rows))} % of the completed"
                f" compositions have one."
            ),
            "No completed composition has a warning.",
        ),
    ),
)

HEALTH = Section(
    "Health of the recorded tracks",
    (
        Plot(
            "What was found in recordings",
            "select finding, recordings, round(100.0 * recordings / nullif(of, 0), 2) as percent,"
            " of from (unpivot (select count(*) as of,"
            ' count(*) filter (has_gap) as "gaps over 2 s",'
            ' count(*) filter (is_late) as "late first key frame",'
            ' count(*) filter (drifts) as "clock drift",'
            ' count(*) filter (changes_size) as "size changes",'
            ' count(*) filter (has_errors) as "decode errors",'
            ' count(*) filter (is_unusable) as "media that cannot be used"'
            " from recording) on columns(* exclude of) into name finding value recordings)"
            " where recordings > 0 order by recordings desc, finding",
            bars("recordings", {"recordings": "warm"}),
            most_frequent,
            "Nothing was found in any recording.",
            f"A recording counts for each thing found; drift counts from {DRIFT_PPM} ppm.",
        ),
        Plot(
            "Recordings with a finding per {interval}, %",
            "select first_day, round(100.0 * count(*) filter (is_suspect)"
            " / nullif(count(sid), 0), 2) as percent"
            " from recording_by_interval group by all order by all",
            lines("% of recordings", {"percent": "warm"}),
            lambda rows: (
                f"At most {words(max(row['percent'] or 0 for row in rows))} % of the recordings."
            ),
            "Nothing was found in any recording.",
        ),
        Plot(
            "Gaps, seconds lost per recording",
            binned(
                "gap_ms / 1000", (2.0, 5, 10, 20, 30, 60, 120, 300, 600), "recording where has_gap"
            ),
            histogram("recordings", "seconds in gaps over 2 s, of those that have any"),
            within(10, "recordings with gaps", " lost 10 s or less"),
            "No recording has a gap.",
        ),
        Plot(
            "Late key frames, seconds without a picture",
            binned(
                "first_keyframe_ms / 1000",
                (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
                "recording where is_late",
            ),
            histogram("recordings", "seconds before the first key frame, of those that are late"),
            within(1, "recordings that begin late", " are late by 1 s or less"),
            "Every recording begins with a key frame.",
        ),
        Plot(
            "Clock drift, parts per million",
            binned(
                "drift_ppm",
                (-500.0, -200, -100, -50, -20, 0, 20, 50, 100, 200, 500),
                "recording where drift_ppm is not null",
            ),
            histogram("sound recordings", "ppm by which timestamps run faster than the sound"),
            lambda rows: (
                f"{words(total(rows, 'n'))} recordings were measured;"
                f" {words(total([r for r in rows if _is_off(r['up_to'])], 'n'))} are off by more"
                f" than {DRIFT_PPM} ppm, which is {DRIFT_PPM * 60 // 1000} ms a minute."
            ),
            "No sound was long enough to measure a drift.",
        ),
        Plot(
            "Changes of the picture's size, by recording",
            binned("size_changes", (1, 2, 5, 10, 20, 50, 100), "recording where changes_size"),
            histogram("recordings", "changes of size, of those that have any"),
            within(5, "recordings that change their size", " do so five times or less"),
            "No recording changes its size.",
        ),
        Plot(
            "Packets that could not be decoded, by recording",
            binned("decode_errors", (1, 3, 10, 30, 100, 300, 1000), "recording where has_errors"),
            histogram("recordings", "packets refused by the decoder, of those that have any"),
            within(10, "recordings with decode errors", " have ten or less"),
            "Every packet that was read could be decoded.",
        ),
    ),
)

SECTIONS = (MADE, SPEED, BYTES, WARNINGS, HEALTH)


def _is_off(up_to: float | None) -> bool:
    """Return whether values of a bin up to this bound drift; bins end at the threshold."""
    return up_to is None or up_to <= -DRIFT_PPM or up_to > DRIFT_PPM
