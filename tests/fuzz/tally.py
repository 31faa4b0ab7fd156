"""What became of many inputs, for the table at the end of a run."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SEED = int(os.environ.get("FUZZ_SEED", "1"))
"""Of the long runs; the short ones always take the same."""


def count_of(name: str, usual: int) -> int:
    """How many inputs a long run makes: FUZZ_<name>, or as many as usual."""
    return int(os.environ.get(f"FUZZ_{name}", usual))


def peak_mb() -> int:
    """The most memory that this process, or one that it waited for, has had."""
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return max(resource.getrusage(one).ru_maxrss for one in who) // 1024


@dataclass
class Tally:
    """Outcomes by code, and the worst of times.

    Attributes:
        what: of the inputs.
        seed: that they were made from.
        remarks: what broke none, and wants to be looked at.
        failures: what broke a rule, in words; a run goes on to its end.
    """

    what: str
    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    worst_s: float = 0
    worst: str = ""

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long the block takes, where nothing took longer."""
        began = time.perf_counter()
        yield
        taken = time.perf_counter() - began
        if taken > self.worst_s:
            self.worst_s, self.worst = taken, name

    def fail(self, words: str) -> None:
        """Note, and print at once, what broke a rule."""
        self.failures.append(words)
        print(f"\nFAILED {words}", flush=True)

    def close(self) -> None:
        """Print the table; fails where anything broke a rule."""
        lines = [f"\n{self.what}, seed {self.seed}: {self.outcomes.total()} outcomes"]
        lines += [f"  {count:7}  {code}" for code, count in self.outcomes.most_common()]
        lines += [f"  longest {self.worst_s:.2f} s ({self.worst}), peak {peak_mb()} MB"]
        lines += [f"  to be looked at: {', '.join(self.remarks)}"] if self.remarks else []
        print("\n".join([*lines, *(f"  FAILED {failure}" for failure in self.failures)]))
        assert not self.failures, "\n".join(self.failures)
