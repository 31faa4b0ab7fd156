import json
from dataclasses import replace
from pathlib import Path

import pytest

from roomreel.api.documents import Wanted, find_template, read_document, read_inputs
from roomreel.errors import ArgumentsInvalid, NotFound, StorageFailed, TemplateInvalid
from roomreel.model.window import Window
from roomreel.settings import Settings, load

MINE = {
    "schema": "roomreel.template/1",
    "friendly_name": "mine",
    "audio_sources": ["*"],
}


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(MINE))
    (tmp_path / "grid.json").write_text(json.dumps(MINE | {"friendly_name": "my grid"}))
    (tmp_path / "broken.json").write_text("{")
    return Settings(templates=str(tmp_path))


@pytest.mark.parametrize(
    ("name", "found"), [("mine", "mine"), ("grid", "my grid"), ("presenter", "presenter")]
)
def test_a_name_means_a_template_of_the_settings_before_a_layout(settings, name, found):
    assert find_template(name, settings).friendly_name == found


def test_a_path_is_a_file(settings, tmp_path):
    assert find_template(str(tmp_path / "mine.json"), settings).friendly_name == "mine"


def test_layouts_are_there_without_a_folder_of_templates(tmp_path):
    settings = Settings(templates=str(tmp_path / "nowhere"))
    assert find_template("grid", settings).friendly_name == "grid"


def test_a_mistyped_name_gets_a_hint(settings):
    with pytest.raises(NotFound) as error:
        find_template("presentr", settings)
    assert error.value.remedy == 'did you mean "presenter"?'


def test_an_unknown_name_gets_the_list(settings):
    with pytest.raises(NotFound, match=r"there are: .*grid, .*mine"):
        find_template("qqqq", settings)


def test_a_broken_template_stops_nobody_who_asks_for_another(settings):
    assert find_template("mine", settings)
    with pytest.raises(TemplateInvalid):
        find_template("broken", settings)


@pytest.mark.parametrize("name", ["./no.json", "a" * 10_000 + ".json", "no\0.json"])
def test_a_file_that_cannot_be_is_not_found(settings, name):
    with pytest.raises(NotFound):
        find_template(name, settings)


def test_a_folder_is_no_document(tmp_path):
    with pytest.raises(StorageFailed):
        read_document(str(tmp_path))


@pytest.fixture
def wanted(tmp_path):
    """A room, and a template with a window of 1 to 9 s."""
    room = {
        "schema": "roomreel.room/1",
        "room": {"sid": "RM" + "0" * 32, "status": "in-progress"},
    }
    template = {
        "schema": "roomreel.template/1",
        "friendly_name": "part",
        "audio_sources": ["*"],
        "window": {"start_ms": 1000, "end_ms": 9000},
    }
    for name, document in (("room", room), ("template", template)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    return Wanted(str(tmp_path / "room.json"), str(tmp_path / "template.json"))


def test_media_may_lie_beside_a_manifest_that_was_named(tmp_path, settings, monkeypatch):
    room = {
        "schema": "roomreel.room/1",
        "room": {"sid": "RM" + "0" * 32, "status": "in-progress"},
        "participants": [],
        "recordings": [],
    }
    (tmp_path / "room.json").write_text(json.dumps(room))
    monkeypatch.setenv("ROOMREEL_MEDIA_ROOTS", '["elsewhere"]')
    inputs = read_inputs(Wanted(str(tmp_path / "room.json"), "grid"), load())
    assert inputs.settings.media_roots == [str(Path.cwd() / "elsewhere"), str(tmp_path)]


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, Window(1000, 9000)),
        (2000, None, Window(2000, 9000)),
        (None, 3000, Window(1000, 3000)),
        (0, 86_400_000, Window(0, 86_400_000)),
    ],
)
def test_a_window_that_is_asked_for_counts_before_that_of_the_template(wanted, start, end, window):
    template = read_inputs(replace(wanted, start_ms=start, end_ms=end), load()).template
    assert template.window == window


@pytest.mark.parametrize(
    ("start", "end"), [(9000, None), (None, 1000), (5, 5), (-1, 5), (86_400_001, None), (0, 10**9)]
)
def test_a_window_that_ends_before_it_begins_is_refused(wanted, start, end):
    with pytest.raises(ArgumentsInvalid, match="there is no window from"):
        read_inputs(replace(wanted, start_ms=start, end_ms=end), load())
