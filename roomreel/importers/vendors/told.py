"""All that documents of LiveKit say: of its egresses, and of who published which track.

They are taken as they are, in a list, or in the messages of webhooks and the replies of the API.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from roomreel.importers.delivery.node import Node
from roomreel.importers.vendors.egress import Egress
from roomreel.importers.vendors.track_ids import Source, source_in_id, source_named

_WRAPPERS = ("egressInfo", "egress_info", "items")


@dataclass(slots=True)
class Told:
    """All that the documents of a delivery say.

    Attributes:
        sources: by the id of a track.
        publishers: identity, by the id of a track; `names`: display names by identity.
        attributes: of participants, by identity.
    """

    egresses: dict[str, Egress] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    publishers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)

    def take(self, node: Node) -> None:
        """Take what a document says, whichever of those it is."""
        for one in node.items():
            self.take(one)
        if not isinstance(node.value, dict):
            return
        egress_id = node.get("egressId", "egress_id").text
        if egress_id is not None:
            self._take_egress(egress_id, node)
            return
        self._take_event(node)
        for member in _WRAPPERS:
            if node.get(member).value is not None:
                self.take(node.get(member))

    def source_of(self, track: str) -> Source:
        """Return kind and name of a track, as far as they are known."""
        return self.sources.get(track) or source_in_id(track)

    def _take_egress(self, egress_id: str, node: Node) -> None:
        if not self.egresses.setdefault(egress_id, Egress(egress_id)).take(node):
            return
        track, identity = node.get("track_id").text, node.get("publisher_identity").text
        kind, source = node.get("track_kind").text, node.get("track_source").text
        self._take_track(track, identity, kind, source)
        for other in (node.get("audio_track_id").text, node.get("video_track_id").text):
            self._take_track(other, identity, None, None)

    def _take_event(self, node: Node) -> None:
        """Take a webhook about a participant or a track."""
        person, track = node.get("participant"), node.get("track")
        identity, name = person.get("identity").text, person.get("name").text
        if identity and name:
            self.names[identity] = name
        said = person.get("attributes").value
        if identity and isinstance(said, dict):
            texts = {key: value for key, value in said.items() if isinstance(value, str)}
            self.attributes[identity] = self.attributes.get(identity, {}) | texts
        kind, source = track.get("type").text, track.get("source").text
        self._take_track(track.get("sid").text, identity, kind, source)

    def _take_track(
        self, track: str | None, identity: str | None, kind: str | None, source: str | None
    ) -> None:
        if track is None:
            return
        if identity:
            self.publishers[track] = identity
        if kind or source:
            self.sources[track] = source_named(kind, source)
