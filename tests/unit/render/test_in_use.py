"""What fails while a recording is read is that recording's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from roomreel.errors import MediaUnreadable, SourceFailed, StorageFailed, VerificationFailed
from roomreel.render.in_use import InUseMarker, in_use_at_exit

SIDS = ["RT1", "RT2"]


@pytest.fixture
def reading(tmp_path: Path) -> InUseMarker:
    return InUseMarker(tmp_path / "reading", SIDS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TypeError("nobody foresaw this"), "TypeError: nobody foresaw this"),
        (MemoryError(), "MemoryError: "),
        (MediaUnreadable("no such track"), "no such track"),
        (VerificationFailed("two pictures are missing"), "two pictures are missing"),
    ],
)
def test_whatever_is_raised_names_the_recording(reading: InUseMarker, error: Exception, words: str):
    with pytest.raises(SourceFailed) as caught, reading.mark("RT2"):
        raise error
    assert (caught.value.sid, caught.value.message) == ("RT2", words)
    assert caught.value.__cause__ is error


def test_a_store_that_cannot_be_read_says_nothing_of_a_recording(reading: InUseMarker):
    with pytest.raises(StorageFailed), reading.mark("RT1"):
        raise StorageFailed("no answer")


def test_the_file_tells_what_is_read_now(reading: InUseMarker, tmp_path: Path):
    assert in_use_at_exit(tmp_path / "reading", SIDS) == []
    with reading.mark("RT2"):
        with reading.mark("RT2"):
            pass
        assert in_use_at_exit(tmp_path / "reading", SIDS) == ["RT2"]
    assert in_use_at_exit(tmp_path / "reading", SIDS) == []


def test_threads_do_not_end_each_others_reading(reading: InUseMarker, tmp_path: Path):
    both = Barrier(2, timeout=120)

    def read_once() -> None:
        for _ in range(500):
            with reading.mark("RT1"):
                pass

    with ThreadPoolExecutor(2) as pool, reading.mark("RT1"):
        for done in [pool.submit(lambda: (both.wait(), read_once())) for _ in range(2)]:
            done.result()
        assert in_use_at_exit(tmp_path / "reading", SIDS) == ["RT1"]
    assert in_use_at_exit(tmp_path / "reading", SIDS) == []
