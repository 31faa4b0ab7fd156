"""Whatever a codec does to its process ends one job, with words that say what happened."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import stand_ins

from roomreel.errors import (
    Cancelled,
    ChildCrashed,
    MemoryExceeded,
    RenderTimeout,
    VerificationFailed,
)
from roomreel.process import isolate
from roomreel.process.isolate import Budget
from roomreel.storage import environment_for

AMPLE = Budget(wall_s=60, memory_bytes=10**9)


@pytest.fixture(autouse=True)
def _children_find_the_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)


def test_a_result_and_messages_come_back():
    told: list[object] = []
    assert isolate.run(stand_ins.doubles, 21, AMPLE, told.append) == 42
    assert told == ["half way"]


def test_a_crash_names_the_signal():
    with pytest.raises(ChildCrashed, match="SIGSEGV"):
        isolate.run(stand_ins.decoder_crashes, None, AMPLE)


def test_an_exit_names_the_code_and_the_last_words():
    with pytest.raises(ChildCrashed, match="exit code 7: said on the way out"):
        isolate.run(stand_ins.exits, 7, AMPLE)


def test_what_codecs_say_is_kept_in_a_file(tmp_path: Path):
    isolate.run(stand_ins.codec_complains, None, AMPLE, stderr_to=tmp_path / "said")
    assert "EBML header parsing failed" in (tmp_path / "said").read_text()


def test_a_hang_ends_at_its_budget():
    began = time.monotonic()
    with pytest.raises(RenderTimeout, match="within 2 s"):
        isolate.run(stand_ins.decoder_hangs, None, Budget(2, 10**9))
    assert 2 <= time.monotonic() - began < 30


@pytest.mark.slow
def test_time_in_which_others_have_the_processor_counts_for_none(on_a_busy_processor: None):
    began = time.monotonic()
    budget = Budget(2, 10**9)
    assert isolate.run(stand_ins.works, 0.8, budget) == "done"
    assert time.monotonic() - began > 2, "the processor was not busy"
    with pytest.raises(RenderTimeout, match="within 2 s"):
        isolate.run(stand_ins.decoder_hangs, None, budget)


@pytest.fixture
def on_a_busy_processor() -> Iterator[None]:
    """We and our children have one processor, and a tenth of that."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    spin = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(spin, start_new_session=True) for _ in range(9)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()
        os.sched_setaffinity(0, allowed)


def test_runaway_memory_ends_at_its_budget():
    with pytest.raises(MemoryExceeded, match="300000000"):
        isolate.run(stand_ins.memory_runs_away, None, Budget(60, 300_000_000))


def test_a_process_that_gets_no_more_memory_says_so():
    with pytest.raises(MemoryExceeded, match="ran out of memory"):
        isolate.run(stand_ins.runs_out_of_memory, None, AMPLE)


def test_errors_of_ours_cross_with_code_and_remedy():
    with pytest.raises(VerificationFailed) as caught:
        isolate.run(stand_ins.raises_ours, None, AMPLE)
    assert str(caught.value) == "verification-failed: one frame is missing (try again)"


def test_a_bug_is_a_crash_with_its_last_line():
    with pytest.raises(ChildCrashed, match="ZeroDivisionError: a bug of our own"):
        isolate.run(stand_ins.raises_foreign, None, AMPLE)


def test_what_arrives_together_is_seen_at_once():
    heard: list[str] = []

    def wait_for_the_others(word: str) -> None:
        time.sleep(0 if heard else 1)
        heard.append(word)

    said = isolate.run(stand_ins.answers_and_stays, None, Budget(60, 10**9), wait_for_the_others)
    assert (heard, said) == (["one", "two", "three"], "four")


def test_a_child_that_stops_in_the_middle_of_a_message_ends_at_its_budget():
    def stop_while_it_writes(message: int | str) -> None:
        time.sleep(0.5)
        os.kill(int(message), signal.SIGSTOP)

    with pytest.raises(RenderTimeout, match="within 3 s"):
        isolate.run(stand_ins.says_much, 10**7, Budget(3, 10**9), stop_while_it_writes)


def test_a_child_that_never_reads_its_call_ends_at_its_budget(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isolate, "ENTRY", "import time; time.sleep(600)")
    with pytest.raises(RenderTimeout, match="within 2 s"):
        isolate.run(stand_ins.doubles, b"x" * 10**7, Budget(2, 10**9))


def test_a_child_that_stays_silent_ends_before_its_budget(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isolate, "START_S", 1.0)
    with pytest.raises(RenderTimeout, match="no progress for 2 s"):
        isolate.run(stand_ins.decoder_hangs, None, Budget(600, 10**9, silence_s=2))


@pytest.mark.parametrize(
    "said",
    [
        b"\x80\x05\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x0etouch PLANTED\x94\x85\x94R\x94.",
        b'["result", {"Fraction": [1, 0]}]',
        b'["result", "42"]',
        b'["error", {"SystemExit": ["1"]}]',
        b'["order", null]',
        b"[" * 10**6,
        b"",
        None,
    ],
    ids=["pickle", "class", "type", "error", "kind", "depth", "nothing", "length"],
)
def test_what_is_no_message_of_its_is_a_crash(
    said: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    frame = b"\xff" * 100 if said is None else len(said).to_bytes(8, "big") + said
    (tmp_path / "frame").write_bytes(frame)
    entry = f"import os, time; os.write(1, open({str(tmp_path / 'frame')!r}, 'rb').read());"
    monkeypatch.setattr(isolate, "ENTRY", entry + "time.sleep(600)")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ChildCrashed, match="what is no message of its"):
        isolate.run(stand_ins.doubles, 21, AMPLE)
    assert [path.name for path in tmp_path.iterdir()] == ["frame"]


SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "a",
    "AWS_PROFILE": "b",
    "ROOMREEL_PRIVATE_KEY_PASSPHRASE": "c",
    "PREFECT_API_KEY": "d",
    "PREFECT_API_URL": "e",
    "DATABASE_URL": "f",
    "GITHUB_TOKEN": "g",
}


def test_a_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    told = isolate.run(stand_ins.tells_of_others, None, AMPLE)
    assert not told.keys() & SECRETS.keys()
    assert told["PATH"] == os.environ["PATH"]


def test_a_child_that_reads_in_s3_is_told_how(monkeypatch: pytest.MonkeyPatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("https_proxy", "http://proxy")
    assert environment_for(["/a/b", "/c/d"]) == {}
    access = environment_for(["/a/b", "s3://bucket/key#etag"])
    told = isolate.run(stand_ins.tells_of_others, None, AMPLE, access=access)
    assert told.keys() & {*SECRETS, "https_proxy"} == {
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "https_proxy",
    }


def test_what_a_child_started_goes_with_it():
    pids: list[object] = []
    with pytest.raises(RenderTimeout):
        isolate.run(stand_ins.leaves_a_child, None, Budget(2, 10**9), pids.append)
    assert len(pids) == 1
    assert gone(int(str(pids[0])))


def test_stopped_from_another_thread_it_ends_what_is_under_way_and_begins_nothing():
    pids: queue.Queue[object] = queue.Queue()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(isolate.run, stand_ins.sleeps, 600, AMPLE, pids.put)
        pid = int(str(pids.get(timeout=60)))
        with isolate.stop_children():
            with pytest.raises(Cancelled):
                call.result(60)
            with pytest.raises(Cancelled):
                isolate.run(stand_ins.sleeps, 600, AMPLE)
    assert gone(pid)
    assert isolate.run(stand_ins.doubles, 21, AMPLE) == 42


def test_a_child_dies_with_a_parent_that_is_killed():
    code = (
        "import stand_ins; from roomreel.process import isolate;"
        "isolate.run(stand_ins.sleeps, 600, isolate.Budget(600, 10**9),"
        " lambda pid: print(pid, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.send_signal(signal.SIGKILL)
    assert gone(child)


def gone(pid: int) -> bool:
    """Whether a process ends, or is only a zombie, within a few seconds."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False
