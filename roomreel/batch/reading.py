"""Read the documents of a batch: manifests and templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from roomreel.batch.edge import attempt
from roomreel.batch.report import Line, failed_line
from roomreel.batch.selection import ReadyTemplate
from roomreel.batch.template_files import is_shipped, stem_of
from roomreel.documents.document import is_of_another_kind
from roomreel.documents.manifest import SCHEMA, parse_manifest
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import DocumentInvalid, NotFound, RoomreelError, TemplateInvalid
from roomreel.model.room import Manifest
from roomreel.storage import read_bytes
from roomreel.storage.imported import was_imported
from roomreel.storage.location import is_remote, local_path
from roomreel.text import no_such

READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ManifestsRead:
    """The manifests of some files.

    Attributes:
        problems: a line for each file that cannot be used.
    """

    manifests: tuple[Manifest, ...]
    problems: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TemplatesRead:
    """The templates of some files.

    Attributes:
        problems: a line for each template that cannot be used.
        missing: by name, the error of each that is wanted and not there.
    """

    templates: tuple[ReadyTemplate, ...]
    problems: tuple[Line, ...]
    missing: Mapping[str, NotFound]


def read_manifests(urls: list[str]) -> ManifestsRead:
    """Read and check manifests; one that cannot be used never stops the others.

    Other documents of roomreel's that lie among them (plans, templates ...) are passed over, and
    those of services that were imported.
    """
    manifests: list[Manifest] = []
    problems: list[Line] = []
    for url, result in read_each(urls).items():
        if isinstance(result, Manifest):
            manifests.append(result)
        elif result is not None:
            problems.append(failed_line(result, url))
    return ManifestsRead(tuple(manifests), tuple(problems))


def read_each(urls: Sequence[str]) -> dict[str, Manifest | RoomreelError | None]:
    """Return the manifest at each URL, or why there is none; None of another kind of document."""
    # A store takes its time for each, and many at once.
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        results = pool.map(lambda url: attempt(_read_manifest, url), urls)
        return dict(zip(urls, results, strict=True))


def read_templates(
    urls: list[str], names: frozenset[str] | None, hooks: frozenset[str] = frozenset()
) -> TemplatesRead:
    """Read and check templates; one that cannot be used never stops the others.

    Args:
        urls: where they are; of two of one name, in any case, the first can be used.
        names: the friendly names that are wanted, None for all. A template that cannot be read
            goes by the name of its file.
        hooks: those that came by the API, and are wanted whatever their names.
    """
    ready: dict[str, ReadyTemplate] = {}
    broken: dict[str, Line] = {}
    there: set[str] = set()
    for url in urls:
        result = attempt(_read_template, url, ready.values(), url in hooks)
        if result is None:
            continue
        name = result.name if isinstance(result, ReadyTemplate) else PurePosixPath(url).stem
        there.add(name)
        if names is not None and name not in names and url not in hooks:
            continue
        if isinstance(result, ReadyTemplate):
            ready[name] = result
        else:
            broken[name] = failed_line(result, url)
    missing = {name: no_such("template", name, there) for name in sorted((names or set()) - there)}
    return TemplatesRead(tuple(ready.values()), tuple(broken.values()), missing)


def parse_ready(data: bytes, url: str) -> ReadyTemplate:
    """Return the template of a document.

    Raises:
        TemplateInvalid: it is none.
    """
    template = parse_template(data, url)
    return ReadyTemplate(template, canonical_template(template), template_sha256(template), url)


def refuse_equal(one: ReadyTemplate, before: Iterable[ReadyTemplate]) -> None:
    """Refuse a template that has the name, or as a hook the sid, of one before it.

    Raises:
        TemplateInvalid: it has.
    """
    for other in before:
        if other.name.casefold() == one.name.casefold():
            raise TemplateInvalid(
                f"the friendly_name {one.name!r} is that of {other.file} already",
                "compositions are known by it: give each template its own",
            )
        if other.template.hook_sid == one.template.hook_sid:
            raise TemplateInvalid(
                f"the sid {one.template.hook_sid} is that of {other.file} already",
                "leave it out: a name gives a sid",
            )


def _read_manifest(url: str) -> Manifest | None:
    data = read_bytes(url, SIZE_LIMIT_BYTES)
    try:
        return parse_manifest(data, url)
    except DocumentInvalid:
        if is_of_another_kind(data, SCHEMA) or _was_imported(url):
            return None
        raise


def _was_imported(url: str) -> bool:
    """Return whether a document is a service's, of which an import has made a manifest."""
    return not is_remote(url) and was_imported(Path(local_path(url)))


def _read_template(
    url: str, before: Iterable[ReadyTemplate], is_hook: bool
) -> ReadyTemplate | None:
    """Return a template; None of one that comes with roomreel and whose name is taken."""
    ready = parse_ready(read_bytes(url, SIZE_LIMIT_BYTES), url)
    if is_hook:
        refuse_other_sid(ready)
    try:
        refuse_equal(ready, before)
    except TemplateInvalid:
        if is_shipped(url):
            return None
        raise
    return ready


def refuse_other_sid(hook: ReadyTemplate) -> None:
    """Refuse a hook that came by the API, and whose file is called otherwise.

    Raises:
        TemplateInvalid: it is.
    """
    if hook.template.sid != stem_of(hook.file):
        raise TemplateInvalid(
            f"the sid {hook.template.sid} is not the name of the file",
            "was it copied? Hooks of your own go into the folder of templates",
        )
