import os
from pathlib import Path

import pytest

from roomreel.draft.folder import media_files
from roomreel.errors import NotFound


def write(path: Path) -> Path:
    path.write_bytes(b"packets")
    return path


def test_every_plain_file_may_be_a_recording_whatever_its_ending(tmp_path: Path):
    wanted = [write(tmp_path / name) for name in ("a.MKV", "b", "c.unknown", "naïve 李雷.oga")]
    write(tmp_path / "room.json")
    files, left_out = media_files(tmp_path, ["room.json"])
    assert [file.path for file in files] == sorted(wanted)
    assert {file.size_bytes for file in files} == {len(b"packets")}
    assert left_out == []


def test_links_inside_the_folder_are_followed(tmp_path: Path):
    (tmp_path / "pool").mkdir()
    write(tmp_path / "pool" / "1.mkv")
    link = tmp_path / "alice.mkv"
    link.symlink_to("pool/1.mkv")
    files, left_out = media_files(tmp_path)
    assert [file.path for file in files] == [link]
    assert [one.name for one in left_out] == ["pool"]


def test_a_file_is_taken_once_under_its_own_name(tmp_path: Path):
    original = write(tmp_path / "z.mkv")
    (tmp_path / "a-link.mkv").symlink_to("z.mkv")
    os.link(original, tmp_path / "zz-hard.mkv")
    files, left_out = media_files(tmp_path)
    assert [file.path for file in files] == [original]
    assert [(one.name, one.reason) for one in left_out] == [
        ("zz-hard.mkv", "it is the same file as z.mkv"),
        ("a-link.mkv", "it is the same file as z.mkv"),
    ]


def make_hidden(folder: Path) -> Path:
    return write(folder / ".hidden.mkv")


def make_folder(folder: Path) -> Path:
    (folder / "folder.mkv").mkdir()
    return folder / "folder.mkv"


def make_empty(folder: Path) -> Path:
    (folder / "empty.mkv").touch()
    return folder / "empty.mkv"


def make_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mkv")
    return folder / "pipe.mkv"


def make_link(folder: Path, target: str) -> Path:
    (folder / "link.mkv").symlink_to(target)
    return folder / "link.mkv"


LEFT_OUT = {
    "its name is not UTF-8": lambda f: write(Path(os.fsdecode(os.fsencode(f / "a\udcff.mkv")))),
    "it is hidden": make_hidden,
    "it is encrypted": lambda f: write(f / "alice.mkv.age"),
    "it is a document": lambda f: write(f / "template.JSON"),
    "it is a link that leads out of the folder": lambda f: make_link(f, "/dev/zero"),
    "it is a folder": make_folder,
    "it is not a regular file": make_pipe,
    "it has no byte": make_empty,
    "it cannot be looked at: No such file": lambda f: make_link(f, "nowhere.mkv"),
    "it cannot be looked at: Too many levels": lambda f: make_link(f, "link.mkv"),
}


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_what_is_left_out_has_a_reason(tmp_path: Path, reason: str):
    path = LEFT_OUT[reason](tmp_path)
    files, [left_out] = media_files(tmp_path)
    assert files == []
    assert left_out.name == path.name
    assert left_out.reason.startswith(reason)


def test_no_folder_is_an_error_in_words(tmp_path: Path):
    with pytest.raises(NotFound):
        media_files(tmp_path / "nowhere")
    with pytest.raises(NotFound):
        media_files(write(tmp_path / "a.mkv"))
    with pytest.raises(NotFound):
        media_files(tmp_path / ("x" * 5000))
