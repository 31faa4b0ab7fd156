"""Evidence: what else of a room decides a composition, beside what is seen and heard in it."""

from __future__ import annotations

from roomreel.model.overlay import TextOverlay
from roomreel.model.speaker import Evidence
from roomreel.model.template import CellOrder, ChapterKind, Template
from roomreel.plan.variables import SPEAKER, variables_of


def asks_who_talks(template: Template) -> bool:
    """Return whether anything in a template depends on who talks."""
    said = (one.text for one in template.overlays if isinstance(one, TextOverlay))
    return (
        any(region.order is CellOrder.SPEAKER for region in template.all_regions)
        or any(region.tile.talking_border is not None for region in template.all_regions)
        or any(rule.when.asks_who_talks for rule in template.layout_rules)
        or any(SPEAKER in variables_of(text) for text in said)
    )


def listens(template: Template) -> bool:
    """Return whether the sound of a room says who talks."""
    return template.speaker.evidence is Evidence.SOUND and asks_who_talks(template)


def reads_events(template: Template) -> bool:
    """Return whether events of a room can decide anything, so that they are inputs."""
    return (
        any(rule.when.reads_events for rule in template.layout_rules)
        or ChapterKind.MARKS in template.chapters
        or (template.speaker.evidence is Evidence.EVENTS and asks_who_talks(template))
    )
