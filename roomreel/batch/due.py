"""The decision to make a composition now, by what is known of it. A table, no clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roomreel.model.composition import CompositionStatus

# Decided by the documents and the stored files, so that trying again changes nothing.
DECIDED_BY_INPUTS = frozenset(
    {
        *("source-limit-exceeded", "empty-track-list", "recordings-deleted", "template-invalid"),
        "asset-missing",
    }
)


class Decision(StrEnum):
    """The decision about one composition, with its reason."""

    FIRST_TIME = "first-time"
    FORCED = "forced"
    RETRY = "retry"
    LOST = "lost"
    INPUTS_CHANGED = "inputs-changed"
    DONE = "done"
    DELETED = "deleted"
    MADE_BEFORE = "made-before"
    STALE_INPUTS = "stale-inputs"
    KNOWN_FAILURE = "known-failure"

    @property
    def is_due(self) -> bool:
        """Return whether the composition is to be made."""
        return self in _DUE


_DUE = frozenset(
    {
        Decision.FIRST_TIME,
        Decision.FORCED,
        Decision.RETRY,
        Decision.LOST,
        Decision.INPUTS_CHANGED,
    }
)


@dataclass(frozen=True, slots=True)
class Previous:
    """The row of a composition, as far as it decides.

    Attributes:
        failure_code: None unless it failed or was cancelled.
        failure_message: plain words to the code, or None.
        inputs_sha256: digest of the inputs of the last attempt; None where it cannot be compared:
            then inputs of what is completed count as unchanged, and of what failed as changed.
        attempts: how many outcomes there were, 1 or more.
        of_this_run: whether the row is this very run's, which is tried once more.
        in_place: whether the file is there and is the one that was recorded; only of rows of this
            run that was asked.
        remake_failed: whether it was made again since it was completed, and that failed.
        ended: when the last attempt ended; None where that is not known.
    """

    status: CompositionStatus
    inputs_sha256: str | None
    failure_code: str | None = None
    failure_message: str | None = None
    attempts: int = 1
    of_this_run: bool = False
    in_place: bool = True
    remake_failed: bool = False
    ended: datetime | None = None


def decide(
    previous: Previous | None,
    *,
    templates_done: Collection[str],
    inputs_sha256: str,
    template_sha256: str,
    force: bool,
    max_attempts: int,
) -> Decision:
    """Say whether a composition is due; the first row that applies decides.

    ============  ====================================================  ==============
    row           and                                                   decision
    ============  ====================================================  ==============
    none          template not in `templates_done`                      first-time
    deleted       (for good)                                            deleted
    failed        of this run: a user clicked Retry                     retry
    cancelled     of this run, likewise                                 retry
    completed     of this run, which failed to make it again            retry
    completed     of this run, and its file is not what was recorded    lost
    completed     of this run, inputs unchanged                         done
    any           `force`                                               forced
    none          (row purged since, or made under another name)        made-before
    completed     inputs unchanged                                      done
    completed     inputs changed                                        stale-inputs
    cancelled     template in `templates_done` (made once before)       made-before
    cancelled     whatever the attempts                                 retry
    failed        template in `templates_done` (made once before)       known-failure
    failed        inputs changed                                        inputs-changed
    failed        the inputs decided it, or no attempt is left          known-failure
    failed                                                              retry
    ============  ====================================================  ==============

    Args:
        previous: the row of this room, template name and template digest, or None.
        templates_done: digests of the templates this room was ever completed with.
        inputs_sha256: digest of the inputs as they are now.
        template_sha256: digest of the template as it is now.
        force: whether it is to be made whatever was before.
        max_attempts: at failures that inputs do not decide; changed inputs are one attempt more.
    """
    made_before = template_sha256 in templates_done
    if previous is None:
        asked = Decision.FORCED if force else Decision.MADE_BEFORE
        return asked if made_before else Decision.FIRST_TIME
    if previous.status is CompositionStatus.DELETED:
        return Decision.DELETED
    unchanged = _is_unchanged(previous, inputs_sha256)
    retried = _of_this_run(previous, unchanged) if previous.of_this_run else None
    if retried or force:
        return retried or Decision.FORCED
    if previous.status is CompositionStatus.COMPLETED:
        return Decision.DONE if unchanged else Decision.STALE_INPUTS
    if previous.status is CompositionStatus.CANCELLED:
        return Decision.MADE_BEFORE if made_before else Decision.RETRY
    return _after_failure(previous, made_before, unchanged, max_attempts)


def _is_unchanged(previous: Previous, inputs_sha256: str) -> bool:
    if previous.inputs_sha256 is None:
        return previous.status is CompositionStatus.COMPLETED
    return previous.inputs_sha256 == inputs_sha256


def _of_this_run(previous: Previous, unchanged: bool) -> Decision | None:
    if previous.status is not CompositionStatus.COMPLETED or previous.remake_failed:
        return Decision.RETRY
    if not previous.in_place:
        return Decision.LOST
    return Decision.DONE if unchanged else None


def _after_failure(
    previous: Previous, made_before: bool, unchanged: bool, max_attempts: int
) -> Decision:
    if made_before:
        return Decision.KNOWN_FAILURE
    if not unchanged:
        return Decision.INPUTS_CHANGED
    hopeless = previous.failure_code in DECIDED_BY_INPUTS or previous.attempts >= max_attempts
    return Decision.KNOWN_FAILURE if hopeless else Decision.RETRY
