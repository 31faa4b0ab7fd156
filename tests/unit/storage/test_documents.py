import os
from pathlib import Path

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage import discover, discover_stamped, read_bytes


@pytest.fixture
def folder(tmp_path):
    documents = ("b.json", "a.json", "deep/er/c.json", "deep/notes.txt", "odd [1]/d.json")
    for name in (*documents, "a.import.json", "deep/er/c.import.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    return tmp_path


@pytest.mark.parametrize(
    ("location", "names"),
    [
        ("", ["a.json", "b.json", "deep/er/c.json", "odd [1]/d.json"]),
        ("/", ["a.json", "b.json", "deep/er/c.json", "odd [1]/d.json"]),
        ("/odd [1]", ["odd [1]/d.json"]),
        ("/deep/notes.txt", ["deep/notes.txt"]),
        ("/*.json", ["a.json", "b.json"]),
        ("/[ab].json", ["a.json", "b.json"]),
        ("/**/c.json", ["deep/er/c.json"]),
        ("/deep/*.json", []),
        # Records of imports are found by nothing but their own names.
        ("/deep/er/*.json", ["deep/er/c.json"]),
        ("/*.import.json", []),
        ("/a.import.json", ["a.import.json"]),
    ],
)
def test_finds_documents_in_order(folder, location, names):
    paths = [folder / name for name in names]
    assert discover(f"{folder}{location}") == list(map(str, paths))
    assert discover(f"file://{folder}{location}") == [path.as_uri() for path in paths]


def test_a_url_that_was_found_can_be_read(folder):
    (folder / "100% #1?.json").write_text("odd")
    (url,) = discover(f"file://{folder}/100*.json")
    assert read_bytes(url) == b"odd"


@pytest.mark.parametrize("relative", ["rooms", "rooms/*.json", "*/a.json"])
def test_paths_may_be_relative(tmp_path, monkeypatch, relative):
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "a.json").touch()
    monkeypatch.chdir(tmp_path)
    assert discover(relative) == ["rooms/a.json"]


def test_an_empty_folder_has_no_documents(tmp_path):
    assert discover(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/missing", "it does not exist"),
        ("/missing/*.json", "it does not exist"),
        ("/b.json/*.json", "not a folder"),
        ("/nul\0", "null"),
        ("/**x/*.json", "'**'"),
    ],
)
def test_what_is_not_there_is_an_error(folder, location, words):
    with pytest.raises(StorageFailed, match="cannot search") as caught:
        discover(f"{folder}{location}")
    assert words in str(caught.value)


def test_a_url_that_leads_nowhere_is_an_error():
    with pytest.raises(StorageFailed, match="cannot search"):
        discover("file:///missing/folder")


@pytest.mark.parametrize(
    "location",
    [
        *("warp://bucket/*.json", "zip://x::/etc/passwd", "http://127.0.0.1/a.json"),
        *("github://a:b@/etc/passwd", "memory://a", "simplecache::file:///etc/passwd"),
        *("file://elsewhere/etc/passwd", "FILE://x/y"),
    ],
)
def test_no_other_scheme_is_followed(location):
    for ask in (discover, read_bytes):
        with pytest.raises(StorageFailed):
            ask(location)


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_reads_up_to_the_limit(folder, scheme):
    location = f"{scheme}{folder}/a.json"
    assert read_bytes(location) == b"a.json"
    assert read_bytes(location, 6) == b"a.json"
    with pytest.raises(StorageFailed, match="larger than 5 bytes"):
        read_bytes(location, 5)


@pytest.mark.parametrize("name", ["missing", "folder.json", "pipe.json", "nul\0", "\ud800"])
def test_what_cannot_be_read_is_an_error(folder, name):
    with pytest.raises(StorageFailed, match="cannot read"):
        read_bytes(f"{folder}/{name}")


def test_a_device_is_no_document():
    with pytest.raises(StorageFailed, match="not a regular file"):
        read_bytes("/dev/zero")


def test_stamps_are_of_the_same_documents_and_change_with_their_bytes(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    for location in (str(tmp_path), tmp_path.as_uri(), f"{tmp_path}/*.json"):
        before = discover_stamped(location)
        assert list(before) == discover(location)
        file, beside = tmp_path / "a.json", tmp_path / "new"
        beside.write_text("[]")
        beside.replace(file)
        after = discover_stamped(location)
        changed = {Path(name).name for name in before if before[name] != after[name]}
        assert changed == {"a.json", "link.json"}
    (tmp_path / "a.json").unlink()
    assert [Path(name).name for name in discover_stamped(str(tmp_path))] == ["b.json"]
