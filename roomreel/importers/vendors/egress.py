"""Egresses of LiveKit, by all that documents say of each.

One is described by the manifest beside its files (`EG_….json`), and by the reply of the API
or the webhooks (`EgressInfo`), in snake_case or camelCase.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from roomreel.importers.claims import Claim
from roomreel.importers.delivery.node import Node

NANOSECOND = Fraction(1, 10**6)
"""In ms."""

_REQUESTS = {
    "track": "track",
    "trackComposite": "tracks",
    "track_composite": "tracks",
    "participant": "participant",
    "roomComposite": "composed",
    "room_composite": "composed",
    "web": "composed",
    "egress": "media",
    "replay": "media",
}
_RESULTS = ("fileResults", "file_results", "segmentResults", "segment_results", "file", "result")
_OF_INFO = frozenset(
    (*_REQUESTS, *_RESULTS, "request", "egressId", "status", "updatedAt", "updated_at")
)
"""Members that a manifest has none of."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file of an egress, as one document has it; times in Unix ms.

    Attributes:
        names: what it may be called in a listing.
    """

    names: tuple[str, ...]
    started: Claim | None = None
    ended: Claim | None = None
    size: Claim | None = None


@dataclass(slots=True)
class Egress:
    """An egress, by all that is said of it.

    Attributes:
        infos: newest first; `manifests`: those beside the files.
    """

    id: str
    infos: list[Node] = field(default_factory=list)
    manifests: list[Node] = field(default_factory=list)

    def get(self, *names: str) -> Node:
        """Return the first value that any document has by one of these names."""
        found = [one.get(*names) for one in (*self.infos, *self.manifests)]
        return next((one for one in found if one.value not in (None, "")), found[0])

    def take(self, node: Node) -> bool:
        """Take a document of it, and return whether it is a manifest."""
        if not _OF_INFO & node.value.keys():
            self.manifests.append(node)
            return True
        self.infos.append(node)
        self.infos.sort(key=_newness, reverse=True)
        return False

    @property
    def documents(self) -> set[str]:
        """The names of the files that speak of it."""
        return {one.file for one in (*self.infos, *self.manifests)}

    @property
    def request(self) -> tuple[str | None, Node]:
        """The kind of what was asked for, and its members."""
        for info in self.infos:
            case = info.get("request").get("case").text
            if case in _REQUESTS:
                return _REQUESTS[case], info.get("request").get("value")
            for member, kind in _REQUESTS.items():
                if isinstance(info.get(member).value, dict):
                    return kind, info.get(member)
        return None, self.get("request")

    @property
    def asked_at(self) -> Claim | None:
        """The time at which the request was taken, which is seconds before the first packet."""
        known = (time_of(one.get("startedAt", "started_at")) for one in self.infos)
        return self.noted_at or next(filter(None, known), None)

    @property
    def noted_at(self) -> Claim | None:
        """The same, of a manifest."""
        known = (time_of(one.get("started_at")) for one in self.manifests)
        return next(filter(None, known), None)

    def outputs(self) -> list[Output]:
        """Return its files, each once: as the newest document has it."""
        found: dict[str, Output] = {}
        for result in self._results():
            names = (result.get("filename").text, result.get("location").text)
            output = Output(
                tuple(filter(None, names)),
                time_of(result.get("startedAt", "started_at")),
                time_of(result.get("endedAt", "ended_at")),
                result.get("size").claim(),
            )
            if output.names or output.started:
                found.setdefault(_base(output.names) or "", output)
        return list(found.values())

    def _results(self) -> Iterator[Node]:
        for info in self.infos:
            yield from info.get("fileResults", "file_results").items()
            yield info.get("file")
            if info.get("result").get("case").text == "file":
                yield info.get("result").get("value")
        for manifest in self.manifests:
            for file in manifest.get("files").items():
                # Its times are those of the manifest, and none of its own.
                yield Node(file.file, file.pointer, _members(file, "filename", "location"))


def time_of(node: Node) -> Claim | None:
    """Return Unix nanoseconds as a claim in ms; None where there are none, or 0 for not known."""
    wrapped = node.get("$numberLong") if isinstance(node.value, dict) else node
    claim = wrapped.claim(NANOSECOND)
    return claim if claim is not None and claim.value > 0 else None


def _base(names: tuple[str, ...]) -> str | None:
    return next((posixpath.basename(name.split("?")[0]) for name in names), None)


def _members(node: Node, *names: str) -> Mapping[str, Any]:
    members = node.value if isinstance(node.value, dict) else {}
    return {name: members.get(name) for name in names}


def _newness(info: Node) -> Fraction:
    times = (("updatedAt", "updated_at"), ("endedAt", "ended_at"), ("startedAt", "started_at"))
    known = (time_of(info.get(*one)) for one in times)
    return max((Fraction(claim.value) for claim in known if claim), default=Fraction(0))
