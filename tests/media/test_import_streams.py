"""Deliveries of Vonage, OpenVidu 2 and LiveKit with real media: rooms, and films of them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clips
from typer.testing import CliRunner

from roomreel.batch.reading import read_manifests
from roomreel.cli import app
from roomreel.documents.import_record import parse_import_record
from roomreel.storage.documents import discover

CREATED = 1486407755924
FIRST = 1736317932123456789

GRID = {
    "schema": "roomreel.template/1",
    "friendly_name": "row",
    "resolution": "320x120",
    "format": "mp4",
    "video_layout": {"all": {"video_sources": ["*"], "max_rows": 1, "max_columns": 2}},
    "audio_sources": ["*"],
    "trim": True,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "row.json").write_text(json.dumps(GRID))
    return tmp_path


def run(*argv: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*map(str, argv)])
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result.stdout + result.stderr


def packed(place: Path, files: Mapping[str, Path | Any]) -> Path:
    """Put files, and documents as JSON, into a zip."""
    with zipfile.ZipFile(place, "w") as archive:
        for name, held in files.items():
            if isinstance(held, Path):
                archive.write(held, name)
            else:
                archive.writestr(name, json.dumps(held))
    return place


def the_room(folder: Path) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return path and content of the one manifest of a folder, and its record."""
    (place,) = folder.glob("*room.json")
    manifest = json.loads(place.read_text())
    record = folder / manifest["room"]["attributes"]["import"]["record"]
    return place, manifest, parse_import_record(record.read_bytes(), str(record))


def offsets(manifest: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    who = {one["sid"]: one["identity"] for one in manifest["participants"]}
    return [
        (who[one["participant_sid"]], one["track_name"], one["offset"])
        for one in manifest["recordings"]
    ]


def instant(manifest: Mapping[str, Any], name: str) -> float:
    """Return a date of a room in seconds since 1970."""
    return datetime.fromisoformat(manifest["room"][name]).timestamp()


def codes(record: Mapping[str, Any]) -> list[str]:
    return [one["code"] for one in record["findings"]]


def composed(place: Path) -> Path:
    """Compose a room, and return the film."""
    film = place.parent / "film.mp4"
    run("compose", place, "-t", "row.json", "-o", film)
    return film


def left_and_right(film: Path, second: float) -> tuple[str, str]:
    """Return the colours of the middles of both halves of the picture at a time."""
    with av.open(str(film)) as container:
        frames = container.decode(video=0)
        image = next(one for one in frames if one.time >= second - 1e-3).to_ndarray(format="rgb24")
    rows, columns, _ = image.shape
    return colour(image[rows // 2, columns // 4]), colour(image[rows // 2, 3 * columns // 4])


def colour(pixel: np.ndarray) -> str:
    red, green, blue = map(int, pixel)
    if max(red, green, blue) < 40:
        return "black"
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def loudness(film: Path, hertz: float) -> np.ndarray:
    """Return how loud a tone is in each tenth of a second."""
    with av.open(str(film)) as container:
        rate = container.streams.audio[0].rate
        parts = [one.to_ndarray().mean(axis=0) for one in container.decode(audio=0)]
    samples = np.concatenate(parts)
    step = rate // 10
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    wave = np.exp(-2j * np.pi * hertz * np.arange(step) / rate)
    levels: np.ndarray = np.abs(blocks @ wave) * 2 / step
    return levels


def heard(film: Path, hertz: float, seconds: Sequence[float]) -> list[bool]:
    levels = loudness(film, hertz)
    loudest = levels.max()
    assert loudest > 0.01, "it is not heard at all"
    return [bool(levels[int(second * 10)] > loudest / 4) for second in seconds]


def test_v1_and_v2_a_zip_of_vonage_is_a_film(clips: Clips, here: Path) -> None:
    ana = clips.together(clips.video("red", seconds=4), clips.tone(440, seconds=4))
    ben = clips.together(clips.video("blue", seconds=4), clips.tone(1760, seconds=4))
    again = clips.together(clips.video("green", seconds=2), clips.tone(880, seconds=2))
    files = [
        stream("a", 0, 4_000, "a.webm", '{"name": "Ana"}'),
        stream("b", 2_000, 7_800, "b.webm", '{"name": "Ben"}'),
        stream("a", 5_000, 7_000, "a-1.webm", '{"name": "Ana"}'),
    ]
    document = {"createdAt": CREATED, "files": files, "id": "arc", "name": "standup"}
    archive = packed(
        here / "archive.zip",
        {"arc.json": document, "a.webm": ana, "b.webm": ben, "a-1.webm": again},
    )
    assert "vonage, 95 of 100: arc.json lists 3 of 3 files" in run("import", archive, "--dry-run")
    run("import", archive)
    place, manifest, record = the_room(here / "rooms")
    assert sorted(offsets(manifest)) == [
        ("Ana", "camera", 0),
        ("Ana", "camera", 5_000),
        ("Ana", "microphone", 0),
        ("Ana", "microphone", 5_000),
        ("Ben", "camera", 2_000),
        ("Ben", "microphone", 2_000),
    ]
    assert instant(manifest, "date_created") == 1486407755.924
    assert instant(manifest, "end_time") == pytest.approx(1486407762.924, abs=0.03)
    assert len({one["source_sid"] for one in manifest["recordings"]}) == 4
    assert codes(record).count("claim-differs") == 2, "of Ben's sound and pictures"
    film = composed(place)
    assert left_and_right(film, 1.9) == ("red", "black")
    assert left_and_right(film, 2.1) == ("red", "blue")
    assert left_and_right(film, 3.9) == ("red", "blue")
    assert left_and_right(film, 4.2) == ("black", "blue")
    assert left_and_right(film, 5.1) == ("green", "blue")
    assert left_and_right(film, 6.2) == ("green", "black")
    assert heard(film, 440, (0.5, 3.8, 4.2)) == [True, True, False]
    assert heard(film, 1760, (1.8, 2.2, 5.8, 6.2)) == [False, True, True, False]
    assert heard(film, 880, (4.8, 5.2, 6.8)) == [False, True, True]


def stream(key: str, start: int, stop: int, file: str, data: str) -> dict[str, Any]:
    return {
        "streamId": key,
        "startTimeOffset": start,
        "stopTimeOffset": stop,
        "filename": file,
        "size": 1,
        "videoType": "camera",
        "connectionData": data,
    }


def test_v3_what_is_listed_and_not_there_is_said(clips: Clips, here: Path) -> None:
    files = [stream(name, 0, 2_000, f"{name}.webm", "") for name in "abc"]
    ana = clips.together(clips.video("red", seconds=2), clips.tone(440, seconds=2))
    shutil.copy(ana, here / "a.webm")
    (here / "b.webm").write_bytes(b"")
    (here / "arc.json").write_text(json.dumps({"createdAt": CREATED, "files": files, "id": "arc"}))
    run("import", here, "--out", "rooms")
    _, manifest, record = the_room(here / "rooms")
    assert codes(record).count("media-empty") == 2
    assert codes(record).count("media-missing") == 2
    assert ["media" in one for one in manifest["recordings"]].count(False) == 2


def test_o1_a_recorder_that_never_started_is_a_guess(clips: Clips, here: Path) -> None:
    def file(number: int, start: int) -> dict[str, Any]:
        return {
            "connectionId": f"con_{number}",
            "streamId": f"str_{number}",
            "size": 1,
            "hasAudio": False,
            "hasVideo": True,
            "startTimeOffset": start,
            "endTimeOffset": -CREATED,
        }

    document = {"createdAt": CREATED, "id": "lesson", "files": [file(1, 1_250), file(2, -CREATED)]}
    archive = packed(
        here / "lesson.zip",
        {
            "lesson.json": document,
            "str_1.webm": clips.video("red", seconds=2),
            "str_2.webm": clips.video("blue", seconds=2),
        },
    )
    assert "openvidu, 95 of 100" in run("import", archive)
    place, manifest, record = the_room(here / "rooms")
    assert offsets(manifest) == [("con_1", "camera", 1_250), ("con_2", "camera", 0)]
    assert [one["class"] for one in record["recordings"]] == ["good", "guessed"]
    assert codes(record).count("claim-nonsense") == 2
    film = composed(place)
    assert left_and_right(film, 0.5) == ("blue", "black")
    assert left_and_right(film, 1.5) == ("blue", "red")


def as_format(clip: Path, place: Path) -> Path:
    """Copy the packets of a clip into a file of another format, and return that."""
    with av.open(str(clip)) as source, av.open(str(place), "w") as target:
        streams = {one.index: target.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return place


def test_l1_files_of_egresses_are_a_film(clips: Clips, here: Path) -> None:
    folder = here / "egress"
    folder.mkdir()
    soon, later = FIRST + 40_000_000, FIRST + 1_500_000_000
    red, tone = clips.video("red", codec="h264", seconds=3), clips.tone(440, seconds=3)
    blue = clips.video("blue", codec="vp9", seconds=3)
    made = (
        ("ana", "TR_VC11111111", "video", "camera", as_format(red, here / "a.mp4"), FIRST),
        ("ana", "TR_AM11111111", "audio", "microphone", as_format(tone, here / "a.ogg"), soon),
        ("ben", "TR_VC22222222", "video", "camera", blue, later),
    )
    infos = []
    for number, (who, track, kind, source, clip, start) in enumerate(made):
        name = f"{track}{clip.suffix}"
        shutil.copy(clip, folder / name)
        noted = {
            "egress_id": f"EG_{number}",
            "room_id": "RM_x",
            "room_name": "standup",
            "started_at": FIRST - 2_000_000_000,
            "publisher_identity": who,
            "track_id": track,
            "track_kind": kind,
            "track_source": source,
            "files": [{"filename": f"day/{name}", "location": f"https://b/{name}?sig=secret"}],
        }
        (folder / f"EG_{number}.json").write_text(json.dumps(noted))
        times = {"startedAt": str(start), "endedAt": str(start + 3 * 10**9)}
        result = {"filename": f"day/{name}", **times}
        infos.append({"egressId": f"EG_{number}", "roomName": "standup", "fileResults": [result]})
    out = run("import", folder, "--out", "guessed")
    _, manifest, record = the_room(here / "guessed")
    assert "clock-guessed" in out
    assert {one["class"] for one in record["recordings"]} == {"guessed"}
    assert {one["offset"] for one in manifest["recordings"]} == {FIRST // 10**6 - 2_000}
    (folder / "egresses.json").write_text(json.dumps({"items": infos}))
    run("import", folder)
    place, manifest, record = the_room(folder)
    assert sorted(offsets(manifest)) == [
        ("ana", "camera", FIRST // 10**6),
        ("ana", "microphone", FIRST // 10**6 + 40),
        ("ben", "camera", FIRST // 10**6 + 1_500),
    ]
    assert codes(record) == []
    assert instant(manifest, "date_created") == pytest.approx(1736317932.123, abs=0.001)
    assert "secret" not in place.read_text() + json.dumps(record)
    run("plan", place, "-t", "row.json")
    film = composed(place)
    assert left_and_right(film, 1.4) == ("red", "black")
    assert left_and_right(film, 1.6) == ("red", "blue")
    assert heard(film, 440, (0.5, 2.9, 3.3)) == [True, True, False]


def test_what_was_imported_may_lie_among_manifests(clips: Clips, here: Path) -> None:
    """A night reads a folder of manifests, in which somebody has imported."""
    folder = here / "rooms" / "monday" / "call"
    folder.mkdir(parents=True)
    shutil.copy(clips.video("red", seconds=1), folder / "a.webm")
    stream = {"streamId": "a", "filename": "a.webm", "startTimeOffset": 0, "stopTimeOffset": 1000}
    archive = {"id": "weekly", "createdAt": CREATED, "files": [stream]}
    (folder / "archive.json").write_text(json.dumps(archive))
    (folder / "draft.json").write_text("{}")

    def found() -> tuple[int, list[str]]:
        read = read_manifests(discover(str(here / "rooms")))
        return len(read.manifests), sorted(Path(one.room).name for one in read.problems)

    assert found() == (0, ["archive.json", "draft.json"])
    run("import", here / "rooms" / "monday")
    assert found() == (1, ["draft.json"])
