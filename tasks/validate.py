"""Read the templates of the night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from roomreel.batch.report import Line, failed_line
from roomreel.batch.selection import ReadyTemplate
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import NotFound, TemplateInvalid
from roomreel.storage import read_bytes
from roomreel.tasks.edge import attempt
from roomreel.text import counted, no_such


@dataclass(frozen=True, slots=True)
class Validated:
    """The templates of the night.

    Attributes:
        problems: a line for each template that cannot be used.
        missing: by name, the error of each that is wanted and not there.
    """

    templates: tuple[ReadyTemplate, ...]
    problems: tuple[Line, ...]
    missing: Mapping[str, NotFound]


def _name() -> str:
    return f"read {counted(len(task_run.parameters['urls']), 'template')}"


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)
def validate(urls: list[str], names: frozenset[str] | None) -> Validated:
    """Read and check templates; one that cannot be used never stops the others.

    Args:
        urls: where they are.
        names: the friendly names that are wanted, None for all. A template that cannot be read
            goes by the name of its file.
    """
    ready: dict[str, ReadyTemplate] = {}
    broken: dict[str, Line] = {}
    there: set[str] = set()
    for url in urls:
        result = attempt(_read, url, ready)
        name = result.name if isinstance(result, ReadyTemplate) else PurePosixPath(url).stem
        there.add(name)
        if names is not None and name not in names:
            continue
        if isinstance(result, ReadyTemplate):
            ready[name] = result
        else:
            broken[name] = failed_line(result, url)
    missing = {name: no_such("template", name, there) for name in sorted((names or set()) - there)}
    return Validated(tuple(ready.values()), tuple(broken.values()), missing)


def _read(url: str, before: dict[str, ReadyTemplate]) -> ReadyTemplate:
    template = parse_template(read_bytes(url, SIZE_LIMIT_BYTES), url)
    name = template.friendly_name
    if name in before:
        raise TemplateInvalid(
            f"the friendly_name {name!r} is that of {before[name].file} already",
            "compositions are known by it: give each template its own",
        )
    return ReadyTemplate(template, canonical_template(template), template_sha256(template), url)
