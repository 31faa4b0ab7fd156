"""The input of a render, its result, and its time budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from roomreel.media.colour import Matrix, output_matrix
from roomreel.media.encoder_options import VideoSettings
from roomreel.model.composition import Decoded
from roomreel.model.look import BLACK
from roomreel.model.loudness import Leveled
from roomreel.model.media import Stored, TrackPath
from roomreel.model.plan import Plan
from roomreel.plan.overlays import overlays_within
from roomreel.plan.scenes import scenes_within
from roomreel.process.isolate import Notify
from roomreel.render.mastering import MOST_MIXES
from roomreel.render.part_key import MixKey, PartKey, PicturesKey, SoundKey, SourceKey, part_name
from roomreel.render.parts import RenderedPart
from roomreel.render.patches import Drawer, name_libraries
from roomreel.settings import Verification
from roomreel.storage import environment_for

BASE_S = 60.0
"""Time budget of a render that has nothing to do: start-up on a loaded machine."""

PER_MEGAPIXEL_FRAME_S = 0.15
PER_SOURCE_S = 0.5
PER_SOUND_S = 0.1
"""Time budget per million pixels painted, per second of a source, and per second of sound that is
written, be it silence: 10 times what one slow core needs for the standard quality, so that only a
stall runs into it."""

OnFrames = Notify[int | None]
"""Called with the count of frames done, now and then, and with None where there is other
progress."""

IN_USE_FILE = "in-use"
"""Ending of files in the scratch folder that mark recordings in use: they outlive a process."""


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """Everything a render needs.

    Attributes:
        sources: by recording sid; a recording without one is black or silent in its place.
        chunks: frames that go to a file each; together all frames of the plan.
        folder: an empty scratch folder for whatever is half done.
        kept: folder of the finished parts of this composition.
        tags: of the container.
        threads: for decoding.
        ffmpeg: program for the stills.
        verify: how much of the finished file is looked at.
        assets: paths of the files that overlays draw, by their SHA-256.
        fonts: folders of fonts beside those that come with roomreel.
    """

    plan: Plan
    sources: Mapping[str, Stored]
    chunks: tuple[range, ...]
    folder: str
    kept: str
    tags: Mapping[str, str]
    video: VideoSettings
    threads: int
    ffmpeg: str
    verify: Verification = "sampled"
    assets: Mapping[str, str] = field(default_factory=dict)
    fonts: tuple[Path, ...] = ()

    @property
    def paths(self) -> dict[str, TrackPath]:
        """Path and track of each recording, by sid."""
        tracks = self.plan.tracks
        return {sid: TrackPath(one.location, tracks[sid]) for sid, one in self.sources.items()}

    @property
    def matrix(self) -> Matrix:
        """The colour matrix of the composition's pictures."""
        return output_matrix(self.plan.resolution.padded_even, self.video.encoder)

    @property
    def drawer(self) -> Drawer:
        """Draws the overlays."""
        return Drawer(self.matrix, self.assets, Path(self.folder), self.fonts)

    @property
    def access(self) -> dict[str, str]:
        """The variables that a process needs to read the sources."""
        return environment_for(stored.location for stored in self.sources.values())

    def without(self, sids: Iterable[str]) -> RenderSpec:
        """Return the same render without some of its sources."""
        left_out = set(sids)
        kept = {sid: stored for sid, stored in self.sources.items() if sid not in left_out}
        return replace(self, sources=kept)

    def pictures(self, frames: range) -> RenderedPart:
        """Return the part that holds some of the frames."""
        plan, video = self.plan, self.video
        scenes, regions = scenes_within(plan, frames), plan.all_regions
        shown = {p.recording_sid for scene in scenes for p in scene.placements}
        key = PicturesKey(
            frames=frames,
            scenes=tuple(scenes),
            sources=self._source_keys(shown),
            encoder=video.encoder,
            quality=video.quality,
            options=video.options,
            resolution=plan.resolution,
            format=plan.format,
            frame_rate=plan.frame_rate,
            copied=plan.copied,
            overlays=overlays_within(plan.overlays, frames, plan.frame_rate),
            bars={one.key: one.bars for one in regions if one.bars != BLACK},
            radii={one.key: one.corner_radius for one in regions if one.corner_radius},
            drawn_with=name_libraries(self.fonts) if plan.overlays else "",
        )
        return self._part(key)

    def sound(self) -> RenderedPart:
        """Return the part that holds all sound."""
        plan = self.plan
        return self._part(
            SoundKey(
                plan.audio,
                self._heard_keys,
                plan.duration,
                plan.format,
                plan.copies_sound,
                plan.loudness,
            )
        )

    def measured_mix(self) -> RenderedPart:
        """Return the part that says how loud the mix is; it has no media."""
        return self._part(MixKey(self.plan.audio, self._heard_keys, self.plan.duration))

    def missing_chunks(self) -> tuple[range, ...]:
        """Return the chunks of pictures that are still to be rendered."""
        chunks = self.chunks if self.plan.has_video and not self.plan.copied else ()
        return tuple(frames for frames in chunks if not self.pictures(frames).is_finished)

    @property
    def parts(self) -> tuple[RenderedPart, ...]:
        """All parts, finished or not; the sound, where there is any, comes last."""
        pictures = map(self.pictures, self.chunks if self.plan.has_video else ())
        return (*pictures, *([self.sound()] if self.plan.audio else ()))

    @property
    def finished_s(self) -> float:
        """The time it took to make the pictures that are finished already."""
        return sum(self.pictures(frames).wall_s for frames in self.chunks if self.plan.has_video)

    def drop_damaged(self) -> None:
        """Remove the parts that are there and are not what was made."""
        for part in (*self.parts, *([self.measured_mix()] if self.plan.loudness else ())):
            part.drop_damaged()

    def _part(self, key: PartKey) -> RenderedPart:
        return RenderedPart(Path(self.kept) / part_name(key), self.plan.format)

    @property
    def _heard_keys(self) -> tuple[SourceKey, ...]:
        return self._source_keys({clip.recording_sid for clip in self.plan.audio})

    def _source_keys(self, sids: Iterable[str]) -> tuple[SourceKey, ...]:
        """Return the keys of the sources of a part."""
        ends, tracks = self.plan.media_ends, self.plan.tracks
        found = ((sid, self.sources.get(sid)) for sid in sorted(sids))
        return tuple(
            SourceKey(sid, ends[sid], at.size_bytes, at.version, tracks[sid])
            if at
            else SourceKey(sid, ends[sid])
            for sid, at in found
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """Verified files in the scratch folder.

    Attributes:
        decoded: counts of what was decoded, by recording sid.
        left_out: recordings that were taken out because their decoder fails, and how it does.
        leveled: how its sound was brought to a loudness; None where it was not to be.
    """

    media: str
    poster: str | None
    sheet: str | None
    decoded: dict[str, Decoded]
    left_out: Mapping[str, str] = field(default_factory=dict)
    leveled: Leveled | None = None


def time_budget_s(plan: Plan) -> float:
    """Return the wall seconds that a render may take before it counts as stalled."""
    pixels = plan.resolution.width * plan.resolution.height * plan.frame_count
    once = float(plan.used_duration) * PER_SOURCE_S
    mixes = float(plan.duration) * PER_SOUND_S * bool(plan.audio)
    # Sound that is to have a loudness is decoded for its measurement, and for each mix.
    if plan.loudness is not None:
        once, mixes = once * (1 + MOST_MIXES), mixes * (1 + MOST_MIXES)
    return BASE_S + pixels / 1e6 * PER_MEGAPIXEL_FRAME_S * plan.has_video + once + mixes
