"""The report over made-up catalogs: its figures are the rows', and it never breaks."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from nights import FIRST, fill

from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.reader import Reader, Replaced
from roomreel.catalog.record import record_unread
from roomreel.errors import CatalogError
from roomreel.model.composition import composition_sid
from roomreel.model.table import Partition, Row, Table
from roomreel.report.figures import figures
from roomreel.report.page import page
from roomreel.report.sections import SECTIONS
from roomreel.report.tables import FAILED, SUMMARY, WORST

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
END = datetime(2026, 11, 20, 9, tzinfo=UTC)
PLOTS = {plot.title: plot for section in SECTIONS for plot in section.plots}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.open(tmp_path / "catalog", tmp_path / "journal")


@pytest.fixture(scope="module")
def full(month: Path) -> Catalog:
    return Catalog.open(month / "catalog", month / "journal")


def made(catalog: Catalog, since: datetime | None = None, until: datetime | None = None) -> str:
    with figures(catalog.reader, since, until) as found:
        return page(found, NOW)


def asked(catalog: Catalog, title: str, **period: datetime) -> list[Row]:
    with figures(catalog.reader, **period) as found:
        return found.ask(PLOTS[title].sql)


def test_a_file_replaced_meanwhile_is_read_again(
    full: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked_for = Reader.dataset, []

    def replaced_at_first(self: Reader, *words: Any, **more: Any) -> Any:
        asked_for.append(words)
        if len(asked_for) < 3:
            raise Replaced("it was replaced while it was read")
        return real(self, *words, **more)

    monkeypatch.setattr(Reader, "dataset", replaced_at_first)
    assert "compositions completed" in made(full)
    assert len(asked_for) == 2 + len(Table)


def composition(number: int, **columns: object) -> Row:
    room = f"RM{number:032x}"
    template = str(columns.get("template", "grid"))
    return {
        "sid": composition_sid(room, END, template, "0" * 64),
        "status": "completed",
        "updated_at": END,
        "room_sid": room,
        "room_name": "call",
        "template": template,
        "attempts": 1,
        **columns,
    }


class Page(HTMLParser):
    """Elements and text of a page; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        assert not {name for name, _ in attrs} & {"src", "onerror", "onload", "onclick"}
        assert all((value or "").startswith("#") for name, value in attrs if name == "href")
        if tag != "meta":  # the one that HTML never closes
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_month_has_every_plot(full: Catalog) -> None:
    seen = Page(made(full))
    assert seen.tags["figure"] == len(PLOTS)
    assert seen.tags["svg"] >= len(PLOTS)
    for title in PLOTS:
        assert title.format(interval="day") in seen.text
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    assert "{interval}" not in seen.text


def test_figures_have_units_and_failures_their_room_and_message(full: Catalog) -> None:
    text = Page(made(full)).text
    assert "x real time" in text
    assert "What failed, by room or document" in text
    with figures(full.reader) as found:
        rows = found.ask(FAILED, 400)
    assert len(rows) == 20
    for row in rows:
        assert row["message"] in text
        assert row["what"] in text


def test_headings_have_units_in_brackets(full: Catalog) -> None:
    with figures(full.reader) as found:
        headings = set(re.findall("<th>(.*?)</th>", page(found, NOW)))
    assert {"gap (s)", "late key frame (s)", "drift (ppm)", "room sid", "codes"} <= headings
    assert not [one for one in headings if "_" in one or one.endswith((" s", " ms", " ppm"))]


def test_a_room_that_took_long_and_failed_links_to_why(catalog: Catalog) -> None:
    failed = {"status": "failed", "date_started": END, "date_completed": END + timedelta(hours=1)}
    rows = [
        composition(1, **failed),
        composition(1, template="row", failure_code="render-failed", **failed),
        composition(2, render_s=60.0, duration_ms=60_000),
    ]
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), rows)
    text = made(catalog)
    assert re.findall(r'<a href="#(\w+)">', text) == [f"RM{1:032x}"]
    assert re.findall(r' id="(\w+)"', text) == [f"RM{1:032x}"]  # once, though it failed by two
    assert Page(text).tags["a"] == 1


def test_the_page_is_the_same_for_the_same_catalogs(full: Catalog) -> None:
    assert made(full) == made(full)


def test_the_summary_counts_what_the_rows_say(full: Catalog) -> None:
    with figures(full.reader) as found:
        (told,) = found.ask(SUMMARY)
    rows = full.read(Table.COMPOSITIONS).to_pylist()
    by_status = Counter(row["status"] for row in rows)
    assert told["rooms"] == full.read(Table.ROOMS).num_rows
    assert told["recordings"] == full.read(Table.RECORDINGS).num_rows
    assert (told["completed"], told["failed"]) == (by_status["completed"], by_status["failed"])
    assert told["success_rate"] == pytest.approx(100 * by_status["completed"] / len(rows))
    assert told["hours"] == pytest.approx(sum(row["duration_ms"] or 0 for row in rows) / 3.6e6)


def test_days_without_a_room_are_shown_too(catalog: Catalog) -> None:
    fill(catalog, days=1)
    fill(catalog, days=1, first=FIRST + timedelta(days=4))
    counts = [row["rooms"] for row in asked(catalog, "Rooms per {interval}")]
    assert [count > 0 for count in counts] == [True, False, False, False, True]


def test_failures_are_told_by_code(catalog: Catalog) -> None:
    rows = [composition(number, status="failed", failure_code="a") for number in range(3)]
    rows.append(composition(9, status="failed", failure_code="b", failure_message="why"))
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), rows)
    told = asked(catalog, "Why compositions failed, by failure code")
    assert [(row["code"], row["compositions"]) for row in told] == [("a", 3), ("b", 1)]
    assert told[1]["such_as"] == "why"
    assert "a has 75 % of the failures." in made(catalog)


def test_documents_that_could_not_be_read_are_among_the_failures(catalog: Catalog) -> None:
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), [composition(1)])
    broken = Unread("rooms/typo.json", "document-invalid", "not JSON <b>")
    for hours in (1, 25):
        record_unread(catalog, [broken], None, END + timedelta(hours=hours))
    (told,) = asked(catalog, "Why compositions failed, by failure code")
    assert (told["code"], told["compositions"], told["documents"]) == ("document-invalid", 0, 1)
    text = Page(made(catalog)).text
    assert "rooms/typo.json" in text
    assert "not JSON <b>" in text


def test_where_only_documents_failed_the_page_says_why(catalog: Catalog) -> None:
    record_unread(catalog, [Unread("a.json", "document-invalid", "not JSON")], None, END)
    text = " ".join(Page(made(catalog)).text.split())
    assert "a.json" in text
    assert "document-invalid has 100 % of the failures." in text
    assert "No room ended." in text
    assert "no room and no composition" not in text


def test_a_failed_render_costs_the_time_it_ran(catalog: Catalog) -> None:
    hour = timedelta(hours=1)
    rows = [
        composition(1, render_s=7200.0, duration_ms=3_600_000),
        composition(2, status="failed", date_started=END, date_completed=END + hour),
    ]
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), rows)
    (told,) = asked(catalog, "Rendering time by template")
    assert (told["completed"], told["failed"], told["render_hours_per_output_hour"]) == (2, 1, 2)


@pytest.mark.parametrize(
    ("since", "until", "rooms"),
    [
        (None, None, 3),
        (END, None, 2),
        (END + timedelta(microseconds=1), None, 1),
        (None, END, 1),
        (END, END + timedelta(hours=1), 1),
    ],
)
def test_a_period_has_the_rooms_that_ended_in_it(
    catalog: Catalog, since: datetime | None, until: datetime | None, rooms: int
) -> None:
    for number, end in enumerate((END - timedelta(hours=1), END, END + timedelta(hours=1))):
        room = {"sid": f"RM{number:032x}", "status": "completed", "updated_at": end}
        catalog.commit(Partition(Table.ROOMS, END.date()), [room | {"end_time": end}])
        row = composition(number) | {
            "sid": composition_sid(room["sid"], end, "grid", "0" * 64),
        }
        catalog.commit(Partition(Table.COMPOSITIONS, END.date()), [row])
        track = {"sid": f"RT{number:032x}", "status": "completed", "updated_at": end}
        track["room_sid"] = room["sid"]
        catalog.commit(Partition(Table.RECORDINGS, END.date()), [track])
    with figures(catalog.reader, since, until) as found:
        (told,) = found.ask(SUMMARY)
    assert (told["rooms"], told["recordings"], told["completed"]) == (rooms, rooms, rooms)


@pytest.mark.parametrize(
    ("days", "interval"), [(1, "day"), (62, "day"), (63, "week"), (434, "week"), (435, "month")]
)
def test_long_periods_are_told_by_week_or_month(catalog: Catalog, days: int, interval: str) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    with figures(catalog.reader, since, since + timedelta(days=days)) as found:
        assert found.period.interval == interval
        told = found.ask("from intervals order by first_day")
    assert told[0]["first_day"] <= date(2026, 1, 1)
    assert len(told) == {"day": days, "week": -(-(days + 3) // 7), "month": 15}[interval]


def test_the_worst_recordings_come_first(catalog: Catalog) -> None:
    end = END
    room = {"sid": "RM" + "1" * 32, "status": "completed", "updated_at": end, "end_time": end}
    catalog.commit(Partition(Table.ROOMS, end.date()), [room])
    wrong = [
        {"gap_count": 1, "gap_ms": 30_000},
        {"warnings": [{"code": "media-missing", "message": "there is no file"}]},
        {},
        {"drift_ppm": 20.0, "gap_count": 0, "size_changes": 0, "decode_errors": 0},
        {"drift_ppm": -100.0},
        {"decode_errors": 100},
    ]
    rows = [
        {"sid": f"RT{n:032x}", "status": "completed", "updated_at": end, "room_sid": room["sid"]}
        | columns
        for n, columns in enumerate(wrong)
    ]
    catalog.commit(Partition(Table.RECORDINGS, end.date()), rows)
    with figures(catalog.reader) as found:
        told = [(int(row["sid"][-1]), row["points"]) for row in found.ask(WORST)]
        (unusable, *_) = found.ask(WORST)
    assert told == [(1, 60), (0, 30), (5, 10), (4, 2)]
    assert unusable["codes"] == ["media-missing"]


@pytest.mark.parametrize(
    ("since", "words"),
    [(None, "yet."), (datetime(2030, 1, 1, tzinfo=UTC), "of this period.")],
)
def test_nothing_to_tell_is_told(catalog: Catalog, since: datetime | None, words: str) -> None:
    text = " ".join(Page(made(catalog, since)).text.split())
    assert f"The catalogs have no room and no composition {words}" in text


EVIL = '"><script>alert(1)</script>\u202e\x00{interval}$x$'


def test_names_from_strangers_are_words_and_nothing_else(catalog: Catalog) -> None:
    row = composition(1, room_name=EVIL, template=EVIL, render_s=5.0, duration_ms=1000)
    row |= {"realtime_factor": 5.0, "bitrate_bps": 8, "warnings": [{"code": EVIL}]}
    bad = composition(2, status="failed", failure_code=EVIL, failure_message=EVIL)
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), [row, bad])
    room = {"sid": "RM" + "1" * 32, "status": "completed", "updated_at": END, "end_time": END}
    catalog.commit(Partition(Table.ROOMS, END.date()), [room])
    track = {"sid": EVIL, "status": EVIL, "updated_at": END, "room_sid": room["sid"]}
    track |= {"participant_identity": EVIL, "track_name": EVIL, "size_changes": 3}
    catalog.commit(Partition(Table.RECORDINGS, END.date()), [track])
    text = made(catalog)
    seen = Page(text)
    assert "script" not in seen.tags
    assert seen.text.count("<script>alert(1)</script>") >= 8
    assert not re.search(r"[\u202e\x00]", text)


def test_numbers_that_are_none_are_left_out(catalog: Catalog) -> None:
    nan, inf = float("nan"), float("inf")
    rows = [
        composition(1, realtime_factor=nan, render_s=inf, duration_ms=0, size_bytes=-5),
        composition(2, realtime_factor=0.5, render_s=nan, duration_ms=2000),
        composition(3, date_started=END, date_completed=END - timedelta(days=1)),
    ]
    catalog.commit(Partition(Table.COMPOSITIONS, END.date()), rows)
    with figures(catalog.reader) as found:
        (told,) = found.ask(SUMMARY)
    assert told["realtime_factor"] == 0.5
    assert told["busy_hours"] == 0
    assert Page(made(catalog)).tags["figure"] == len(PLOTS)


def test_a_broken_file_is_named(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, days=1)
    path = tmp_path / "catalog" / "rooms" / f"date={FIRST}" / "part.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(CatalogError, match="rooms"):
        made(catalog)
