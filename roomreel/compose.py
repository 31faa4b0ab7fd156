"""One composition from documents to outcome, without an orchestrator: what tasks and verbs call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from roomreel.errors import RoomreelError
from roomreel.model.composition import Job, Outcome
from roomreel.model.media import Medium
from roomreel.model.plan import Plan
from roomreel.model.room import Manifest
from roomreel.model.template import Template
from roomreel.settings import Settings


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a render is.

    Attributes:
        frames_done: of `frames`; an audio-only render counts them by its clock.
        elapsed_s: wall seconds since it began.
    """

    frames_done: int
    frames: int
    elapsed_s: float


OnProgress = Callable[[Progress], None]


def stat_media(manifest: Manifest, settings: Settings) -> dict[str, Medium]:
    """Resolve and stat the media of every recording of a room; reads no media byte.

    Returns:
        By recording sid: `stored` where there is a file inside the roots, else a `problem`.
    """
    raise NotImplementedError


def inputs_sha256(manifest: Manifest, media: Mapping[str, Medium]) -> str:
    """Digest over the recordings of a manifest and the size and version of each medium."""
    raise NotImplementedError


def plan_room(
    manifest: Manifest, template: Template, media: Mapping[str, Medium], settings: Settings
) -> tuple[Plan, dict[str, Medium]]:
    """Check the limit, index the packets of what is selected, and plan.

    Args:
        media: from `stat_media`, or with packet indexes from an earlier template of the same room,
            which are then not made again.

    Returns:
        The plan, and `media` with the packet indexes that were made.

    Raises:
        CompositionRefused: the inputs decide that it cannot be made.
    """
    raise NotImplementedError


def compose(
    job: Job, plan: Plan, settings: Settings, on_progress: OnProgress | None = None
) -> Outcome:
    """Render, verify and publish one composition under the store; records nothing.

    The render runs in its own process with a budget of time and memory. Safe to repeat and to
    kill: files appear by atomic rename, the medium last.

    Raises:
        RenderError: it could not be rendered or is not what was planned.
        StorageFailed: it could not be published.
    """
    raise NotImplementedError


def failed(job: Job, error: RoomreelError, started: datetime | None, now: datetime) -> Outcome:
    """The outcome of a job that ended with an error, for the catalog."""
    raise NotImplementedError
