"""Importers of other packages cost nobody but themselves, and take no name of ours."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from textwrap import dedent

import pytest

from roomreel.errors import (
    ArgumentsInvalid,
    DeliveryInvalid,
    ImportAmbiguous,
    ImporterBroken,
    ImportUnrecognised,
)
from roomreel.importers import registry
from roomreel.importers.claims import Draft
from roomreel.importers.delivery.listing import open_delivery
from roomreel.importers.detect import Detection
from roomreel.importers.finding import Code
from roomreel.importers.port import API, Match, Options
from roomreel.importers.reading import only_room, read_found, read_named
from roomreel.importers.registry import Plugin, importer_of, importers
from tests.unit.importers.helpers.archives import make_folder

PLUGIN = """
    from roomreel.importers.claims import Draft
    from roomreel.importers.port import Match

    class Theirs:
        name, title, api = "theirs", "Their recorder", 1

        def detect(self, files):
            return Match(95 if "theirs.json" in files.sizes else 0, "theirs.json is looked for")

        def read(self, files, options):
            yield Draft("room-1", "standup", (), ())
    """


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch):
    """Install packages that name importers."""

    def install(code: str, name: str = "theirs", target: str = "Theirs") -> None:
        module = f"plugin_{len(list(tmp_path.iterdir()))}"
        (tmp_path / f"{module}.py").write_text(dedent(code))
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(
            f"[roomreel.importers]\n{name} = {module}:{target}\n"
        )
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    return install


class Known:
    """An importer that takes what has a file of its name."""

    api = API

    def __init__(self, name: str, score: int = 95, rooms: tuple[str, ...] = ("r",)) -> None:
        self.name, self.title, self.score, self.rooms = name, name.title(), score, rooms

    def detect(self, files) -> Match:
        there = f"{self.name}.json" in files.sizes
        return Match(
            self.score if there else 0, f"{self.name}.json is {'' if there else 'not '}there"
        )

    def read(self, files, _options):
        for room in self.rooms:
            yield Draft(f"{files.title}:{room}", room, (), ())


def test_a_plugin_is_found_and_used(plugin) -> None:
    plugin(PLUGIN)
    (theirs,) = [one for one in importers() if isinstance(one, Plugin)]
    assert (theirs.name, theirs.title) == ("theirs", "Their recorder")
    assert theirs.distribution.endswith(" 1.2")
    assert theirs is not importer_of("theirs")
    assert importer_of("theirs").name == "theirs"


def test_a_plugin_is_loaded_only_when_it_is_used(plugin) -> None:
    plugin("raise RuntimeError('loaded')")
    assert "theirs" in [one.name for one in importers()]
    with pytest.raises(ImporterBroken, match="RuntimeError: loaded"):
        importer_of("theirs").detect(None)


BROKEN = {
    "no module": ("", "AttributeError"),
    "raises": ("raise ValueError('bad')", "it cannot be loaded: ValueError: bad"),
    "exits": ("raise SystemExit(3)", "it cannot be loaded: SystemExit: 3"),
    "another port": (PLUGIN.replace('recorder", 1', 'recorder", 2'), "version 2 of the port"),
    "another name": (PLUGIN.replace('"theirs",', '"vonage",'), "it calls itself 'vonage'"),
    "no title": (PLUGIN.replace("name, title, api", "name, heading, api"), "AttributeError"),
    "detect raises": (
        PLUGIN.replace("return Match(95", "1 / 0; return Match(95"),
        "detect raises Zero",
    ),
    "no match": (
        PLUGIN.replace("return Match(95", "return str(95"),
        "detect raises TypeError",
    ),
}


@pytest.mark.parametrize(("code", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_costs_itself_alone(code: str, words: str, plugin, tmp_path) -> None:
    plugin(code)
    folder = make_folder({"ours.json": b"{}"}, tmp_path / "in")
    with open_delivery(folder, tmp_path) as files:
        readings, broken = read_found(files, [Known("ours"), importer_of("theirs")], Options())
        with pytest.raises(ImporterBroken, match=words):
            read_named(files, importer_of("theirs"), Options())
    assert [one.found.importer.name for one in readings] == ["ours"]
    (finding,) = broken
    assert (finding.code, finding.subject) == (Code.IMPORTER_BROKEN, "theirs")
    assert words in finding.text
    assert " 1.2 is not used" in finding.text


@pytest.mark.parametrize("made", ["1 / 0", "yield 3", "raise SystemExit"])
def test_a_plugin_that_breaks_as_it_reads_is_passed_over(made: str, plugin, tmp_path) -> None:
    plugin(
        PLUGIN.replace(
            'yield Draft("room-1", "standup", (), ())', f"yield from ()\n            {made}"
        )
    )
    folder = make_folder({"ours.json": b"{}", "theirs.json": b"{}"}, tmp_path / "in")
    with open_delivery(folder, tmp_path) as files:
        readings, broken = read_found(files, [Known("ours", 80), importer_of("theirs")], Options())
    assert [one.found.importer.name for one in readings] == ["ours"]
    assert [one.code for one in broken] == [Code.IMPORTER_BROKEN]


def test_a_plugin_takes_no_name_that_is_taken(plugin, monkeypatch) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", (Known("ours"),))
    plugin(PLUGIN.replace('"theirs",', '"ours",'), "ours")
    plugin(PLUGIN)
    plugin(PLUGIN)
    assert isinstance(importer_of("ours"), Known)
    assert not isinstance(importer_of("ours"), Plugin)
    _, ours, first, second = importers()
    assert first.title == "Their recorder"
    for taken in (ours, second):
        with pytest.raises(ImporterBroken, match="another importer is called"):
            assert taken.title


def test_a_name_that_is_none_is_refused_with_those_there_are(monkeypatch) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", (Known("vonage"), Known("daily")))
    with pytest.raises(ArgumentsInvalid, match='did you mean "vonage"'):
        importer_of("vonnage")
    with pytest.raises(ArgumentsInvalid, match="there are: daily, vonage"):
        importer_of("x")


A, B, LOOSE = Known("a"), Known("b", 90), Known("loose", 20)


def found_in(files: dict[str, bytes], tmp_path: Path) -> list[tuple[str, str]]:
    with open_delivery(make_folder(files, tmp_path / "in"), tmp_path) as delivery:
        found = Detection([A, B, LOOSE]).find(delivery)
        return [(one.files.title, one.importer.name) for one in found]


def test_folders_are_descended_two_levels(tmp_path: Path) -> None:
    deep = {"x/a.json": b"", "y/z/b.json": b"", "y/z/loose.json": b"", "u/v/w/a.json": b""}
    assert found_in(deep, tmp_path) == [("in/x", "a"), ("in/y/z", "b")]


def test_two_vendors_in_one_folder_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(ImportAmbiguous, match="in may be a or b") as raised:
        found_in({"a.json": b"", "b.json": b""}, tmp_path)
    assert raised.value.exit_code == 2
    assert "a, 95 of 100: a.json is there" in raised.value.message
    assert "roomreel import a FOLDER" in raised.value.remedy


def test_two_vendors_in_a_folder_each_are_both_found(tmp_path: Path) -> None:
    apart = {"x/a.json": b"", "y/b.json": b""}
    assert found_in(apart, tmp_path) == [("in/x", "a"), ("in/y", "b")]


def test_loose_media_are_taken_only_where_no_vendor_is(tmp_path: Path) -> None:
    assert found_in({"loose.json": b"", "x/loose.json": b""}, tmp_path / "1") == [("in", "loose")]
    assert found_in({"loose.json": b"", "x/a.json": b""}, tmp_path / "2") == [("in/x", "a")]
    assert found_in({"loose.json": b"", "a.json": b""}, tmp_path / "3") == [("in", "a")]
    apart = {"x/loose.json": b"", "y/loose.json": b""}
    assert found_in(apart, tmp_path / "4") == [("in/x", "loose"), ("in/y", "loose")]


def test_what_is_recognised_by_none_names_the_best_guesses(tmp_path: Path) -> None:
    with pytest.raises(ImportUnrecognised) as raised:
        found_in({"x.json": b""}, tmp_path)
    assert raised.value.exit_code == 2
    for name in ("a", "b", "loose"):
        assert f"{name}, 0 of 100: {name}.json is not there" in raised.value.message
    with pytest.raises(ImportUnrecognised, match="holds no file"):
        found_in({}, tmp_path / "none")


def test_a_name_wins_over_what_is_found(tmp_path: Path) -> None:
    with open_delivery(make_folder({"a.json": b"", "b.json": b""}, tmp_path), tmp_path) as files:
        (reading,) = read_named(files, B, Options())
        (none,) = read_named(files, Known("c"), Options())
    assert reading.found.importer is B
    assert none.found.match.score == 0
    assert len(none.drafts) == 1


def test_one_delivery_that_cannot_be_read_does_not_harm_the_others(tmp_path: Path) -> None:
    class Failing(Known):
        def read(self, _files, _options):
            raise DeliveryInvalid("a.json is no JSON")

    files = make_folder({"x/a.json": b"", "y/b.json": b""}, tmp_path / "in")
    with open_delivery(files, tmp_path) as delivery:
        first, second = read_found(delivery, [Failing("a"), B], Options())[0]
    assert first.failure is not None
    assert first.failure.message == "a.json is no JSON"
    assert [one.name for one in second.drafts] == ["r"]


def test_one_room_is_chosen_by_id_or_name(tmp_path: Path) -> None:
    with open_delivery(make_folder({"a.json": b""}, tmp_path / "in"), tmp_path) as files:
        readings = read_named(files, Known("a", rooms=("one", "two")), Options())
    for room in ("two", "in:two"):
        (reading,) = only_room(readings, room)
        assert [one.name for one in reading.drafts] == ["two"]
    assert [len(one.drafts) for one in only_room(readings, None)] == [2]
    with pytest.raises(Exception, match="there is no room 'thre'"):
        list(only_room(readings, "thre"))


def test_the_importers_of_roomreel_are_of_this_port() -> None:
    names = [one.name for one in registry.BUILT_IN]
    assert len(set(names)) == len(names)
    for one in registry.BUILT_IN:
        assert one.api == API
        assert one.name.isidentifier()
        assert one.title
    assert {point.name for point in metadata.entry_points(group=registry.GROUP)} == set()
