"""Read the rooms of deliveries, by the importer that is named, or by the one that is found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from roomreel.errors import DeliveryInvalid, ImporterBroken, ImportUnrecognised
from roomreel.importers.claims import Draft
from roomreel.importers.delivery.listing import Delivery
from roomreel.importers.delivery.unreferenced import with_unreferenced
from roomreel.importers.detect import Detection, Found
from roomreel.importers.finding import Finding
from roomreel.importers.port import Importer, Match, Options
from roomreel.text import no_such


@dataclass(frozen=True, slots=True)
class Reading:
    """A delivery, and what was read in it.

    Attributes:
        failure: why nothing was; None where something was.
    """

    found: Found
    drafts: tuple[Draft, ...]
    failure: DeliveryInvalid | None = None

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that recordings of its rooms are in."""
        return frozenset[str]().union(*(one.files for one in self.drafts))

    def of_rooms(self, sids: Collection[str]) -> Reading:
        """Return it with the rooms of these sids alone."""
        return replace(self, drafts=tuple(one for one in self.drafts if one.sid in sids))


def read_named(files: Delivery, importer: Importer, options: Options) -> list[Reading]:
    """Return what an importer reads in a folder or archive, or in folders of it.

    Raises:
        ImporterBroken: it does not work.
    """
    try:
        found = Detection([importer], strict=True).find(files)
    except ImportUnrecognised:
        # Who says the name may know better than the signs do; if not, the reader says why.
        found = [Found(files, importer, Match(0, "named by you"))]
    return [_read(one, options) for one in found]


def read_found(
    files: Delivery, importers: Iterable[Importer], options: Options
) -> tuple[list[Reading], list[Finding]]:
    """Return what is read in a folder or archive by the importers that recognise it.

    One that breaks is left out, and all is done as if it were not there.

    Returns:
        The deliveries, and a finding for each importer that broke.

    Raises:
        ImportAmbiguous: a delivery may be of several of them.
        ImportUnrecognised: none of them recognises it.
    """
    detection = Detection(importers)
    while True:
        readings = []
        try:
            for found in detection.find(files):
                culprit = found.importer.name
                readings.append(_read(found, options))
        except ImporterBroken as error:
            detection.note_broken(culprit, error)
            continue
        return readings, list(detection.broken.values())


def only_room(readings: Iterable[Reading], room: str | None) -> Iterator[Reading]:
    """Yield the deliveries with the one room of an id, name or sid; None: with all.

    Raises:
        NotFound: there is none; names those there are.
    """
    readings = list(readings)
    if room is not None and not any(_is_of(one, room) for r in readings for one in r.drafts):
        there_are = (one.name or one.id for reading in readings for one in reading.drafts)
        raise no_such("room", room, there_are)
    for reading in readings:
        drafts = tuple(one for one in reading.drafts if room is None or _is_of(one, room))
        if drafts or room is None:
            yield Reading(reading.found, drafts, reading.failure)


def _is_of(draft: Draft, room: str) -> bool:
    return room in {draft.id, draft.name, draft.sid}


def _read(found: Found, options: Options) -> Reading:
    try:
        drafts = tuple(found.importer.read(found.files, options))
    except ImporterBroken:
        raise
    except DeliveryInvalid as error:
        return Reading(found, (), error)
    if drafts:
        return Reading(found, tuple(with_unreferenced(drafts, found.files)))
    none = DeliveryInvalid(f"{found.importer.name} finds no room in {found.files.title}")
    return Reading(found, (), none)
