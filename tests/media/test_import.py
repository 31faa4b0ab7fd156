"""`roomreel import` on deliveries of real media: what is written, what is said, what works next."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from clips import Clips
from typer.testing import CliRunner, Result

from roomreel.cli import app
from roomreel.documents.import_record import parse_import_record
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import (
    ArgumentsInvalid,
    ClockTooCoarse,
    DeliveryInvalid,
    ImportAmbiguous,
    ImportEmpty,
    ImportUnrecognised,
    NotFound,
)

ZERO = 1703174279145
ANA, BEN = "11111111-2222-3333-4444-555555555555", "aaaaaaaa-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(clips: Clips, tmp_path: Path) -> Path:
    """A folder of two cameras and a microphone that nobody describes."""
    folder = tmp_path / "call"
    folder.mkdir()
    shutil.copy(clips.video("red", seconds=2), folder / "ana-camera.webm")
    shutil.copy(clips.tone(seconds=2), folder / "ana-microphone.mka")
    shutil.copy(clips.video("blue", seconds=2), folder / "ben.webm")
    return folder


@pytest.fixture
def daily(clips: Clips, tmp_path: Path) -> Path:
    """Raw tracks of Daily's, whose containers count from the recording's start."""
    folder = tmp_path / "daily"
    folder.mkdir()
    for media, who, tag, start in (
        (clips.video("red", seconds=2), ANA, "cam-video", 131),
        (clips.tone(seconds=2), ANA, "cam-audio", 100),
        (clips.video("blue", seconds=2, start=1), BEN, "cam-video", 1131),
    ):
        shutil.copy(media, folder / f"{ZERO}-{who}-{tag}-{ZERO + start}.webm")
    return folder


def run(*argv: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["import", *map(str, argv)])
    if code == 0 and result.exception is not None:
        raise result.exception
    assert result.exit_code or code == 0
    return result


def failing(*argv: object) -> Any:
    """Return the error that a command ends with."""
    result = CliRunner().invoke(app, ["import", *map(str, argv)])
    assert result.exception is not None
    return result.exception


def rooms(folder: Path) -> dict[str, dict[str, Any]]:
    """The manifests of a folder by name; each is valid, and has a record beside it."""
    found = {}
    for place in sorted(folder.glob("*room.json")):
        parse_manifest(place.read_bytes(), str(place))
        found[place.name] = json.loads(place.read_text())
        record = place.parent / found[place.name]["room"]["attributes"]["import"]["record"]
        parse_import_record(record.read_bytes(), str(record))
    return found


def offsets(manifest: Mapping[str, Any]) -> dict[str, int]:
    who = {one["sid"]: one["identity"] for one in manifest["participants"]}
    return {
        f"{who[one['participant_sid']]}/{one['track_name']}": one["offset"]
        for one in manifest["recordings"]
    }


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(one.relative_to(folder)): (one.stat().st_size, one.stat().st_mtime_ns)
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def next_commands(result: Result) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The commands that are proposed: their variables, and their words."""
    for line in re.findall(r"^  ((?:ROOMREEL|roomreel).+)$", result.stderr, re.MULTILINE):
        words = shlex.split(line)
        named = [word for word in words if re.match(r"ROOMREEL_\w+=", word)]
        yield dict(word.split("=", 1) for word in named), words[len(named) + 1 :]


def compose_next(result: Result, monkeypatch) -> list[Path]:
    """Run what is proposed, and return the films."""
    films = []
    for variables, words in next_commands(result):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            made = CliRunner().invoke(app, words)
        assert made.exit_code == 0, made.stderr
        films.append(Path(words[-1]))
    return films


def test_a_folder_becomes_a_room_that_can_be_composed(call: Path, monkeypatch) -> None:
    result = run(call)
    assert result.stdout.strip() == str(call / "room.json")
    (manifest,) = rooms(call).values()
    assert offsets(manifest) == {"ana/camera": 0, "ana/microphone": 0, "ben/camera": 0}
    assert {one["media"] for one in manifest["recordings"]} == {
        "ana-camera.webm",
        "ana-microphone.mka",
        "ben.webm",
    }
    (film,) = compose_next(result, monkeypatch)
    assert film.stat().st_size > 1000


def test_what_is_proposed_works_where_media_lie_elsewhere(call: Path, monkeypatch) -> None:
    result = run(call, "--out", "my rooms")
    (name,) = rooms(Path("my rooms"))
    assert name == "call.room.json"
    assert "import with --out data/rooms --copy, or" in result.stderr
    assert f"add {call} to media_roots" in result.stderr
    (film,) = compose_next(result, monkeypatch)
    assert film == Path("call.mp4")
    assert film.is_file()


def test_a_second_run_writes_nothing(call: Path) -> None:
    run(call)
    before = state(call)
    result = run(call)
    assert state(call) == before
    assert "up to date, nothing written" in result.stderr


def test_a_dry_run_writes_nothing_and_shows_all(daily: Path, here: Path) -> None:
    before = state(here)
    result = run(daily, "--dry-run")
    assert state(here) == before
    assert "written nothing (--dry-run)" in result.stderr
    assert "daily, 60 of 100" in result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].split("  ") == ["daily", str(ZERO), "2 participants", "3 recordings"]
    assert lines[1] == "clock: daily/recording-start: exact"
    assert lines[2] == "ms from 2023-12-21T15:57:59.145Z"
    ben = next(line for line in lines if BEN[:8] in line).split()
    assert ben[-6:] == ["0", "1000", "0", "1000", "3000", "exact"]
    assert "\x1b" not in result.stdout


def test_json_is_the_record(daily: Path) -> None:
    (shown,) = json.loads(run(daily, "--dry-run", "--json").stdout)
    (written,) = json.loads(run(daily, "--json").stdout)
    kept = json.loads((daily / "room.import.json").read_text())
    kept.pop("manifest")
    assert shown == written == kept
    assert {one["class"] for one in kept["recordings"]} == {"exact"}


def packed(folder: Path, place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"inside/{file.name}")
    return place


def test_an_archive_is_taken_out_into_rooms(daily: Path, here: Path, monkeypatch) -> None:
    archive = packed(daily, here / "daily.zip")
    result = run(archive)
    (manifest,) = rooms(here / "rooms").values()
    media = [here / "rooms" / one["media"] for one in manifest["recordings"]]
    assert {one.parent.name for one in media} == {f"{manifest['room']['sid']}.media"}
    assert sorted(one.read_bytes() for one in media) == sorted(
        one.read_bytes() for one in daily.iterdir()
    )
    assert not list(here.rglob("roomreel-attempt-*"))
    before = state(here / "rooms")
    assert "nothing written" in run(archive).stderr
    assert state(here / "rooms") == before
    (film,) = compose_next(result, monkeypatch)
    assert film.is_file()


def test_x1_a_copy_elsewhere_gives_the_same_room(daily: Path, here: Path) -> None:
    run(daily)
    shutil.copytree(daily, here / "else" / "daily", ignore=shutil.ignore_patterns("room.*"))
    run(here / "else" / "daily")
    first, second = (rooms(one)["room.json"] for one in (daily, here / "else" / "daily"))
    assert first == second
    run(daily, "--out", "apart")
    (apart,) = rooms(here / "apart").values()
    for one in (*first["recordings"], *apart["recordings"]):
        one["media"] = Path(one["media"]).name
    apart["room"]["attributes"]["import"].pop("record")
    first["room"]["attributes"]["import"].pop("record")
    assert apart == first


def test_a_delivery_that_grows_is_replaced_whole(daily: Path, clips: Clips) -> None:
    late = max(daily.iterdir())
    held = late.read_bytes()
    late.unlink()
    run(daily)
    sid = rooms(daily)["room.json"]["room"]["sid"]
    late.write_bytes(held)
    result = run(daily)
    assert "nothing written" not in result.stderr
    (manifest,) = rooms(daily).values()
    assert manifest["room"]["sid"] == sid
    assert len(manifest["recordings"]) == 3


def test_offsets_by_hand_win(daily: Path, here: Path) -> None:
    run(daily, "--offset", f"{BEN}/camera=250")
    assert offsets(rooms(daily)["room.json"])[f"{BEN}/camera"] == 250
    with pytest.raises(ArgumentsInvalid, match="no file is meant by --offset"):
        raise failing(daily, "--offset", "eve/camera=1")
    assert failing(daily, "--offset", "camera").code == 2
    assert failing(daily, "--offset", "camera=1.5").code == 2


def test_a_sheet_names_people_tracks_and_starts(call: Path, here: Path) -> None:
    (here / "at.csv").write_text(
        "file,participant,track,offset_ms,start\n"
        "ana-camera.webm,Ana Lima,camera,1000,zero\n"
        "ana-microphone.mka,Ana Lima,,1000,zero\n"
        "ben.webm,Ben,screen,-40,zero\n"
    )
    run("files", call, "--offsets", "at.csv", "--name", "standup")
    manifest = rooms(call)["room.json"]
    assert manifest["room"]["unique_name"] == "standup"
    assert offsets(manifest) == {
        "Ana Lima/camera": 1000,
        "Ana Lima/microphone": 1000,
        "Ben/screen": -40,
    }


def test_strict_refuses_clocks_that_are_worse(call: Path, daily: Path) -> None:
    before = state(call)
    error = failing(call, "--strict", "coarse")
    assert isinstance(error, ClockTooCoarse)
    assert error.exit_code == 3
    assert "ana/camera" in error.message
    assert state(call) == before
    run(daily, "--strict", "exact")


def test_a_room_without_recordings_is_refused_and_forced(daily: Path) -> None:
    for file in daily.iterdir():
        file.write_bytes(b"")
    error = failing(daily)
    assert isinstance(error, ImportEmpty)
    assert error.exit_code == 3
    assert not rooms(daily)
    run(daily, "--force")
    assert rooms(daily)


def test_what_is_not_known_names_the_guesses(here: Path) -> None:
    folder = here / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("x")
    error = failing(folder)
    assert isinstance(error, ImportUnrecognised)
    assert error.exit_code == 2
    assert len(re.findall(r"^  .+, 0 of 100: ", error.message, re.MULTILINE)) == 3
    assert isinstance(failing(here / "none"), NotFound)
    assert isinstance(failing("vonnage", folder), ArgumentsInvalid)
    assert isinstance(failing("janus", folder), DeliveryInvalid)


def test_two_services_in_one_folder_are_not_guessed(daily: Path, here: Path) -> None:
    (daily / "a.mjr").write_bytes(b"MEETECHO")
    (daily / "Audio Record").mkdir()
    (daily / "Audio Record" / "audioAna11612.m4a").write_bytes(b"x")
    (daily / "a.mjr").unlink()
    error = failing(daily)
    assert isinstance(error, ImportAmbiguous)
    assert "daily, 60 of 100" in error.message
    run("daily", daily)
    assert rooms(daily)


def test_deliveries_in_folders_are_rooms_each(daily: Path, clips: Clips, here: Path) -> None:
    all_of_them = here / "all"
    shutil.copytree(daily, all_of_them / "monday")
    for file in sorted(daily.iterdir()):
        file.rename(daily / file.name.replace(str(ZERO)[:10], "1703174999"))
    shutil.copytree(daily, all_of_them / "tuesday" / "inner")
    run(all_of_them, "--out", "rooms")
    assert len(rooms(here / "rooms")) == 2
    run(all_of_them, "--out", "one", "--room", ZERO)
    assert list(rooms(here / "one")) == [f"{ZERO}.room.json"]
    with pytest.raises(NotFound, match=f"there is no room '7'.*{ZERO}"):
        raise failing(all_of_them, "--room", "7")


def test_what_a_person_has_changed_is_not_replaced(daily: Path) -> None:
    run(daily)
    edited = (daily / "room.json").read_text().replace(BEN, "Ben")
    (daily / "room.json").write_text(edited)
    assert "was changed by hand" in run(daily).stderr
    assert (daily / "room.json").read_text() == edited
    run(daily, "--force")
    assert (daily / "room.json").read_text() != edited


@pytest.mark.slow
def test_stopped_anywhere_the_old_state_stands_or_the_new(daily: Path, here: Path) -> None:
    run(daily, "--out", "whole", "--copy")
    expected = {
        one: place.read_bytes()
        for one in state(here / "whole")
        if (place := here / "whole" / one).suffix == ".json"
    }
    stops, rename = 0, Path.replace
    with pytest.MonkeyPatch.context() as patch:
        for number in range(100):
            calls = iter(range(10_000))

            def replace(self: Path, target: Path, number=number, calls=calls) -> Path:
                if next(calls) == number:
                    raise KeyboardInterrupt
                return rename(self, target)

            patch.setattr(Path, "replace", replace)
            result = CliRunner().invoke(app, ["import", str(daily), "--out", "cut", "--copy"])
            for place in (here / "cut").glob("*.room.json"):
                assert place.read_bytes() == expected[place.name]
            if result.exit_code == 0:
                break
            stops += 1
            assert not list(here.rglob("*.part"))
    assert stops >= 3
    assert {one: (here / "cut" / one).read_bytes() for one in expected} == expected
    assert set(state(here / "cut")) == set(state(here / "whole"))
