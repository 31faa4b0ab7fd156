"""Read a batch of room manifests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from roomreel.batch.report import Line, failed_line
from roomreel.documents.document import is_of_another_kind
from roomreel.documents.manifest import SCHEMA, parse_manifest
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import DocumentInvalid
from roomreel.model.room import Manifest
from roomreel.storage import read_bytes
from roomreel.tasks.edge import attempt
from roomreel.text import counted

READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch of manifests tells.

    Attributes:
        problems: a line for each manifest that cannot be used.
    """

    manifests: tuple[Manifest, ...]
    problems: tuple[Line, ...]


def _name() -> str:
    return f"read {counted(len(task_run.parameters['urls']), 'manifest')}"


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)
def ingest(urls: list[str]) -> Ingested:
    """Read and check manifests; one that cannot be used never stops the others.

    Other documents of roomreel's that lie among them (plans, templates ...) are passed over.
    """
    manifests: list[Manifest] = []
    problems: list[Line] = []
    # A store takes its time for each, and many at once.
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        results = list(pool.map(lambda url: attempt(_read, url), urls))
    for url, result in zip(urls, results, strict=True):
        if isinstance(result, Manifest):
            manifests.append(result)
        elif result is not None:
            problems.append(failed_line(result, url))
    return Ingested(tuple(manifests), tuple(problems))


def _read(url: str) -> Manifest | None:
    data = read_bytes(url, SIZE_LIMIT_BYTES)
    try:
        return parse_manifest(data, url)
    except DocumentInvalid:
        if is_of_another_kind(data, SCHEMA):
            return None
        raise
