"""Whatever order a composition is completed, fails and is deleted in, what was made stands."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import delete
from roomreel.catalog.record import record
from roomreel.catalog.remake import failure_of_remake
from roomreel.model.composition import CompositionStatus, Files, Outcome
from roomreel.model.table import Table
from roomreel.model.template import Template

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SID = f"CJ{round(NOW.timestamp() * 1000):012x}{0:020x}"


def outcome(attempt, code):
    """Of an attempt: completed, or failed with a code."""
    made = Outcome(
        sid=SID,
        room_sid="RM1",
        room_name="room",
        template=Template("grid"),
        template_json="{}",
        template_sha256="a",
        inputs_sha256=f"inputs {attempt}",
        status=STATUS.get(code, CompositionStatus.FAILED),
        date_created=NOW,
        date_started=NOW,
        date_completed=NOW + timedelta(minutes=attempt),
        attempts=attempt,
        failure_code=code,
        failure_message=code and f"in attempt {attempt}",
    )
    return (
        made if code else Outcome(**_fields(made) | {"files": Files(f"{attempt}.mp4", None, None)})
    )


def _fields(made):
    return {name: getattr(made, name) for name in made.__dataclass_fields__}


STATUS = {None: CompositionStatus.COMPLETED, "cancelled": CompositionStatus.CANCELLED}
CODES = st.sampled_from([None, "render-failed", "storage-failed", "cancelled"])
# What happens, and whether the medium of what was made before is gone by then.
EVENTS = st.lists(st.tuples(CODES | st.just("delete"), st.booleans()), min_size=1, max_size=6)


@pytest.mark.slow
@settings(max_examples=60)
@given(events=EVENTS)
def test_what_was_made_stands_while_its_medium_does(events):
    with TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder, "catalog"), Path(folder, "journal"))
        made, last, attempts, deleted = None, None, 0, False
        for code, is_gone in events:
            if code == "delete":
                deleted = deleted or attempts > 0
                delete(catalog, Table.COMPOSITIONS, [SID], NOW)
                continue
            attempts += 1
            for _ in range(2):  # repeating it changes nothing
                record(
                    catalog,
                    [],
                    [outcome(attempts, code)],
                    None,
                    NOW,
                    is_gone=lambda _, g=is_gone: g,
                )
            if deleted:
                continue
            last = code and (code, f"in attempt {attempts}")
            made = attempts if code is None else None if is_gone else made
        row = catalog.lookup(SID)
        if deleted:
            assert row["status"] == "deleted"
        elif row:
            assert row["attempts"] == attempts
            assert row["status"] == (
                "completed" if made else STATUS.get(last and last[0], CompositionStatus.FAILED)
            )
            assert row["media_url"] == (f"{made}.mp4" if made else None)
            assert row["inputs_sha256"] == f"inputs {made or attempts}"
            assert failure_of_remake(row) == (last if made else None)
            assert len(row["warnings"]) == (1 if made and last else 0)
