"""What is there is replaced where it is an earlier output of the same kind, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from roomreel.compose.outputs import Made, of_composition, refuse_to_replace
from roomreel.documents.manifest import manifest_text
from roomreel.documents.svg.elements import document
from roomreel.errors import OutputRefused
from roomreel.media.ffmpeg import binary, shrink_jpeg, write_poster, write_sheet
from roomreel.model.location import Location
from roomreel.model.mark import MARK
from roomreel.model.room import Room, RoomStatus
from roomreel.storage.location import parse

MEMORY = 1_000_000_000
SID = "CJ" + "0" * 32


def medium(path: Path, comment: str) -> None:
    with av.open(str(path), "w") as container:
        container.metadata["comment"] = comment
        stream = container.add_stream("libx264", rate=10, width=16, height=16)
        for packet in (*stream.encode(av.VideoFrame(16, 16, "yuv420p")), *stream.encode(None)):
            container.mux(packet)


def composition(path: Path) -> None:
    medium(path, f"composition {SID} of room RM{'0' * 32}")


def own(path: Path, kind: Made) -> None:
    """A file as roomreel makes it."""
    frame = av.VideoFrame(64, 48, "yuv420p")
    match kind:
        case Made.COMPOSITION:
            composition(path)
        case Made.PICTURE:
            write_poster(frame, path, binary(None))
        case Made.CODEC_LOG:
            path.write_text("== 0\nsomething was odd\n")
        case Made.PLAN:
            path.write_text(document(10, 10, "", ()))
        case Made.REPORT:
            path.write_text(f'\n<!doctype html>\n<html lang="en">\n<head>\n<!-- {MARK} -->\n')
        case Made.MANIFEST:
            path.write_text(manifest_text(Room("RM" + "0" * 32, "x", RoomStatus.IN_PROGRESS)))
        case Made.PLAN_DOCUMENT:
            path.write_text('{"schema":"roomreel.plan/1","room_sid":"RM1"}\n')
        case Made.ENCRYPTED:
            path.write_bytes(b"age-encryption.org/v1\n")


def jpeg(path: Path) -> None:
    own(path, Made.PICTURE)
    path.write_bytes(shrink_jpeg(path.read_bytes(), 32, binary(None)))


STRANGE: dict[str, Callable[[Path], object]] = {
    "recording": lambda path: medium(path, "my holiday"),
    "recording that tells of one": lambda path: medium(path, f"like composition {SID}"),
    "photo": jpeg,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("made by roomreel\n"),
    "json": lambda path: path.write_text('{"schema": "roomreel.template/1"}'),
    "broken json": lambda path: path.write_text("[" * 100_000),
    "drawing": lambda path: path.write_text('<svg width="1">\n<style></style></svg>'),
    "page": lambda path: path.write_text("<!doctype html>\n<html>\n<head>\n<title>x</title>"),
    "bytes": lambda path: path.write_bytes(os.urandom(10_000)),
}
KINDS = [kind for kind in Made if kind is not Made.ENCRYPTED]


def made_at(path: Path, make: Callable[[Path], object]) -> bytes:
    beside = path.with_name("made.mp4")
    make(beside)
    beside.rename(path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_every_file_may_go(kind: Made, tmp_path: Path) -> None:
    refuse_to_replace({tmp_path / "folder" / "out": kind}, MEMORY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", Made)
def test_a_file_of_ours_is_replaced_by_its_kind_alone(
    there: Made, kind: Made, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    made_at(path, lambda file: own(file, there))
    if there is kind:
        refuse_to_replace({path: kind}, MEMORY)
        return
    with pytest.raises(OutputRefused, match=f"{path} is there, and not {kind.value}"):
        refuse_to_replace({path: kind}, MEMORY)


@pytest.mark.parametrize("kind", Made)
@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_what_is_not_ours_stays_unless_it_is_said(
    kind: Made, strange: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "out"
    made_at(path, strange)
    with pytest.raises(OutputRefused):
        refuse_to_replace({path: kind}, MEMORY)
    refuse_to_replace({path: kind}, MEMORY, force=True)


def test_what_is_encrypted_does_not_say_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4.age"
    own(path, Made.ENCRYPTED)
    with pytest.raises(OutputRefused, match="it is encrypted"):
        refuse_to_replace(of_composition([path]), MEMORY)


def test_a_contact_sheet_is_known_again(tmp_path: Path) -> None:
    sheet = tmp_path / "out.sheet.jpg"
    write_sheet([av.VideoFrame(64, 48, "yuv420p")] * 5, sheet, binary(None))
    refuse_to_replace({sheet: Made.PICTURE}, MEMORY)
    with av.open(str(sheet)) as container:
        assert next(container.decode(video=0)).width > 0


def by_itself(path: Path) -> Path:
    return path


def by_its_path(path: Path) -> Path:
    return path.parent / "folder" / ".." / path.name


def by_symlink(path: Path) -> Path:
    link = path.parent / "link.mp4"
    link.symlink_to(path)
    return link


def by_hard_link(path: Path) -> Path:
    link = path.parent / "hard.mp4"
    link.hardlink_to(path)
    return link


def by_linked_folder(path: Path) -> Path:
    (path.parent / "other").symlink_to(path.parent)
    return path.parent / "other" / path.name


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "meant", [by_itself, by_its_path, by_symlink, by_hard_link, by_linked_folder]
)
def test_a_source_is_never_replaced(
    meant: Callable[[Path], Path], force: bool, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    source = tmp_path / "alice.mp4"
    composition(source)  # of ours it may be: somebody composed a composition
    with pytest.raises(OutputRefused, match="what the composition is made of"):
        refuse_to_replace(of_composition([meant(source)]), MEMORY, [source], force=force)


def test_a_source_in_s3_is_never_replaced() -> None:
    source = parse("s3://calls/rooms/a/alice.mp4")
    for target in ("s3://calls/rooms/a/alice.mp4", "s3://calls/rooms/b/../a//alice.mp4"):
        with pytest.raises(OutputRefused, match="made of"):
            refuse_to_replace(of_composition([parse(target)]), MEMORY, [source], force=True)


@pytest.mark.parametrize("force", [False, True])
def test_only_regular_files_are_replaced(force: bool, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mp4")
    places: list[Location] = sorted(tmp_path.iterdir())
    with pytest.raises(OutputRefused) as caught:
        refuse_to_replace(of_composition(places), MEMORY, force=force)
    assert caught.value.message.count("not a regular file") == 3
