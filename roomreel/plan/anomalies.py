"""Anomalies: warnings about a recording that can be used all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.media import PacketIndex, Stored
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import MediaType, Recording
from roomreel.model.time import Span, decimal_text
from roomreel.plan.codecs import is_codec
from roomreel.plan.drift import drift_ppm
from roomreel.plan.packets import LONGEST_PAUSE_S, Activity, backward_steps
from roomreel.plan.spans import total

# The hosted service composed these at the risk of failing; here they are only pointed out.
SHORT_S = 2

# A claim is rounded to a second, up where it is less; beyond that it is about other media.
CLAIMED_DURATION_TOLERANCE_S = 1

# A good sound card is within 50 ppm, which is 3 ms a minute.
DRIFT_PPM = 50


@dataclass(frozen=True, slots=True)
class MeasuredRecording:
    """A usable recording with its packets.

    Attributes:
        pauses: those of more than 2 s or `hold`, whichever is less, in container seconds.
        hold: how long a picture is held, in seconds.
        sha256: hex digest of the file, where the recording claims one.
    """

    recording: Recording
    stored: Stored
    packets: PacketIndex
    active: Activity
    pauses: tuple[Span, ...]
    hold: Fraction
    sha256: str | None = None

    def longer_than(self, seconds: Fraction) -> tuple[Span, ...]:
        """Return the pauses of more than `seconds`, which are 2 or `hold`."""
        return tuple(pause for pause in self.pauses if pause.duration > seconds)


def anomalies(case: MeasuredRecording) -> Iterator[PlanWarning]:
    """Yield a warning for each anomaly, in the order of the table below."""
    for code, messages in ODDITIES:
        for message in messages(case):
            yield PlanWarning(code, case.recording.sid, message)


def _truncated(case: MeasuredRecording) -> Iterator[str]:
    if case.packets.truncated:
        yield f"the file ends within an element, after {len(case.packets)} packets"


def _short(case: MeasuredRecording) -> Iterator[str]:
    if case.active.span.duration <= SHORT_S:
        yield f"lasts {decimal_text(case.active.span.duration, 3)} s"


def _claims(case: MeasuredRecording) -> Iterator[str]:
    claim, stored, active = case.recording, case.stored, case.active
    if claim.claimed_size_bytes not in {None, stored.size_bytes}:
        yield f"size: claimed {claim.claimed_size_bytes} bytes, found {stored.size_bytes}"
    if claim.codec is not None and not is_codec(claim.codec, case.packets.codec):
        yield f"codec: claimed {claim.codec}, found {case.packets.codec}"
    if case.sha256 and claim.sha256 not in {None, case.sha256}:
        yield f"sha256: claimed {claim.sha256}, found {case.sha256}"
    if claim.claimed_duration_s is not None:
        found = active.span.duration + active.before
        if abs(found - claim.claimed_duration_s) > CLAIMED_DURATION_TOLERANCE_S:
            found_s = decimal_text(found, 3)
            yield f"duration: claimed {claim.claimed_duration_s} s, found {found_s} s"


def _last(case: MeasuredRecording) -> Iterator[str]:
    if case.active.disbelieved:
        claimed = decimal_text(case.active.disbelieved, 3)
        held = decimal_text(case.active.span.end - case.active.pts[-1] * case.active.time_base, 3)
        yield f"its last packet claims to last {claimed} s; it is held for {held} s"


def _late_keyframe(case: MeasuredRecording) -> Iterator[str]:
    if case.active.packets_before:
        yield (
            f"{case.active.packets_before} packets come before the first key frame;"
            f" starts {decimal_text(case.active.before, 3)} s late"
        )


def _gaps(case: MeasuredRecording) -> Iterator[str]:
    found = case.longer_than(case.hold)
    if found:
        length, start = (decimal_text(s, 3) for s in (found[0].duration, found[0].start))
        more = f"; {len(found)} such pauses, {decimal_text(total(found), 3)} s together"
        yield f"no packet for {length} s at {start} s of the file{more if found[1:] else ''}"


def _apart(case: MeasuredRecording) -> Iterator[str]:
    if case.active.apart:
        hours = LONGEST_PAUSE_S // 3600
        yield f"{case.active.apart} packets are more than {hours} h from the others; skipped"


def _backwards(case: MeasuredRecording) -> Iterator[str]:
    steps = 0 if case.active.in_order else backward_steps(case.packets)
    if steps:
        lost = decimal_text(case.active.overwritten, 3)
        more = f"; {lost} s of them are skipped" if case.active.overwritten else ""
        yield f"{steps} packets have a timestamp before one stored earlier{more}"


def _drift(case: MeasuredRecording) -> Iterator[str]:
    ppm = None if case.packets.type is MediaType.VIDEO else drift_ppm(case.packets)
    if ppm is not None and abs(ppm) > DRIFT_PPM:
        yield f"its timestamps run {ppm:+d} ppm against its sound; corrected"


ODDITIES: tuple[tuple[WarningCode, Callable[[MeasuredRecording], Iterator[str]]], ...] = (
    (WarningCode.MEDIA_TRUNCATED, _truncated),
    (WarningCode.RECORDING_SHORT, _short),
    (WarningCode.CLAIM_DIFFERS, _claims),
    (WarningCode.CLAIM_DIFFERS, _last),
    (WarningCode.LATE_KEYFRAME, _late_keyframe),
    (WarningCode.TIMESTAMP_GAP, _gaps),
    (WarningCode.TIMESTAMP_GAP, _apart),
    (WarningCode.TIMESTAMP_BACKWARDS, _backwards),
    (WarningCode.CLOCK_DRIFT, _drift),
)
