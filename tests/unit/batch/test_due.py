"""The table of roomreel.batch.due, row by row and then as a whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from roomreel.batch.due import DECIDED_BY_INPUTS, Decision, Previous, decide
from roomreel.model.composition import CompositionStatus

NOW, BEFORE = "inputs now", "inputs before"
TEMPLATE = "digest"
COMPLETED, FAILED, DELETED, CANCELLED = (
    CompositionStatus.COMPLETED,
    CompositionStatus.FAILED,
    CompositionStatus.DELETED,
    CompositionStatus.CANCELLED,
)


def failure(code: str, attempts: int = 1, inputs: str | None = NOW) -> Previous:
    return Previous(FAILED, inputs, code, "words", attempts)


# previous, whether the template is in templates_done, decision without force
ROWS = [
    pytest.param(None, False, Decision.FIRST_TIME, id="never seen"),
    pytest.param(None, True, Decision.MADE_BEFORE, id="made, and its row purged"),
    pytest.param(Previous(COMPLETED, NOW), True, Decision.DONE, id="done"),
    pytest.param(Previous(COMPLETED, NOW), False, Decision.DONE, id="done, room row behind"),
    pytest.param(Previous(COMPLETED, BEFORE), True, Decision.STALE_INPUTS, id="stale"),
    pytest.param(Previous(COMPLETED, None), True, Decision.DONE, id="done by an older engine"),
    pytest.param(
        failure("empty-track-list", 3, None),
        False,
        Decision.INPUTS_CHANGED,
        id="failed by an older engine",
    ),
    pytest.param(Previous(DELETED, NOW), True, Decision.DELETED, id="deleted"),
    pytest.param(Previous(DELETED, BEFORE), False, Decision.DELETED, id="deleted, changed since"),
    pytest.param(failure("render-failed"), True, Decision.KNOWN_FAILURE, id="failed after success"),
    pytest.param(failure("empty-track-list"), False, Decision.KNOWN_FAILURE, id="inputs decided"),
    pytest.param(
        failure("empty-track-list", inputs=BEFORE),
        False,
        Decision.INPUTS_CHANGED,
        id="inputs decided, but changed",
    ),
    pytest.param(failure("render-failed", 1), False, Decision.RETRY, id="second attempt"),
    pytest.param(failure("storage-failed", 2), False, Decision.RETRY, id="third attempt"),
    pytest.param(failure("render-timeout", 3), False, Decision.KNOWN_FAILURE, id="attempts used"),
    pytest.param(
        failure("render-timeout", 3, BEFORE),
        False,
        Decision.INPUTS_CHANGED,
        id="attempts used, but inputs changed",
    ),
]


def ask(previous: Previous | None, made: bool, *, force: bool = False) -> Decision:
    return decide(
        previous,
        templates_done={TEMPLATE, "another"} if made else {"another"},
        inputs_sha256=NOW,
        template_sha256=TEMPLATE,
        force=force,
        max_attempts=3,
    )


@pytest.mark.parametrize(("previous", "made", "decision"), ROWS)
def test_row(previous: Previous | None, made: bool, decision: Decision) -> None:
    assert ask(previous, made) is decision


@pytest.mark.parametrize(("previous", "made", "decision"), ROWS)
def test_force_makes_it_whatever_was_before_unless_it_is_deleted(
    previous: Previous | None, made: bool, decision: Decision
) -> None:
    forced = ask(previous, made, force=True)
    assert forced.is_due is (decision is not Decision.DELETED)
    assert (forced is Decision.FIRST_TIME) == (decision is Decision.FIRST_TIME)


@pytest.mark.parametrize("code", sorted(DECIDED_BY_INPUTS))
@pytest.mark.parametrize("attempts", [1, 2, 3, 50])
def test_what_inputs_decide_waits_for_other_inputs(code: str, attempts: int) -> None:
    assert ask(failure(code, attempts), made=False) is Decision.KNOWN_FAILURE
    assert ask(failure(code, attempts, BEFORE), made=False) is Decision.INPUTS_CHANGED


EVERY_PREVIOUS = [
    None,
    *(
        Previous(status, inputs, code if status is FAILED else None, None, attempts)
        for status, inputs, code, attempts in product(
            CompositionStatus,
            (NOW, BEFORE, None),
            ("render-failed", "empty-track-list"),
            (1, 2, 3, 4),
        )
    ),
]


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("previous", EVERY_PREVIOUS)
def test_never_again_without_force_once_made_or_there(
    previous: Previous | None, made: bool
) -> None:
    there = previous is not None and previous.status in {COMPLETED, DELETED}
    if made or there:
        assert not ask(previous, made).is_due


@pytest.mark.parametrize("previous", EVERY_PREVIOUS)
def test_a_run_that_changes_nothing_ends_the_attempts(previous: Previous | None) -> None:
    """However a composition starts, failing each night it is tried at most three times."""
    tries = 0
    while ask(previous, made=False).is_due:
        tries += 1
        attempts = previous.attempts + 1 if previous else 1
        previous = failure("render-failed", attempts)
    assert tries <= 3


def test_the_limit_is_a_setting() -> None:
    last = failure("render-failed", 3)
    assert (
        decide(
            last,
            templates_done=(),
            inputs_sha256=NOW,
            template_sha256=TEMPLATE,
            force=False,
            max_attempts=4,
        )
        is Decision.RETRY
    )


OF_THIS_RUN = [
    pytest.param({}, Decision.DONE, id="done, and its file is as recorded"),
    pytest.param({"in_place": False}, Decision.LOST, id="its file is gone or another"),
    pytest.param({"inputs_sha256": BEFORE}, None, id="a recording was replaced since"),
    pytest.param({"status": FAILED, "failure_code": "render-failed"}, Decision.RETRY, id="failed"),
    pytest.param(
        {"status": FAILED, "failure_code": "empty-track-list", "attempts": 9},
        Decision.RETRY,
        id="failed for good, but somebody clicked",
    ),
    pytest.param({"remake_failed": True}, Decision.RETRY, id="made again, and that failed"),
    pytest.param(
        {"remake_failed": True, "inputs_sha256": BEFORE}, Decision.RETRY, id="likewise, of others"
    ),
    pytest.param({"status": DELETED}, Decision.DELETED, id="deleted since"),
]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("changes", "decision"), OF_THIS_RUN)
def test_a_run_that_is_tried_again_makes_what_it_did_not_get_done(
    changes: dict[str, Any], decision: Decision | None, force: bool
) -> None:
    previous = replace(Previous(COMPLETED, NOW, of_this_run=True), **changes)
    otherwise = ask(replace(previous, of_this_run=False), made=True, force=force)
    assert ask(previous, made=True, force=force) is (decision or otherwise)


@pytest.mark.parametrize("inputs", [NOW, BEFORE, None])
def test_what_was_cancelled_is_tried_whatever_the_attempts(inputs: str | None) -> None:
    cancelled = Previous(CANCELLED, inputs, "cancelled", "words", 50)
    assert ask(cancelled, made=False) is Decision.RETRY
    assert ask(cancelled, made=True) is Decision.MADE_BEFORE
    assert ask(replace(cancelled, of_this_run=True), made=True) is Decision.RETRY
