"""A store that does not answer: found out once, asked again with one short question."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ceph import Ceph
from faulty import Fault, Faulty

from roomreel.catalog.catalog import Catalog
from roomreel.errors import StorageFailed, StoreUnreachable
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Table
from roomreel.storage import s3
from roomreel.storage.s3 import gate
from roomreel.storage.s3.client import PATIENT, Patience

pytestmark = [pytest.mark.s3, pytest.mark.slow]

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


@pytest.fixture
def written(bucket: str) -> None:
    """An object, written with the usual patience."""
    s3.write(f"s3://{bucket}/x", b"x")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a second in place of minutes."""
    monkeypatch.setattr(s3.client, "PATIENT", Patience(attempts=3, connect_s=1, read_s=0.5))
    monkeypatch.setattr(s3.client, "IMPATIENT", Patience(attempts=1, connect_s=1, read_s=0.5))


@pytest.fixture
def hanging(proxy: Faulty, written: None, quick: None) -> Faulty:
    """A store that accepts connections and never answers."""
    proxy.faults[:] = [Fault("hang", method, times=None) for method in METHODS]
    proxy.seen.clear()
    return proxy


def test_it_is_found_once_for_all(bucket: str, hanging: Faulty) -> None:
    with pytest.raises(StoreUnreachable, match="does not answer in time"):
        s3.read(f"s3://{bucket}/x")
    first = len(hanging.seen)
    assert first >= 3
    begun = time.monotonic()
    for _ in range(50):
        with pytest.raises(StoreUnreachable, match=f"the store of bucket {bucket} does not answer"):
            s3.read(f"s3://{bucket}/x")
    # A question every other second at most, however much is asked.
    every_s = gate.ASKED_EVERY_S
    assert len(hanging.seen) - first <= 1 + (time.monotonic() - begun) / every_s


def test_many_threads_ask_one_question(bucket: str, hanging: Faulty) -> None:
    def ask(_number: int) -> str:
        try:
            s3.read(f"s3://{bucket}/x")
        except StorageFailed as error:
            return error.code
        return "read"

    ask(0)
    time.sleep(gate.ASKED_EVERY_S)
    first = len(hanging.seen)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {"storage-failed"}
    assert len(hanging.seen) - first == 1


def test_it_is_heard_when_it_answers_again(
    bucket: str, hanging: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreUnreachable):
        s3.read(f"s3://{bucket}/x")
    assert s3.outage() is not None
    hanging.faults.clear()
    for name in ("PATIENT", "IMPATIENT"):  # however long it takes to answer
        monkeypatch.setattr(s3.client, name, PATIENT)
    time.sleep(gate.ASKED_EVERY_S)
    found = s3.read(f"s3://{bucket}/x")
    assert found is not None
    assert found[0] == b"x"
    assert s3.outage() is None


def test_a_store_that_refuses_connections(
    bucket: str, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unheard_of:
        port = unheard_of.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    with pytest.raises(StoreUnreachable, match="the endpoint does not answer"):
        s3.look(f"s3://{bucket}/x")
    with pytest.raises(StoreUnreachable, match="the store of bucket"):
        s3.look(f"s3://{bucket}/x")


def test_catalogs_there_end_in_the_same_words(bucket: str, hanging: Faulty) -> None:
    catalog = Catalog.open(
        ObjectLocation("s3", bucket, "store/catalog"), ObjectLocation("s3", bucket, "store/journal")
    )
    with pytest.raises(StoreUnreachable, match="does not answer"):
        catalog.rows(Table.ROOMS)
    with pytest.raises(StoreUnreachable, match="does not answer"):
        s3.read(f"s3://{bucket}/x")
    (problem,) = catalog.recover().problems
    assert isinstance(problem, StoreUnreachable)


def test_catalogs_are_listed_where_the_environment_says_by_now(
    bucket: str, ceph: Ceph, proxy: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be told of its store late, or of another one: as tests are, one by one."""
    root = ObjectLocation("s3", bucket, "store")
    for _ in range(2):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", ceph.endpoint)
        proxy.seen.clear()
        assert Catalog.open(root / "catalog", root / "journal").rows(Table.ROOMS) == []
        assert proxy.seen == []
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        assert Catalog.open(root / "catalog", root / "journal").rows(Table.ROOMS) == []
        assert any("list-type" in path for _, path in proxy.seen)


def test_a_refusal_is_an_answer(bucket: str, proxy: Faulty, quick: None) -> None:
    """A store that is overloaded is there, and asked each time."""
    proxy.faults[:] = [Fault("answer", "GET", status=503, times=None)]
    for _ in range(2):
        with pytest.raises(StorageFailed, match="overloaded or down") as caught:
            s3.read(f"s3://{bucket}/x")
        assert not isinstance(caught.value, StoreUnreachable)
    assert s3.outage() is None
