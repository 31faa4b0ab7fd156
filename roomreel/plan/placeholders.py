"""Placeholders: what is seen of somebody in a cell in which no picture is shown."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator

from roomreel.model.look import Colour, Drawing, Fill, Fit, Image, Initials
from roomreel.model.media import Problem
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Participant
from roomreel.model.tiles import Placeholder, PlaceholderKind
from roomreel.plan.stage import Stage
from roomreel.text import first_character, shown_name

PALETTE = tuple(
    map(
        Colour.parse,
        (
            *("#b3261e", "#c2185b", "#8e24aa", "#5e35b1", "#3949ab", "#1565c0"),
            *("#00688b", "#00796b", "#2e7d32", "#56701c", "#a04a00", "#6d4c41"),
        ),
    )
)
"""Of participants; white letters are legible on each."""


def placeholder_drawing(
    placeholder: Placeholder, person: Participant, stage: Stage
) -> Drawing | None:
    """Return what stands for a participant; None where nothing does.

    Raises:
        AssetMissing: an image of the template does, and cannot be drawn.
    """
    is_image = placeholder.kind is PlaceholderKind.IMAGE
    if is_image and (avatar := stage.avatar(person.sid)) is not None:
        return avatar
    if (path := placeholder.drawn_image) is not None:
        return Image(path, stage.asset(path).sha256, Fit.COVER)
    color = placeholder.color or own_colour(person.sid)
    match placeholder.kind:
        case PlaceholderKind.COLOR:
            return Fill(color)
        case PlaceholderKind.INITIALS | PlaceholderKind.IMAGE:
            return Initials(initials(person.name), color)
        case PlaceholderKind.NONE | PlaceholderKind.LAST_FRAME:
            return None


def missing_avatars(stage: Stage) -> Iterator[PlanWarning]:
    """Yield a warning for each avatar that would be seen and cannot be drawn."""
    for layout in stage.layouts:
        if layout.asked.tile.placeholder.kind is PlaceholderKind.IMAGE:
            for tile in layout.tiles:
                problem = stage.avatars.get(tile.participant_sid)
                if isinstance(problem, Problem) and any(any(stage.runs(one)) for one in tile.blank):
                    name = shown_name(stage.room.name_of(tile.participant_sid))
                    message = f"{name} ({tile.participant_sid}): {problem.message}"
                    yield PlanWarning(WarningCode.AVATAR_MISSING, "", message)


def own_colour(participant_sid: str) -> Colour:
    """Return the colour of a participant, the same in every composition."""
    return PALETTE[hashlib.sha256(participant_sid.encode()).digest()[0] % len(PALETTE)]


def initials(name: str) -> str:
    """Return the first characters of the first and of the last word of a name."""
    words = [_without_marks(word) for word in shown_name(name).rstrip("…").split()]
    ends = words[:1] if len(words) < 2 else [words[0], words[-1]]
    return "".join(map(first_character, ends))


def _without_marks(word: str) -> str:
    """Return a word from its first letter, digit or symbol on; one of marks alone as it is."""
    start = next((i for i, c in enumerate(word) if unicodedata.category(c)[0] != "P"), 0)
    return word[start:]
