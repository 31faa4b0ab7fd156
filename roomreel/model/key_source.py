"""Places where keys are kept: files of a machine, and blocks of Prefect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK_NAME = re.compile(r"[a-z0-9_-]{1,100}")
"""A name that Prefect lets a block have; it goes into a URL."""


@dataclass(frozen=True, slots=True)
class Block:
    """A Secret block of Prefect."""

    name: str

    def __str__(self) -> str:
        return f"the Secret block {self.name!r}"


KeySource = Path | Block
