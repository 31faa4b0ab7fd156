"""The processes of `roomreel up`: their logs, and where they keep what they need for a while."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from roomreel.flows.site import processes
from roomreel.flows.site.processes import Processes


def test_a_log_is_kept_short_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 1000)
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(100):
            writer.write(b"%099d\n" % number)
            processes.keep_short(log)
    both = (tmp_path / "server.log.1").read_bytes() + log.read_bytes()
    assert log.stat().st_size < 1000
    assert both.endswith(b"".join(b"%099d\n" % number for number in range(88, 100)))
    assert b"\0" not in both
    assert sorted(each.name for each in tmp_path.iterdir()) == ["server.log", "server.log.1"]


def test_what_is_started_takes_interrupts_and_shares_no_temporary_folder(tmp_path: Path) -> None:
    started = Processes(tmp_path)
    started.logs.mkdir()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started._spawn("worker", ("version",), None, {})
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    # As the kernel knows it, before the command has done anything itself.
    process = Path("/proc") / str(started.running["worker"].pid)
    (ignored,) = re.findall(r"^SigIgn:\s*(\w+)", (process / "status").read_text(), re.MULTILINE)
    environment = (process / "environ").read_bytes().split(b"\0")
    started.end()
    assert int(ignored, 16) & 1 << signal.SIGINT - 1 == 0
    assert f"TMPDIR={tmp_path / 'tmp'}".encode() in environment
    assert (tmp_path / "tmp").is_dir()
