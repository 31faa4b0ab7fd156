"""Avatars of participants: as evidence for a plan, and as files for a render.

They are media of the manifest, and lie where recordings do; what is drawn of them is images, as
assets are. One that cannot be drawn fails nothing: others stand in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from roomreel.compose.media import LOOKS_AT_ONCE, media_at_hand, stat_file
from roomreel.errors import MediaUnreadable, StorageFailed
from roomreel.media.image_check import check_images
from roomreel.model.images import LARGEST_BYTES
from roomreel.model.location import without_secrets
from roomreel.model.look import Avatar, Overlay
from roomreel.model.media import MediaFile, Problem, Stored
from roomreel.model.plan import WarningCode
from roomreel.model.room import Manifest, Participant
from roomreel.model.template import Template
from roomreel.plan import people_with_avatars
from roomreel.settings.rendering import Sources
from roomreel.storage import read_bytes


def stat_avatars(manifest: Manifest, template: Template, settings: Sources) -> dict[str, MediaFile]:
    """Resolve and stat the avatars that a template may show; reads no byte of them.

    Returns:
        By the sid of the participant: `stored` where there is a file, and a `problem` where it
        cannot be one that is drawn.

    Raises:
        SettingsInvalid: one is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    people = people_with_avatars(manifest.room, template)
    if not people:
        return {}
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        found = pool.map(lambda one: _stat(manifest.url, one, settings), people)
        return {person.sid: medium for person, medium in zip(people, found, strict=True)}


def look_at_avatars(
    manifest: Manifest, template: Template, settings: Sources
) -> dict[str, Avatar | Problem]:
    """Return the avatars that a template may show, or why they cannot be drawn, by participant.

    Raises:
        SettingsInvalid: one is encrypted, and the private key cannot be used.
        StorageFailed: a store cannot be asked.
    """
    media = stat_avatars(manifest, template, settings)
    stored = {sid: one.stored for sid, one in media.items() if one.stored and not one.problem}
    why_not = {sid: one.problem.message for sid, one in media.items() if one.problem}
    drawable: dict[str, Avatar] = {}
    with media_at_hand(stored, settings, copied=True) as files:
        opened = {sid: one.location for sid, one in files.items() if isinstance(one, Stored)}
        why_not |= {sid: one.message for sid, one in files.items() if isinstance(one, Problem)}
        for sid, image in check_images(opened).items():
            if image.why_not:
                why_not[sid] = image.why_not
            else:
                drawable[sid] = Avatar(sid, image.sha256)
    return drawable | {sid: _problem(manifest, sid, why) for sid, why in why_not.items()}


def bring_avatars(
    overlays: Iterable[Overlay], manifest: Manifest, folder: Path, settings: Sources
) -> dict[str, str]:
    """Copy the avatars that overlays draw into a folder of this machine.

    Returns:
        Their paths there, by SHA-256.

    Raises:
        MediaUnreadable: one is another one than when it was planned.
        StorageFailed: a store cannot be asked.
    """
    drawn = {
        state.drawing.participant_sid: state.drawing
        for overlay in overlays
        for state in overlay.states
        if isinstance(state.drawing, Avatar)
    }
    people = [manifest.room.participant(sid) for sid in sorted(drawn)]
    media = {one.sid: _stat(manifest.url, one, settings) for one in people}
    stored = {sid: one.stored for sid, one in media.items() if one.stored and not one.problem}
    brought: dict[str, str] = {}
    with media_at_hand(stored, settings, copied=True) as files:
        for sid, avatar in drawn.items():
            data = _read(files.get(sid))
            if data is None or hashlib.sha256(data).hexdigest() != avatar.sha256:
                raise MediaUnreadable(
                    f"the avatar of {manifest.room.name_of(sid)} ({sid}) changed since the"
                    " composition was planned",
                    "compose again: the next run takes what is there then",
                )
            file = folder / avatar.sha256
            file.write_bytes(data)
            brought[avatar.sha256] = str(file)
    return brought


def _stat(manifest_url: str, person: Participant, settings: Sources) -> MediaFile:
    medium = stat_file(manifest_url, person.avatar or "", settings)
    if medium.stored and not medium.problem and medium.stored.size_bytes > LARGEST_BYTES:
        too_large = f"it has more than {LARGEST_BYTES} bytes"
        return MediaFile(medium.stored, problem=Problem(WarningCode.AVATAR_MISSING, too_large))
    return medium


def _read(file: Stored | Problem | None) -> bytes | None:
    """Return the bytes of a file at hand; None where there is none."""
    if not isinstance(file, Stored):
        return None
    try:
        return read_bytes(file.location, LARGEST_BYTES)
    except StorageFailed:
        return None


def _problem(manifest: Manifest, sid: str, why_not: str) -> Problem:
    path = without_secrets(manifest.room.participant(sid).avatar or "")[:200]
    return Problem(WarningCode.AVATAR_MISSING, f"cannot draw the avatar {path!r}: {why_not}")
