"""Whether a composition is to be made now, from what is remembered of it. A table, no clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from roomreel.model.composition import CompositionStatus

# Decided by the documents and the stored files, so that trying again changes nothing.
DECIDED_BY_INPUTS = frozenset(
    {"source-limit-exceeded", "empty-track-list", "recordings-deleted", "template-invalid"}
)


class Decision(StrEnum):
    """What a run does with one composition, and why."""

    FIRST_TIME = "first-time"
    FORCED = "forced"
    RETRY = "retry"
    INPUTS_CHANGED = "inputs-changed"
    DONE = "done"
    DELETED = "deleted"
    MADE_BEFORE = "made-before"
    STALE_INPUTS = "stale-inputs"
    KNOWN_FAILURE = "known-failure"

    @property
    def is_due(self) -> bool:
        """Whether the composition is to be made."""
        return self in _DUE


_DUE = frozenset({Decision.FIRST_TIME, Decision.FORCED, Decision.RETRY, Decision.INPUTS_CHANGED})


@dataclass(frozen=True, slots=True)
class Previous:
    """What the catalog says of a composition.

    Attributes:
        failure_code: None unless it failed.
        failure_message: plain words to the code, or None.
        inputs_sha256: digest of the inputs of the last attempt.
        attempts: how many outcomes there were, 1 or more.
    """

    status: CompositionStatus
    inputs_sha256: str
    failure_code: str | None = None
    failure_message: str | None = None
    attempts: int = 1


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
    deleted       (for good, whoever asks)                              deleted
    any           `force`                                               forced
    none          (row purged since, or made under another name)        made-before
    completed     inputs unchanged                                      done
    completed     inputs changed                                        stale-inputs
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
        force: whether somebody asked for it to be made whatever was before.
        max_attempts: at failures that inputs do not decide; changed inputs are one attempt more.
    """
    made_before = template_sha256 in templates_done
    if previous is None and not made_before:
        return Decision.FIRST_TIME
    if previous is not None and previous.status is CompositionStatus.DELETED:
        return Decision.DELETED
    if force:
        return Decision.FORCED
    if previous is None:
        return Decision.MADE_BEFORE
    unchanged = previous.inputs_sha256 == inputs_sha256
    if previous.status is CompositionStatus.COMPLETED:
        return Decision.DONE if unchanged else Decision.STALE_INPUTS
    return _after_failure(previous, made_before, unchanged, max_attempts)


def _after_failure(
    previous: Previous, made_before: bool, unchanged: bool, max_attempts: int
) -> Decision:
    if made_before:
        return Decision.KNOWN_FAILURE
    if not unchanged:
        return Decision.INPUTS_CHANGED
    hopeless = previous.failure_code in DECIDED_BY_INPUTS or previous.attempts >= max_attempts
    return Decision.KNOWN_FAILURE if hopeless else Decision.RETRY
