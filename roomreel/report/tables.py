"""The questions of the report to the catalogs that are answered in words, not in plots."""

# What stands at the top of the page: one row.
SUMMARY = """
select (select count(*) from room) as rooms,
    (select count(*) from recording) as recordings,
    (select coalesce(sum(source_bytes), 0) from room) as source_bytes,
    count(*) filter (status = 'completed') as completed,
    count(*) filter (status = 'failed') as failed,
    100.0 * count(*) filter (status = 'completed')
        / nullif(count(*) filter (status in ('completed', 'failed')), 0) as success_rate,
    coalesce(sum(duration_ms) filter (status = 'completed'), 0) / 3.6e6 as hours,
    coalesce(sum(size_bytes) filter (status = 'completed'), 0) as output_bytes,
    median(realtime_factor) filter (status = 'completed') as realtime_factor,
    coalesce(sum(busy_s), 0) / 3600 as busy_hours
from composition"""

# Why the latest compositions failed: one row for each room and reason; and the same of documents.
FAILED = """
select * exclude latest from (
    select max(room_name) || ', ' || strftime(max(date), '%-d %b') as what,
        string_agg(template, ', ' order by template) as templates,
        failure_code as code, failure_message as message, max(attempts) as attempts, room_sid,
        max(date) as latest
    from composition where status = 'failed'
    group by room_sid, failure_code, failure_message
    union all
    select document, '', code, message, count(*), '', max(date) from unread
    group by document, code, message
) order by latest desc, what, room_sid, code limit 20"""

WORST = """
select sid, room_name, participant, track_name, type, points,
    gap_ms / 1000 as gap_s, first_keyframe_ms / 1000 as late_key_frame_s, drift_ppm, size_changes,
    decode_errors, codes
from suspect order by points desc, sid limit 20"""
