"""Find out whose deliveries the files of a folder or archive are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from roomreel.errors import ImportAmbiguous, ImporterBroken, ImportUnrecognised
from roomreel.importers.delivery.listing import Delivery
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import Importer, Match
from roomreel.text import counted, printable

LEAST_SCORE = 20
"""A lower one is a guess for people only."""

SURE_SCORE = 60
"""From here on a score is of a vendor: there is no need to look into folders."""

MARGIN = 10
"""The best one wins by so much."""

LEVELS = 2
"""How deep deliveries may lie in folders."""

_MOST_GUESSES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A delivery that was recognised."""

    files: Delivery
    importer: Importer
    match: Match


class Detection:
    """One search for the importers of deliveries.

    Args:
        strict: whether an importer that does not work is an error.

    Attributes:
        broken: importers that did not work, by their names.
    """

    def __init__(self, importers: Iterable[Importer], *, strict: bool = False) -> None:
        self._importers = tuple(importers)
        self._strict = strict
        self.broken: dict[str, Finding] = {}

    def note_broken(self, name: str, error: ImporterBroken) -> None:
        """Use an importer no longer, and keep why."""
        self.broken.setdefault(name, Finding(Code.IMPORTER_BROKEN, name, error.message))

    def find(self, files: Delivery) -> list[Found]:
        """Return the deliveries in these files: they themselves, or what lies in folders of them.

        Raises:
            ImportAmbiguous: some of them may be of several importers.
            ImportUnrecognised: none is recognised; says the best guesses, and why each failed.
        """
        matches = self._matches(files)
        found = self._find(files, matches, LEVELS)
        if found:
            return found
        raise _unrecognised(files, matches)

    def _find(self, files: Delivery, matches: Sequence[Found], levels: int) -> list[Found]:
        rivals = _rivals(matches)
        if rivals and rivals[0].match.score >= SURE_SCORE and len(rivals) == 1:
            return rivals
        inside = self._inside(files, levels)
        if any(one.match.score >= SURE_SCORE for one in inside):
            return inside
        if len(rivals) > 1:
            raise _ambiguous(files, rivals)
        return rivals or inside

    def _inside(self, files: Delivery, levels: int) -> list[Found]:
        if not levels:
            return []
        below = (files.below(folder) for folder in files.folders)
        return [
            one for folder in below for one in self._find(folder, self._matches(folder), levels - 1)
        ]

    def _matches(self, files: Delivery) -> list[Found]:
        """Return what each importer says, the surest first."""
        found = []
        for importer in self._importers:
            if importer.name in self.broken:
                continue
            try:
                found.append(Found(files, importer, importer.detect(files)))
            except ImporterBroken as error:
                if self._strict:
                    raise
                self.note_broken(importer.name, error)
        return sorted(found, key=lambda one: -one.match.score)


def _rivals(matches: Sequence[Found]) -> list[Found]:
    """Return the best that is good enough, with all that are nearly as good."""
    best = matches[0].match.score if matches else 0
    if best < LEAST_SCORE:
        return []
    return [one for one in matches if one.match.score > best - MARGIN]


def _ambiguous(files: Delivery, rivals: Sequence[Found]) -> ImportAmbiguous:
    names = " or ".join(one.importer.name for one in rivals)
    return ImportAmbiguous(
        printable(f"{files.title} may be {names}:") + _guesses(rivals),
        "say which before the folder, as in: roomreel import"
        f" {rivals[0].importer.name} FOLDER; or put what is of each service into a folder of its"
        " own",
    )


def _unrecognised(files: Delivery, matches: Sequence[Found]) -> ImportUnrecognised:
    title = printable(files.title)
    if not files.sizes:
        return ImportUnrecognised(f"{title} holds no file", "is it the folder that you mean?")
    return ImportUnrecognised(
        f"{title} is no delivery that is known, of {counted(len(files.sizes), 'file')}; the best"
        " guesses:" + _guesses(matches[:_MOST_GUESSES]),
        "name the service before the folder if you know it; `roomreel doctor` lists them, and"
        " `roomreel manifest FOLDER` takes a folder of recordings of any origin",
    )


def _guesses(matches: Sequence[Found]) -> str:
    lines = (f"{one.importer.name}, {one.match.score} of 100: {one.match.why}" for one in matches)
    return "".join(f"\n  {printable(line)}" for line in lines)
