"""A request that is deleted in the moment in which its run has published it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from roomreel.catalog.catalog import open_catalog
from roomreel.catalog.rows import Stamp, composition_row
from roomreel.documents.template import canonical_template, template_sha256
from roomreel.model.composition import CompositionStatus, Files, Outcome
from roomreel.model.selection import Selection
from roomreel.model.table import Partition, Table, composition_day
from roomreel.model.template import Template
from roomreel.service.access.account import make_account
from roomreel.service.database.tables import REQUESTS
from roomreel.service.lists.compositions import delete_composition, find_composition
from roomreel.service.requests.requests import Request, Status, enqueue, new_sid
from roomreel.service.service import Service

NOW = datetime.now(UTC)
TEMPLATE = Template("api", audio=Selection(("*",)))


@pytest.mark.parametrize("is_recorded", [True, False])
def test_what_its_run_published_goes_with_it(database, settings, is_recorded):
    sid = new_sid(NOW)
    day = composition_day(sid)
    template = orjson.loads(canonical_template(TEMPLATE))
    request = Request(sid, "RM1", "lesson", Status.ENQUEUED, template, "api", NOW)
    with database.write() as connection:
        enqueue(connection, request, 10)
        connection.execute(update(REQUESTS).values(status=Status.PROCESSING))
    folder = Path(str(settings.compositions_root)) / f"date={day}"
    folder.mkdir(parents=True)
    places = [folder / f"{sid}.{ending}" for ending in ("webm", "poster.jpg", "plan.json")]
    for place in places:
        place.write_bytes(b"made")
    if is_recorded:
        outcome = Outcome(
            sid=sid,
            room_sid="RM1",
            room_name="lesson",
            template=TEMPLATE,
            template_json=canonical_template(TEMPLATE),
            template_sha256=template_sha256(TEMPLATE),
            inputs_sha256="",
            status=CompositionStatus.COMPLETED,
            date_created=NOW,
            files=Files(str(places[0]), str(places[1]), None, str(places[2])),
            size_bytes=4,
        )
        row = composition_row(outcome, Stamp(NOW))
        open_catalog(settings).commit(Partition(Table.COMPOSITIONS, day), [row])
    account = make_account(None)
    service = Service(settings, database, lambda: account, "http://127.0.0.1:1")
    delete_composition(service, sid)
    assert find_composition(service, sid)["status"] == "deleted"
    assert [place for place in places if place.exists()] == []
