"""Recording rules: the recordings of a room that may be composed at all."""

from __future__ import annotations

from roomreel.model.room import Recording, RecordingRule, Room


def allowed_recordings(room: Room) -> frozenset[str]:
    """Return the sids of the recordings that the room's rules leave in; no rules: all of them.

    The set starts empty; rules apply in order, include as union, exclude as difference.
    """
    everything = frozenset(recording.sid for recording in room.recordings)
    if room.recording_rules is None:
        return everything
    kept: frozenset[str] = frozenset()
    for rule in room.recording_rules:
        named = frozenset(r.sid for r in room.recordings if _applies(rule, r, room))
        kept = kept | named if rule.include else kept - named
    return kept


def _applies(rule: RecordingRule, recording: Recording, room: Room) -> bool:
    publisher = (recording.participant_sid, room.identity_of(recording.participant_sid))
    return (
        rule.kind in {None, recording.type}
        and (rule.publisher is None or rule.publisher in publisher)
        and (rule.track is None or rule.track in {recording.track_name, recording.source_sid})
    )
