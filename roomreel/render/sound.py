"""The part of a composition that holds all its sound: copied, mixed, or brought to a loudness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from roomreel.errors import RoomreelError
from roomreel.media.ebur128 import measure
from roomreel.media.encoders import SoundEncoder
from roomreel.media.inspect import decode_sound
from roomreel.media.log import enable_codec_log
from roomreel.model.loudness import Leveled, LoudnessTarget, Measured
from roomreel.model.samples import RATE
from roomreel.render.energy import Energy, by_the_second
from roomreel.render.in_use import InUseMarker
from roomreel.render.kept_mix import KeptMix
from roomreel.render.mastering import MOST_MIXES, corrected, first_mastering
from roomreel.render.mix import AS_IT_IS, Leveling, measure_mix, mix_sound
from roomreel.render.parts import PartContents, RenderedPart
from roomreel.render.spec import IN_USE_FILE, OnFrames, RenderSpec
from roomreel.render.stream_copy import copy_planned_sound


def make_sounds(specs: Sequence[RenderSpec], notify: OnFrames) -> None:
    """Make the sound of compositions of one room, once what several of them have.

    Errors are left to `make_sound` of each, which meets them again.
    """
    for spec in specs:
        with suppress(RoomreelError):
            _take_over(specs, spec, RenderSpec.sound)
            if spec.plan.loudness is not None:
                _take_over(specs, spec, RenderSpec.measured_mix)
            make_sound(spec, notify)


def make_sound(spec: RenderSpec, notify: OnFrames) -> None:
    """Mix and encode all sound of a plan, or copy it, unless that is done already."""
    enable_codec_log()
    plan, part = spec.plan, spec.sound()
    if not plan.audio or part.is_finished:
        return
    in_use = InUseMarker(Path(spec.folder) / f"sound.{IN_USE_FILE}", sorted(spec.sources))
    with part.make(Path(spec.folder)) as made:
        if plan.copies_sound:
            copy_planned_sound(plan, spec.paths, made.media, in_use)
        elif plan.loudness is None:
            _mix(spec, made, in_use, notify)
        else:
            _mix_to(plan.loudness, spec, made, in_use, notify)


def _take_over(
    specs: Sequence[RenderSpec], spec: RenderSpec, part_of: Callable[[RenderSpec], RenderedPart]
) -> None:
    """Copy a part that another composition has of the same name."""
    mine = part_of(spec)
    for other in map(part_of, specs):
        if other.folder.name == mine.folder.name and other.is_finished:
            other.copy_to(mine, Path(spec.folder))
            return


def _measured_mix(
    spec: RenderSpec, in_use: InUseMarker, kept: KeptMix, notify: OnFrames
) -> Measured:
    """Return the loudness of the mix, which is measured once."""
    part = spec.measured_mix()
    if not part.is_finished:
        with part.make(Path(spec.folder)) as made:
            mix = measure_mix(spec.plan, spec.paths, in_use, kept, lambda: notify(None))
            made.leveled = Leveled(0.0, mix)
    leveled = part.read().leveled
    return Measured() if leveled is None else leveled.file


def _mix_to(
    target: LoudnessTarget,
    spec: RenderSpec,
    made: PartContents,
    in_use: InUseMarker,
    notify: OnFrames,
) -> None:
    """Mix until the file is as loud as wanted, or can get no nearer."""
    kept = KeptMix(Path(spec.folder) / "mix.f32")
    mastering = first_mastering(_measured_mix(spec, in_use, kept, notify), target)
    for _ in range(MOST_MIXES):
        _mix(spec, made, in_use, notify, Leveling(mastering, kept))
        # As it is heard: a coder takes some of noise, and moves peaks.
        file = measure(samples for _, samples in by_the_second(decode_sound(made.media)))
        made.leveled = Leveled(mastering.gain_db, file)
        used, mastering = mastering, corrected(mastering, file, target)
        if mastering == used:
            break


def _mix(
    spec: RenderSpec,
    made: PartContents,
    in_use: InUseMarker,
    notify: OnFrames,
    leveling: Leveling = AS_IT_IS,
) -> None:
    plan, made.heard = spec.plan, Energy()

    def on_samples(samples: int) -> None:
        # Where there are pictures, they report the progress.
        notify(None if plan.has_video else int(samples * plan.frame_rate / RATE))

    with SoundEncoder(made.media, plan.format) as sink:
        made.decoded = mix_sound(plan, spec.paths, sink, in_use, made.heard, on_samples, leveling)
