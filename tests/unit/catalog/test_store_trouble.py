"""One cause has one code, whichever library met it: a store in trouble is no broken catalog."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pytest
from faulty import Fault, faulty

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.bounds import USUAL
from roomreel.catalog.queries.sql import query
from roomreel.catalog.reader import Reader
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Table
from roomreel.storage.s3 import client
from roomreel.storage.s3.client import Patience

ROOMS = Partition(Table.ROOMS, date(2026, 11, 20))

TROUBLES = [
    StorageFailed("cannot read s3://b/part.parquet: the connection broke", "run it again later"),
    OSError(errno.EIO, "Input/output error"),
    StorageFailed("cannot read s3://b/part.parquet: permission denied"),
]

WAYS: dict[str, Callable[[Reader], object]] = {
    "DuckDB": lambda reader: query(reader, "select sid from rooms", USUAL),
    "a scan": lambda reader: reader.read(Table.ROOMS),
    "a scan of days": lambda reader: reader.read(Table.ROOMS, days=[ROOMS.day]),
    "a footer": lambda reader: reader.file(ROOMS),
}


class _Breaking(io.FileIO):
    """A file whose reads raise from the `n`-th on."""

    def __init__(self, path: str, n: int, trouble: Exception) -> None:
        super().__init__(path)
        self._left = n
        self._trouble = trouble

    def read(self, size: int | None = -1) -> bytes:
        if self._left == 0:
            raise self._trouble
        self._left -= 1
        return super().read(-1 if size is None else size)


class _Handler(pafs.FSSpecHandler):
    def __init__(self, folder: Path, n: int, trouble: Exception) -> None:
        super().__init__(None)
        self._files = [str(path) for path in folder.rglob("part.parquet")]
        self._breaks = (n, trouble)

    def get_type_name(self) -> str:
        return "breaking"

    def get_file_info(self, paths: list[str]) -> Any:
        return [pafs.FileInfo(path, pafs.FileType.File) for path in paths]

    def get_file_info_selector(self, selector: pafs.FileSelector) -> Any:  # noqa: ARG002
        return self.get_file_info(self._files)

    def open_input_file(self, path: str) -> pa.NativeFile:
        return pa.PythonFile(_Breaking(path, *self._breaks), mode="r")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_file_that_breaks_while_it_is_read(
    trouble: Exception, way: str, catalog: Catalog, tmp_path: Path
) -> None:
    catalog.commit(ROOMS, [{"sid": f"RM{1:032x}", "status": "completed"}])
    root = tmp_path / "catalog"
    # At the footer, and at the columns after it, where it has any reads left.
    for n in (0, 1):
        if n == 1 and way == "a footer":
            continue
        handler = _Handler(root, n, trouble)
        reader = Reader(pafs.PyFileSystem(handler), str(root))  # type: ignore[abstract]
        with pytest.raises(StorageFailed) as caught:
            WAYS[way](reader)
        said = trouble.message if isinstance(trouble, StorageFailed) else "Input/output error"
        assert said in str(caught.value)
        for word in ("Traceback", "DuckDB", "stream", "Detail"):
            assert word not in str(caught.value)


ANSWERS = {
    "AccessDenied": (403, "permission denied"),
    "NoSuchBucket": (404, "there is no such bucket"),
    "SlowDown": (503, "the store is overloaded or down"),
    "InternalError": (500, "the store is overloaded or down"),
    "SignatureDoesNotMatch": (403, "the secret key is wrong"),
    "ExpiredToken": (400, "the credentials have expired"),
    "Odd": (418, "the store answers 'Odd'"),
}


@pytest.mark.parametrize("code", ANSWERS)
def test_a_store_that_answers_no(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status, words = ANSWERS[code]
    monkeypatch.setattr(client, "PATIENT", Patience(attempts=1, connect_s=5, read_s=5))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with faulty("http://127.0.0.1:9") as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store.endpoint)
        store.faults += [
            Fault("answer", method, status=status, code=code, times=None)
            for method in ("GET", "HEAD")
        ]
        reader = Reader.of(ObjectLocation("s3", "bucket", "catalog"))
        for way in WAYS.values():
            with pytest.raises(StorageFailed, match=words):
                way(reader)
