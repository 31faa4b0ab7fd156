"""One composition by roomreel, in a process of its own, as a night would make it.

    python benchmarks/composing.py ROOM.json OUTPUT TEMPLATE.json... [--together] [--processes N]
        [--chunk S] [--lossless]
    python benchmarks/composing.py --start

The second form starts the same processes with the same imports and composes nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roomreel.compose.inputs import index_and_plan
from roomreel.compose.media import stat_media
from roomreel.compose.one import compose
from roomreel.compose.publish import files_beside
from roomreel.compose.together import draw_together
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.model.composition import Job, composition_sid
from roomreel.model.plan import Plan
from roomreel.model.room import Manifest
from roomreel.process.isolate import Budget, Notify, run
from roomreel.settings import Settings

LOSSLESS = {"crf": "0", "preset": "ultrafast", "profile": "high444"}
"""For x264: what was painted, exactly."""

CHILDREN = 2
"""Processes of a composition besides the first: one reads the packets, one renders."""


def nothing(_: object, __: Notify[None]) -> None:
    """A call that only shows what it costs to be called."""


def planned(
    manifest_file: Path, template_file: Path, settings: Settings
) -> tuple[Manifest, Job, Plan]:
    """The job and the plan of one composition of a room."""
    manifest = parse_manifest(manifest_file.read_bytes(), str(manifest_file))
    template = parse_template(template_file.read_bytes(), str(template_file))
    media = stat_media(manifest, settings)
    plan, media = index_and_plan(manifest, template, media, settings)
    end_time = manifest.room.end_time or datetime.now(UTC)
    digest = template_sha256(template)
    job = Job(
        sid=composition_sid(manifest.room.sid, end_time, template.friendly_name, digest),
        manifest=manifest,
        template=template,
        template_json=canonical_template(template),
        template_sha256=digest,
        inputs_sha256=inputs_sha256(manifest, media),
        media=media,
        date_created=datetime.now(UTC),
    )
    return manifest, job, plan


def settings_for(manifest: Path, store: Path, **more: Any) -> Settings:
    """The defaults, with a store of its own and the media of the benchmark."""
    return Settings(store=store, media_roots=[str(manifest.parents[2])], **more)


def main() -> None:
    """Compose, or only start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--lossless", action="store_true")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--chunk", type=int)
    options = parser.parse_args()
    if options.start:
        import composing  # a child finds a function by its module, and __main__ is its own there

        for _ in range(CHILDREN):
            run(composing.nothing, None, Budget(60, 2**31))
        return
    manifest, output, *templates = options.files
    chosen = {"processes": options.processes, "chunk_s": options.chunk}
    more: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    if options.lossless:
        more["encoder_options"] = LOSSLESS
    with tempfile.TemporaryDirectory(dir=output.parent) as store:
        compose_all(
            manifest,
            templates,
            output,
            settings_for(manifest, Path(store), **more),
            together=options.together,
        )


def compose_all(
    manifest: Path, templates: list[Path], output: Path, settings: Settings, *, together: bool
) -> None:
    """Compose a room by each template; `output` is the name of the first."""
    works = [planned(manifest, template, settings)[1:] for template in templates]
    if together:
        draw_together(works, settings)
    for number, (job, plan) in enumerate(works):
        media = output.with_name(f"{output.stem}{number or ''}.{plan.format}")
        compose(job, plan, settings, files=files_beside(media, settings))


if __name__ == "__main__":
    main()
