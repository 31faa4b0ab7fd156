"""Merging is a join: order, splits and repeats of changes do not matter."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.catalog.merge import merge, merged, superseded
from roomreel.catalog.schema.tables import normalised, tabled
from roomreel.model.table import Row, Table

T0 = datetime(2026, 11, 21, 1, tzinfo=UTC)
# CI has the time for all of them.
EXAMPLES = settings(max_examples=200 if os.environ.get("CI") else 100, deadline=None)


def _rows(extra: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Row]]:
    # Few values each: ties and collisions are what these tests are about.
    one = st.fixed_dictionaries(
        {
            "sid": st.sampled_from("ABC"),
            "status": st.sampled_from(["completed", "failed", "deleted"]),
            "updated_at": st.integers(0, 3).map(lambda us: T0 + timedelta(microseconds=us)),
            "flow_run_id": st.sampled_from([None, "run"]),
            **extra,
        }
    )
    return st.lists(one, max_size=8)


DIGESTS = st.lists(st.sampled_from("pqr"), unique=True, max_size=3)
ROOMS = _rows({"templates_done": DIGESTS, "recordings_purged": DIGESTS})
COMPOSITIONS = _rows({"attempts": st.integers(1, 3)})
CHANGES = st.one_of(
    st.tuples(st.just(Table.ROOMS), ROOMS), st.tuples(st.just(Table.COMPOSITIONS), COMPOSITIONS)
)


def _told(rows: dict[str, Row]) -> dict[str, Row]:
    """The rows without `rev`, which counts the way they came."""
    return {sid: row | {"rev": None} for sid, row in rows.items()}


@EXAMPLES
@given(CHANGES, st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(
    changes: tuple[Table, list[Row]], random: Any
) -> None:
    table, rows = changes
    shuffled = random.sample(rows, len(rows))
    assert merge(table, {}, rows) == merge(table, {}, shuffled)


@EXAMPLES
@given(CHANGES, st.lists(st.booleans(), min_size=8, max_size=8))
def test_changes_may_be_split_over_merges(
    changes: tuple[Table, list[Row]], first: list[bool]
) -> None:
    table, rows = changes
    early = [row for row, is_early in zip(rows, first, strict=False) if is_early]
    late = [row for row, is_early in zip(rows, first, strict=False) if not is_early]
    together = merge(table, {}, rows)
    assert _told(merge(table, merge(table, {}, early), late)) == _told(together)


@EXAMPLES
@given(CHANGES, st.integers(0, 8))
def test_merging_again_changes_nothing(changes: tuple[Table, list[Row]], cut: int) -> None:
    table, rows = changes
    merged = merge(table, {}, rows)
    assert merge(table, merged, rows) == merged
    assert merge(table, merged, rows[:cut]) == merged


@EXAMPLES
@given(CHANGES)
def test_deleted_wins(changes: tuple[Table, list[Row]]) -> None:
    table, rows = changes
    deleted = {row["sid"] for row in rows if row["status"] == "deleted"}
    merged = merge(table, {}, rows)
    assert {sid for sid, row in merged.items() if row["status"] == "deleted"} == deleted


@EXAMPLES
@given(CHANGES, st.integers(0, 8))
def test_rows_only_grow(changes: tuple[Table, list[Row]], cut: int) -> None:
    table, rows = changes
    before = merge(table, {}, rows[:cut])
    after = merge(table, before, rows[cut:])
    for sid, row in before.items():
        now = after[sid]
        assert now["rev"] >= row["rev"]
        assert (now == row) == (now["rev"] == row["rev"])
        assert set(row.get("templates_done", ())) <= set(now.get("templates_done", ()))
        if now["status"] != "deleted":
            assert now["updated_at"] >= row["updated_at"] or now.get("attempts", 0) > row.get(
                "attempts", 0
            )


@EXAMPLES
@given(CHANGES, st.integers(0, 8))
def test_tables_merge_as_their_rows_do(changes: tuple[Table, list[Row]], cut: int) -> None:
    table, rows = changes
    early, late = (normalised(table, part) for part in (rows[:cut], rows[cut:]))
    before = merged(table, tabled(table, []), tabled(table, early))
    after = merged(table, before, tabled(table, late))
    expected = merge(table, merge(table, {}, early), late)
    assert after.to_pylist() == [expected[sid] for sid in sorted(expected)]
    assert merged(table, after, tabled(table, rows)) is after
    told = superseded(table, tabled(table, late), after)
    aside = {"rev", "templates_done", "recordings_purged"}

    def says(row: Row) -> Row:
        return {column: value for column, value in row.items() if column not in aside}

    assert set(told) == {row["sid"] for row in late if says(row) != says(expected[row["sid"]])}
