"""What runs and judgements found: JSON lines, one a finding, so that a bench may stop and go on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one way; `stages` are CPU seconds by what a way tells of itself."""

    case: str
    way: str
    round: int
    cpu_s: float
    wall_s: float
    peak_bytes: int
    size_bytes: int
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an output looks and sounds.

    Attributes:
        vmaf: mean over the sampled pictures; None where there is no reference.
        sound_late_ms: of the beep against the flash; None where neither is found.
        note: why a way made nothing.
    """

    case: str
    way: str
    vmaf: float | None = None
    sound_late_ms: float | None = None
    note: str = ""


class Results:
    """All findings so far, and where new ones go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
        self.judgements: dict[tuple[str, str], Judgement] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._keep(_parsed(json.loads(line)))

    def add(self, finding: Run | Judgement) -> None:
        """Keep a finding, here and on disk."""
        self._keep(finding)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"kind": type(finding).__name__, **asdict(finding)}) + "\n")

    def rounds(self, case: str, way: str) -> int:
        """How many rounds a way has run."""
        return len(self.runs.get((case, way), ()))

    def figures(self, case: str, way: str, name: str) -> list[float]:
        """One figure of every round of a way."""
        return [getattr(run, name) for run in self.runs.get((case, way), ())]

    def cases(self) -> Iterable[str]:
        """The cases that ran, in the order of their first run."""
        return dict.fromkeys(case for case, _ in self.runs)

    def _keep(self, finding: Run | Judgement) -> None:
        key = (finding.case, finding.way)
        if isinstance(finding, Run):
            self.runs[key].append(finding)
        else:
            self.judgements[key] = finding


def _parsed(line: dict[str, object]) -> Run | Judgement:
    kinds = {kind.__name__: kind for kind in (Run, Judgement)}
    return kinds[str(line.pop("kind"))](**line)  # type: ignore[arg-type]
