"""What the demo makes before its night, and what it leaves alone."""

import json

import pytest

from roomreel.cli.demo import introduce, make_rooms, prepare_folder
from roomreel.documents.template import parse_template
from roomreel.errors import SettingsInvalid, StorageFailed


def test_the_folder_of_the_demo_is_ready_to_be_used(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = prepare_folder(tmp_path / "roomreel-demo")
    settings = introduce(config)
    assert settings.store == config.parent / "store"
    names = {file.name for file in (config.parent / "templates").iterdir()}
    assert names == {"grid.json", "presenter.json"}
    for name in names:
        file = config.parent / "templates" / name
        assert parse_template(file.read_bytes(), str(file)).enabled
    said = capsys.readouterr().err.splitlines()
    assert "minutes" in said[0]
    assert "roomreel-demo/rooms" in said[1]
    assert "Failed" in "".join(said)


def test_what_somebody_changed_there_stays(tmp_path):
    config = prepare_folder(tmp_path)
    config.write_text('store = "elsewhere"\n')
    (tmp_path / "templates" / "grid.json").unlink()
    assert introduce(prepare_folder(tmp_path)).store == tmp_path / "elsewhere"
    assert (tmp_path / "templates" / "grid.json").is_file()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("text", ["{}", "[", '{"attributes": {}}'])
def test_rooms_of_others_are_not_composed_by_it(tmp_path, text):
    config = prepare_folder(tmp_path)
    mine = tmp_path / "rooms" / "mine" / "room.json"
    mine.parent.mkdir(parents=True)
    mine.write_text(text)
    with pytest.raises(SettingsInvalid, match=r"mine/room\.json is not a sample room"):
        make_rooms(introduce(config), config)
    assert [file.name for file in (tmp_path / "rooms").iterdir()] == ["mine"]


def test_sample_rooms_of_before_are_its_own(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr("roomreel.samples.rooms.make", lambda folder, **_: made.append(folder))
    config = prepare_folder(tmp_path)
    old = tmp_path / "rooms" / "weekly-standup" / "room.json"
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps({"attributes": {"made_by": "a version before"}}))
    make_rooms(introduce(config), config)
    assert made == [tmp_path / "rooms"]


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path):
    (tmp_path / "roomreel-demo").touch()
    with pytest.raises(StorageFailed, match="cannot write the folder of the demo"):
        prepare_folder(tmp_path / "roomreel-demo")
