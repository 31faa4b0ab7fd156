import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage import clean_up_parts, clean_up_scratch, scratch_folder
from roomreel.storage.scratch import PREFIX

OWNER = """
import sys, time
from pathlib import Path
from roomreel.storage import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half.mp4").write_bytes(b"half")
    print(folder, flush=True)
    time.sleep(60)
"""


def folders(root):
    return sorted(path.name for path in root.glob(f"{PREFIX}*"))


def test_a_folder_is_new_empty_and_gone_afterwards(tmp_path):
    root = tmp_path / "not" / "there"
    with scratch_folder(root) as one, scratch_folder(root) as two:
        assert one != two
        assert [path.name for path in one.iterdir() if not path.name.startswith(".")] == []
        (one / "file").touch()
    assert folders(root) == []


def test_it_goes_when_the_work_fails(tmp_path):
    with pytest.raises(KeyError), scratch_folder(tmp_path):
        raise KeyError
    assert folders(tmp_path) == []


def test_what_is_in_use_is_not_reaped(tmp_path):
    with scratch_folder(tmp_path) as folder:
        assert clean_up_scratch(tmp_path) == 0
        assert folder.is_dir()


def test_what_a_killed_process_left_is_reaped(tmp_path):
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE)
    with owner:
        owner.stdout.readline()
        assert clean_up_scratch(tmp_path) == 0
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert len(folders(tmp_path)) == 1
    assert clean_up_scratch(tmp_path) == 1
    assert folders(tmp_path) == []


def test_a_folder_half_made_or_half_removed_is_reaped(tmp_path):
    (tmp_path / f"{PREFIX}0123").mkdir()
    assert clean_up_scratch(tmp_path) == 1


def test_what_is_not_ours_stays(tmp_path):
    (tmp_path / "someone").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "target")
    (tmp_path / f"{PREFIX}file").touch()
    assert clean_up_scratch(tmp_path) == 0
    assert (tmp_path / "someone").is_dir()
    assert (tmp_path / "target" / "file").exists()
    assert (tmp_path / f"{PREFIX}file").exists()


def test_nothing_to_reap_where_there_is_no_folder(tmp_path):
    assert clean_up_scratch(tmp_path / "missing") == 0
    assert not (tmp_path / "missing").exists()


def test_makers_and_reapers_at_once(tmp_path):
    def work(number):
        if number % 3 == 0:
            clean_up_scratch(tmp_path)
            return str(number)
        with scratch_folder(tmp_path) as folder:
            (folder / "file").write_text(str(number))
            return (folder / "file").read_text()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(120))) == [str(number) for number in range(120)]
    assert folders(tmp_path) == []


def test_a_root_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="scratch folder"), scratch_folder(tmp_path / "file"):
        pytest.fail("made a folder in a file")


def test_parts_go_with_their_composition(tmp_path):
    for sid in ("CJ1", "CJ2"):
        (tmp_path / "parts" / sid / "a-part").mkdir(parents=True)
    clean_up_parts(tmp_path / "parts", "CJ1")
    clean_up_parts(tmp_path / "parts", "CJ3")
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["CJ2"]
    clean_up_parts(tmp_path / "parts", "CJ2")
    assert not (tmp_path / "parts").exists()
