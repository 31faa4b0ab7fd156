"""A planned composition with all that its render needs of the settings, computed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roomreel.compose.assets import bring_assets
from roomreel.compose.avatars import bring_avatars
from roomreel.compose.division import divide, is_long_enough
from roomreel.compose.inputs import used_media
from roomreel.media import ffmpeg
from roomreel.media.encoder_options import VideoSettings
from roomreel.model.composition import Job
from roomreel.model.media import Problem, Stored
from roomreel.model.plan import Plan
from roomreel.render.spec import RenderSpec
from roomreel.render.spread import Limits
from roomreel.settings.rendering import Rendering


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job, its plan, and how it is divided.

    Attributes:
        used: where the recordings are stored that the plan shows or sounds, by sid.
        keeps_parts: whether parts may outlive a render: what is stored encrypted is not left in
            the clear.
        is_spread: whether workers draw it together: it is long, and its parts can be shared.
        chunks: the frames that go to a file each.
    """

    job: Job
    plan: Plan
    settings: Rendering
    used: Mapping[str, Stored]
    keeps_parts: bool
    is_spread: bool
    chunks: tuple[range, ...]

    @property
    def limits(self) -> Limits:
        """The processes, memory and time that its render may take."""
        settings = self.settings
        return Limits(settings.processes, settings.memory_limit_bytes, settings.timeout_factor)

    def spec(
        self,
        folder: Path,
        sources: Mapping[str, Stored | Problem],
        chunks: tuple[range, ...] | None = None,
    ) -> RenderSpec:
        """Return what the renderer is given.

        Args:
            folder: an empty scratch folder.
            sources: the media as FFmpeg can open them, or why it cannot, by sid; may have more.
            chunks: those to draw, where that is not all.

        Raises:
            AssetMissing: a file that the plan draws is another one by now.
            MediaUnreadable: so is an avatar.
            StorageFailed: it cannot be read.
        """
        plan, settings = self.plan, self.settings
        cores = settings.threads or os.cpu_count() or 1
        threads = max(1, cores // settings.processes)
        kept = settings.parts_root / self.job.parts if self.keeps_parts else folder / "parts"
        opened = {sid: one for sid, one in sources.items() if isinstance(one, Stored)}
        return RenderSpec(
            plan=plan,
            sources={sid: one for sid, one in opened.items() if sid in self.used},
            chunks=chunks or self.chunks,
            folder=str(folder),
            kept=str(kept),
            tags=_tags(self.job, plan),
            video=VideoSettings(
                encoder=settings.video_encoder.get(plan.format, ""),
                quality=settings.quality,
                options=settings.encoder_options,
                threads=threads,
            ),
            threads=threads,
            ffmpeg=ffmpeg.binary(settings.ffmpeg),
            verify=settings.verify,
            assets=bring_assets(plan.assets, folder, settings)
            | bring_avatars(plan.overlays, self.job.manifest, folder, settings),
            fonts=tuple(settings.fonts),
        )


def prepare(job: Job, plan: Plan, settings: Rendering) -> Prepared:
    """Return a planned composition with its division; opens nothing."""
    used = used_media(job, plan)
    packets = {sid: medium.packets for sid, medium in job.media.items() if medium.packets}
    is_secret = any(stored.encryption for stored in used.values())
    keeps_parts = settings.encryption == "none" and not is_secret
    is_spread = keeps_parts and is_long_enough(plan, packets, settings)
    workers = settings.spread_shares if is_spread else 1
    chunks = divide(plan, packets, settings, workers)
    return Prepared(job, plan, settings, used, keeps_parts, is_spread, chunks)


def _tags(job: Job, plan: Plan) -> dict[str, str]:
    return {
        "title": f"{plan.room_name} ({plan.template})",
        # MP4 has no tags of one's own that players show, so both sids stand in the comment.
        "comment": f"composition {job.sid} of room {plan.room_sid}",
        "room_sid": plan.room_sid,
        "composition_sid": job.sid,
    }
