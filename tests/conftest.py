"""What all tests share: a Ctrl-C that is heard, and an S3 server, started once and if asked for."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent / "servers"))

import ceph as server
from faulty import Faulty, faulty

from roomreel.process.priority import keep_priority

# One setting for all properties: enough examples to mean something, and no time limit for one.
settings.register_profile(
    "properties",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("properties")


def pytest_configure() -> None:
    """Hear SIGINT, which a shell has what it starts in the background ignore, and its children.

    A worker of Prefect that is told to end passes that on to itself as SIGINT.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first: what is long and begins last is waited for alone."""
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "s3")))}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, object, object]:
    """Undo what SVT-AV1 does where root makes a clip by it: this process would starve the rest.

    Around every fixture, since one of a session begins before any that is of a test.
    """
    with keep_priority():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Likewise for a test's own clips."""
    with keep_priority():
        return (yield)


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Ceph]:
    """A Ceph RADOS Gateway; tests that use it bear the marker `s3`."""
    lacking = server.missing()
    if lacking and os.environ.get("CI") != "true":
        pytest.skip(f"not installed: {', '.join(lacking)}")
    with server.running(tmp_path_factory.mktemp("ceph")) as running:
        yield running


@pytest.fixture
def bucket(ceph: server.Ceph, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a new bucket, the environment leading to it."""
    ceph.look()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ceph.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{secrets.token_hex(6)}"
    server.s3_client().create_bucket(Bucket=name)
    return name


@pytest.fixture
def proxy(ceph: server.Ceph, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """A proxy between the client and the server, whose faults the test chooses."""
    with faulty(ceph.endpoint) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.endpoint)
        yield running
