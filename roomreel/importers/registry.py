"""The importers: those of roomreel, and those of packages that are installed beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from roomreel.errors import ArgumentsInvalid, DeliveryInvalid, ImporterBroken
from roomreel.importers.claims import Draft
from roomreel.importers.port import API, Importer, Listing, Match, Options
from roomreel.importers.vendors.daily import Daily
from roomreel.importers.vendors.files import Files
from roomreel.importers.vendors.jitsi import Jitsi
from roomreel.importers.vendors.livekit import LiveKit
from roomreel.importers.vendors.openvidu import OPENVIDU
from roomreel.importers.vendors.recognised import EXPLAINED
from roomreel.importers.vendors.sora import Sora
from roomreel.importers.vendors.twilio import Twilio
from roomreel.importers.vendors.vonage import VONAGE
from roomreel.text import did_you_mean, listed, printable

GROUP = "roomreel.importers"
"""The group of entry points in which packages name their importers."""

BUILT_IN: tuple[Importer, ...] = (
    Twilio(),
    LiveKit(),
    VONAGE,
    OPENVIDU,
    Daily(),
    Jitsi(),
    Sora(),
    Files(),
)
"""In the order in which they are named to people."""


class Plugin:
    """An importer of another package, which is loaded once it is used.

    Whatever goes wrong in it is an `ImporterBroken` that names the package.
    """

    api = API

    def __init__(self, entry: EntryPoint, taken: bool = False) -> None:
        self.name = entry.name
        self._entry = entry
        self._taken = taken

    @property
    def distribution(self) -> str:
        """Name and version of the package."""
        package = self._entry.dist
        return f"{package.name} {package.version}" if package else self._entry.value

    @property
    def title(self) -> str:
        """The service or recorder, for people.

        Raises:
            ImporterBroken: it cannot be loaded.
        """
        return str(self._loaded.title)

    def detect(self, files: Listing) -> Match:
        """Return how surely a delivery is its vendor's.

        Raises:
            ImporterBroken: it does not work.
        """
        importer = self._loaded
        try:
            match = importer.detect(files)
            return Match(min(max(int(match.score), 0), 100), str(match.why))
        except (Exception, SystemExit) as error:
            raise self._broken("detect raises", error) from error

    def read(self, files: Listing, options: Options) -> Iterator[Draft]:
        """Yield the rooms of a delivery.

        Raises:
            DeliveryInvalid: it says that it cannot be read.
            ImporterBroken: it does not work.
        """
        importer = self._loaded
        try:
            for draft in importer.read(files, options):
                if not isinstance(draft, Draft):
                    raise TypeError(f"it yields {type(draft).__name__}, no Draft")  # noqa: TRY301
                yield draft
        except DeliveryInvalid:
            raise
        except (Exception, SystemExit) as error:
            raise self._broken("read raises", error) from error

    @cached_property
    def _loaded(self) -> Importer:
        if self._taken:
            raise self._refusal(f"another importer is called {self.name}")
        try:
            found = self._entry.load()
            importer: Importer = found() if callable(found) else found
            name, api, _ = importer.name, importer.api, importer.title
        except (Exception, SystemExit) as error:
            raise self._broken("it cannot be loaded:", error) from error
        if api != API:
            raise self._refusal(f"it is written for version {api!r} of the port, not {API}")
        if name != self.name:
            raise self._refusal(f"it calls itself {name!r}")
        return importer

    def _broken(self, doing: str, error: BaseException) -> ImporterBroken:
        return self._refusal(f"{doing} {type(error).__name__}: {error}")

    def _refusal(self, reason: str) -> ImporterBroken:
        return ImporterBroken(
            printable(f"the importer {self.name} of {self.distribution} is not used: {reason}"),
            "update or remove that package, or ask those who made it",
        )


def importers() -> Sequence[Importer]:
    """Return the importers in a fixed order, those of other packages behind ours, not loaded."""
    taken = {one.name for one in (*BUILT_IN, *EXPLAINED)}
    found: list[Importer] = [*BUILT_IN]
    for entry in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        found.append(Plugin(entry, entry.name in taken))
        taken.add(entry.name)
    return tuple(found)


def candidates() -> Sequence[Importer]:
    """Return whatever recognises deliveries: importers, and those that only say what one is."""
    return (*importers(), *EXPLAINED)


def importer_of(name: str) -> Importer:
    """Return the importer of a name.

    Raises:
        ArgumentsInvalid: there is none.
    """
    for one in candidates():
        if one.name == name:
            return one
    names = [one.name for one in importers()]
    raise ArgumentsInvalid(
        f"there is no importer {name!r}", did_you_mean(name, names) or f"there are: {listed(names)}"
    )
