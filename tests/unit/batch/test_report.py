"""A night in words."""

from __future__ import annotations

import pickle

import pytest

from roomreel.batch.report import BatchReport, Line, State, failed_line, recorded_line
from roomreel.errors import BatchFailed, Cancelled, DocumentInvalid, StorageFailed

FAILED = Line(State.FAILED, "room", "grid", "CJ1", "render-failed", "gave up")
DONE = Line(State.COMPLETED, "room", "row", "CJ2", media="/x.mp4")
KNOWN = Line(State.KNOWN_FAILURE, "room", "row", "CJ3", "empty-track-list", "nothing")
CANCELLED = Line(State.CANCELLED, "room", "mosaic", "CJ4", "cancelled", "stopped")


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (BatchReport(), "nothing to do: no room to consider"),
        (BatchReport(up_to_date=3), "nothing to do: 3 up to date"),
        (BatchReport((KNOWN,), 1), "nothing to do: 1 known failure, 1 up to date"),
        (BatchReport((DONE, FAILED, DONE)), "2 completed, 1 failed"),
        (BatchReport((CANCELLED,)), "1 cancelled"),
        (BatchReport((Line(State.DUE, "a"),), dry_run=True), "Dry run: 1 due"),
        (BatchReport(dry_run=True), "Dry run: nothing to do: no room to consider"),
    ],
)
def test_headline(report: BatchReport, headline: str) -> None:
    assert report.headline == headline


def test_the_table_names_what_failed_and_no_more_than_a_page() -> None:
    lines = tuple(Line(State.FAILED, f"room-{n}", "grid", code="c", message="m") for n in range(50))
    table = BatchReport((*lines, KNOWN)).failure_table.splitlines()
    assert table[0] == "50 failed, 1 known failure"
    assert table[1] == "  room-0 / grid: c: m"
    assert table[-1] == "  and 30 more"
    assert len(table) == 22


def test_a_name_steers_no_terminal() -> None:
    line = Line(State.FAILED, "a\x1b[31m\u202e", "b" * 500, code="c", message="m\x07")
    assert str(line).isprintable()
    assert len(str(line)) < 200


def test_what_was_cancelled_is_no_failure_and_a_night_with_it_is_not_done() -> None:
    report = BatchReport((DONE, CANCELLED))
    assert (report.failures, report.is_failed) == ((), True)
    assert [BatchReport((line,)).is_failed for line in (DONE, KNOWN, FAILED)] == [
        False,
        False,
        True,
    ]


def test_what_to_do_stands_with_what_happened() -> None:
    line = failed_line(StorageFailed("the disk is full", "make room"), "room")
    assert (line.code, line.message) == ("storage-failed", "the disk is full (make room)")


ROW = {
    "status": "completed",
    "failure_code": None,
    "failure_message": None,
    "media_url": "/x.mp4",
    "warnings": [{"code": "late-keyframe", "recording_sid": "RT1", "message": "late"}],
}
REMADE = {"code": "remake-failed", "recording_sid": None, "message": "render-failed: it: died"}


def test_what_a_row_says_of_a_composition_that_was_due() -> None:
    due, undone = Line(State.DUE, "room", "grid", "CJ1"), Cancelled("not done")
    made = recorded_line(due, ROW, undone)
    assert (made.state, made.code, made.media) == (State.COMPLETED, "", "/x.mp4")
    kept = recorded_line(due, ROW | {"warnings": [*ROW["warnings"], REMADE]}, undone)
    assert (kept.state, kept.code, kept.message, kept.media) == (
        State.FAILED,
        "render-failed",
        "it: died",
        "/x.mp4",
    )
    stopped = ROW | {"status": "cancelled", "failure_code": "cancelled", "media_url": None}
    assert recorded_line(due, stopped, undone).state is State.CANCELLED
    assert recorded_line(due, None, undone).code == "cancelled"


def test_the_error_survives_a_process_boundary_with_its_report() -> None:
    report = BatchReport((FAILED,), 2)
    error = pickle.loads(pickle.dumps(BatchFailed("1 failed", "", report)))  # noqa: S301
    assert error.report == report
    assert (str(error), error.exit_code) == ("night-failed: 1 failed", 4)


def test_document_errors_keep_their_code() -> None:
    assert failed_line(DocumentInvalid("no sid"), "x.json").code == "document-invalid"
