"""The logs: what they show of whatever is there, by which filters, a page at a time."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from roomreel.model.table import Table
from roomreel.service.access.scopes import Scope
from roomreel.service.lists.listing import CompositionFilter, list_compositions
from roomreel.web.console import words

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import (
    Api,
    composition,
    composition_sid,
    empty_api,
    recording,
    sid_of,
    usual_api,
)
from console_visit import Visit, sids_in, signed_in, words_of

LOG = "/console/compositions"


@pytest.fixture(scope="module")
def visit(api: Api) -> Iterator[Visit]:
    with signed_in(api) as visit:
        yield visit


def found(visit: Visit, log: str = LOG, **fields: str) -> list[str]:
    """The sids of all pages that a filter has."""
    sids: list[str] = []
    path: str | None = f"{log}?{urlencode({name.strip('_'): v for name, v in fields.items()})}"
    while path:
        page = visit.get(path)
        assert page.status_code == 200, words_of(page)
        sids += sids_in(page)
        path = link_in(page.text, "older")
    return sids


def link_in(text: str, name: str) -> str | None:
    _, _, after = text.partition(f'id="{name}" href="')
    return after.partition('"')[0].replace("&amp;", "&") if after else None


class Tags(HTMLParser):
    """Counts elements, and keeps the text of cells by their heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.cells: dict[str, list[str]] = {}
        self._cell: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        if tag == "td":
            self._cell = dict(attrs)["data-label"] or ""
            self.cells.setdefault(self._cell, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._cell = None if tag == "td" else self._cell

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self.cells[self._cell][-1] += data.strip()


def test_compositions_have_the_columns_of_the_log(visit):
    page = Tags(visit.get(f"{LOG}?sid={composition_sid(57)}").text)
    assert page.cells == {
        "Created": ["2026-11-20 12:00 UTC"],
        "Sid": [composition_sid(57)],
        "Room": ["call 1"],
        "Duration": ["37.7 s"],
        "Format": ["mp4"],
        "Status": ["completed"],
    }


def test_recordings_have_the_columns_of_the_log(visit):
    page = Tags(visit.get(f"/console/recordings?sid={sid_of('RT', 1, 'audio')}").text)
    assert page.cells == {
        "Created": ["2026-11-20 12:00 UTC"],
        "Sid": [sid_of("RT", 1, "audio")],
        "Room": ["call 1"],
        "Duration": ["0.7 s"],
        "Type": ["audio"],
        "Status": ["completed"],
    }


def test_pages_have_all_rows_once_newest_first(visit):
    assert found(visit) == [composition_sid(number) for number in range(59, -1, -1)]
    first = visit.get(LOG)
    second = visit.get(link_in(first.text, "older") or "")
    assert sids_in(visit.get(link_in(second.text, "newer") or "")) == sids_in(first)
    assert link_in(first.text, "newer") is None


ROOM = sid_of("RM", 1)
FILTERS = [
    ({"status": "failed"}, lambda n: n % 3 == 1),
    ({"room": ROOM}, lambda n: n % 4 == 1),
    ({"room": "call 1"}, lambda n: n % 4 == 1),
    ({"room": "call 1", "status": "deleted"}, lambda n: n % 4 == 1 and n % 3 == 2),
    ({"sid": composition_sid(7)}, lambda n: n == 7),
    ({"sid": composition_sid(7), "status": "deleted"}, lambda n: n == 7 and n % 3 == 2),
    ({"sid": composition_sid(7), "room": "call 2"}, lambda _: False),
    ({"from": "2026-11-20"}, lambda _: True),
    ({"from": "2026-11-21"}, lambda _: False),
    ({"to": "2026-11-20"}, lambda _: True),
    ({"to": "2026-11-19"}, lambda _: False),
    ({"from": "2026-11-20T12:00:30"}, lambda n: n >= 30),
    ({"to": "2026-11-20T12:00:30", "status": "failed"}, lambda n: n < 30 and n % 3 == 1),
    ({"from": "2026-11-20T13:00:30", "zone": "Europe/Berlin"}, lambda n: n >= 30),
    ({"status": "", "room": " ", "sid": "", "from": "", "to": "", "zone": ""}, lambda _: True),
]


@pytest.mark.parametrize(("fields", "has"), FILTERS, ids=[str(fields) for fields, _ in FILTERS])
def test_filters_leave_what_they_say(visit, fields, has):
    assert found(visit, **fields) == [composition_sid(n) for n in range(59, -1, -1) if has(n)]


def test_recordings_are_filtered_likewise(visit):
    log = "/console/recordings"
    of_room = {sid_of("RT", 1, kind) for kind in ("audio", "video")}
    assert set(found(visit, log, room="call 1")) == of_room
    assert found(visit, log, room="call 1", sid=sid_of("RT", 2, "audio")) == []
    assert len(found(visit, log)) == 10
    assert len(found(visit, log, status="processing")) == 2


def test_the_day_of_a_zone_is_that_of_its_clocks(tmp_path):
    with empty_api(tmp_path) as api:
        # Midnight of the 20th in Berlin is 23:00 of the 19th in UTC.
        hours = [datetime(2026, 11, 19, 22, tzinfo=UTC) + timedelta(hours=h) for h in range(28)]
        rows = [composition(n, date_created=at) for n, at in enumerate(hours)]
        api.record(Table.COMPOSITIONS, *rows)
        api.look()
        with signed_in(api) as visit:
            day = {"from": "2026-11-20", "to": "2026-11-20"}
            assert len(found(visit, **day)) == 24
            in_berlin = found(visit, **day, zone="Europe/Berlin")
            assert sorted(in_berlin) == [composition_sid(n) for n in range(1, 25)]


PROBLEMS = {
    "from": ("1", "yesterday", "2026-13-01", "9999-99-99", "<b>"),
    "to": ("x", "0000-00-00", "9999-12-31"),
    "zone": ("Mars", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5000, "\x01"),
    "status": ("nope", "<b>", "COMPLETED"),
    "room": ("nobody", "RM12", "x" * 10_000, "<b>", "\N{RIGHT-TO-LEFT OVERRIDE}abc"),
    "sid": ("CJ", sid_of("RT", 1), "' or 1=1 --", "x" * 10_000),
}


def test_every_problem_stands_beside_its_field(visit):
    worst = {name: values[0] for name, values in PROBLEMS.items()}
    page = visit.get(f"{LOG}?{urlencode(worst)}")
    assert page.status_code == 400
    assert sids_in(page) == []
    for name in PROBLEMS:
        assert f'id="{name}-problem"' in page.text
    assert page.text.count('aria-invalid="true"') == len(PROBLEMS) - 1  # zone is not shown


CASES = [(name, value) for name, values in PROBLEMS.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=range(len(CASES)))
def test_what_cannot_be_a_filter_is_a_problem_of_its_field(visit, name, value):
    page = visit.get(f"{LOG}?{urlencode({name: value})}")
    assert page.status_code == 400
    assert f'id="{name}-problem"' in page.text
    assert "<b>" not in page.text
    assert "Traceback" not in page.text


def test_a_query_that_is_none_is_a_page_of_words(visit):
    for query in ("page=nonsense", "status=a&status=b", "%ff=1"):
        page = visit.get(f"{LOG}?{query}")
        assert page.status_code == 400
        assert "<h1>This cannot be read</h1>" in page.text


def hostile_names(seed: int) -> list[str]:
    chance = random.Random(seed)
    parts = [
        "<script>alert(1)</script>",
        '" onmouseover="x',
        "' autofocus onfocus='x",
        "</td></table>",
        "{{ 7 * 7 }}{% raw %}",
        "<!--",
        "&lt;b&gt;&amp;",
        "\N{RIGHT-TO-LEFT OVERRIDE}",
        "\N{RIGHT-TO-LEFT ISOLATE}",
        "محادثة",
        "\x00\x01\x1b[31m",
        "\N{ZERO WIDTH SPACE}",
        "\U0001f600",
        "a b",
        "\n\t",
    ]
    made = ["".join(chance.choices(parts, k=chance.randint(1, 6))) for _ in range(40)]
    return [*parts, *made, "", " ", "x" * 10_000, "<b>" * 4000]


@pytest.mark.parametrize("seed", range(3))
def test_names_of_strangers_are_text(tmp_path, seed):
    names = hostile_names(seed)
    with empty_api(tmp_path) as api:
        rows = [composition(n, room_name=name) for n, name in enumerate(names)]
        api.record(Table.COMPOSITIONS, *rows)
        api.record(
            Table.RECORDINGS,
            *(recording(n, "audio", room_name=name) for n, name in enumerate(names)),
        )
        api.look()
        kept = list_compositions(api.service.database, CompositionFilter(), 100).rows
        with signed_in(api) as visit:
            for log in ("compositions", "recordings"):
                pages = [visit.get(f"/console/{log}")]
                pages.append(visit.get(link_in(pages[0].text, "older") or ""))
                told = [Tags(page.text) for page in pages]
                assert sum(len(one.cells["Sid"]) for one in told) == len(names)
                for one in told:
                    count = len(one.cells["Sid"])
                    assert one.count["td"] == 6 * count
                    assert one.count["bdi"] + one.cells["Room"].count("no name") == count + 1
                    assert one.count["script"] == 3
                    assert one.count["b"] == 0
                if log == "compositions":
                    shown = [text for one in told for text in one.cells["Room"]]
                    assert shown == [
                        Tags(f"<td data-label=x>{words.name(row['room_name'])}</td>").cells["x"][0]
                        for row in kept
                    ]
                for page in pages:
                    assert len(page.content) < 80_000
                    main = page.text.partition("<main")[2]
                    assert main.replace("\n", "").isprintable()


def test_a_name_is_cut_and_apart_from_the_text_around_it():
    cut = words.name("x" * 10_000)
    assert cut.startswith("<bdi title=")
    assert len(cut) < 600
    assert words.name("a<b") == "<bdi>a&lt;b</bdi>"
    assert "no name" in words.name("")
    assert "no name" in words.name(None)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, words.NONE),
        (0, "0.0 s"),
        (700, "0.7 s"),
        (59_960, "1:00 min"),
        (61_000, "1:01 min"),
        (3_599_600, "1:00:00 h"),
        (90_061_000, "25:01:01 h"),
    ],
)
def test_lengths_have_units(milliseconds, text):
    assert words.duration(milliseconds) == text


def test_an_empty_log_says_what_to_do(tmp_path):
    with empty_api(tmp_path) as api, signed_in(api) as visit:
        page = visit.get(LOG)
        assert "Nothing has been composed yet" in words_of(page)
        assert "POST /v1/Compositions" in words_of(page)
        assert "manifest" in words_of(visit.get("/console/recordings"))
        assert "No compositions match" in words_of(visit.get(f"{LOG}?status=failed"))
        # Nobody has looked at catalogs and manifests yet.
        assert "The lists are being filled" in words_of(page)
        api.look()
        assert "being filled" not in words_of(visit.get(LOG))
        api.service.troubles["catalogs"] = "s3://secret-place is away"
        page = visit.get(LOG)
        assert "cannot be read now" in words_of(page)
        assert "secret-place" not in page.text


def test_what_vanished_leaves_the_others(tmp_path):
    with usual_api(tmp_path) as api, signed_in(api) as visit:
        first = visit.get(LOG)
        older = link_in(first.text, "older") or ""
        with api.service.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM compositions")
        assert sids_in(visit.get(older)) == []
        assert visit.get(LOG).status_code == 200


def test_who_may_not_write_is_offered_nothing_to_change(api):
    with signed_in(api, [Scope.READ]) as visit:
        for log in ("compositions", "recordings"):
            page = visit.get(f"/console/{log}")
            assert "Delete" not in words_of(page)
            assert "read only" in page.text
        # The one form that posts is that of the way out.
        assert page.text.count('method="post"') == 1


def test_a_log_of_many_is_small(tmp_path):
    with empty_api(tmp_path) as api:
        api.record(Table.COMPOSITIONS, *(composition(n) for n in range(60)), day=date(2026, 11, 20))
        api.look()
        with signed_in(api) as visit:
            page = visit.get(LOG)
            files = {url for url in page.text.split('"') if url.startswith("/console/static/")}
            first = len(page.content) + sum(len(visit.get(url).content) for url in files)
    assert len(page.content) <= 40_000
    assert first <= 150_000
