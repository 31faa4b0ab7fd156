"""Two users of one machine: each works beside what the other keeps or has left."""

import os
import tempfile
import threading

import pytest
import users

from roomreel.api.rooms import _scratch_of_its_own
from roomreel.settings import Settings
from roomreel.storage import clean_up_parts, clean_up_scratch, scratch_folder
from roomreel.storage.lock import alone
from roomreel.storage.replace import make_folder, replace_folder
from roomreel.storage.scratch import OWNER_LOCK, PREFIX


@pytest.fixture
def shared(monkeypatch):
    with users.open_folder() as folder:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        yield folder


def test_composing_to_a_file_of_ones_own_takes_no_setting(shared):
    def compose():
        with _scratch_of_its_own(Settings()) as own:
            assert own.scratch_root.is_dir()
            (own.scratch_root / "half.mp4").touch()

    for uid in (users.NOBODY, users.GAMES, users.NOBODY):
        users.run_as(uid, compose)
    assert list(shared.glob(f"{PREFIX}*")) == []


def test_what_another_user_left_is_not_ours_to_remove(shared):
    left = shared / f"{PREFIX}0123456789abcdef"

    def leave():
        left.mkdir(mode=0o700)
        (left / OWNER_LOCK).touch()

    def work():
        assert clean_up_scratch(shared) == 0
        with scratch_folder(shared) as folder:
            assert folder.is_dir()

    def come_back():
        assert clean_up_scratch(shared) == 1

    users.run_as(users.NOBODY, leave)
    users.run_as(users.GAMES, work)
    assert left.is_dir()
    users.run_as(users.NOBODY, come_back)
    assert not left.exists()


def test_a_lock_that_another_user_made_is_held_in_turn():
    # Not in a sticky folder, where Linux lets nobody open the files of others to create them.
    with users.open_folder(0o777) as folder:
        lock = folder / ".figures.lock"

        def take():
            with alone(lock):
                assert lock.exists()

        users.run_as(users.NOBODY, take)
        users.run_as(users.GAMES, take)


def keep(root, name):
    """Keep a folder of one file in a folder of its own, as parts of compositions are."""
    made = root.parent / f"{name}-{os.getpid()}"
    made.mkdir()
    (made / "part.mp4").write_text(name)
    assert replace_folder(made, root / "CJ1" / name)


@pytest.fixture
def parts():
    with users.open_folder() as folder:
        (folder / "parts").mkdir()
        yield folder / "parts"


@pytest.mark.parametrize("mode", [0o777, 0o2777])
def test_users_who_share_a_folder_share_what_is_made_in_it(parts, mode):
    parts.chmod(mode)
    users.run_as(users.NOBODY, lambda: keep(parts, "first"))
    users.run_as(users.GAMES, lambda: keep(parts, "second"))
    assert {one.name for one in (parts / "CJ1").iterdir()} == {"first", "second"}
    users.run_as(users.NOBODY, lambda: clean_up_parts(parts, "CJ1"))
    assert list(parts.glob("*")) == []


@pytest.mark.parametrize(
    ("mode", "made"), [(0o1777, 0o755), (0o755, 0o755), (0o775, 0o775), (0o2770, 0o2775)]
)
def test_a_folder_is_open_to_those_alone_who_may_write_around_it(tmp_path, mode, made):
    before = os.umask(0o022)
    try:
        tmp_path.chmod(mode)
        make_folder(tmp_path / "one" / "two")
        for folder in (tmp_path / "one", tmp_path / "one" / "two"):
            assert oct(folder.stat().st_mode & 0o7777) == oct(made)
    finally:
        os.umask(before)


@pytest.mark.parametrize("kind", ["a folder in its place", "removed meanwhile"])
def test_a_damaged_lock_keeps_nobody_out(tmp_path, kind):
    lock, order = tmp_path / "lock", []
    if kind == "a folder in its place":
        lock.mkdir()

    def wait():
        with alone(lock):
            order.append("second")

    with alone(lock):
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.2)
        if kind == "removed meanwhile":
            lock.unlink()
            order.append("first")
    waiting.join()
    with alone(lock):
        order.append("last")
    assert order[-2:] == ["second", "last"]
