"""A folder of manifests, and what is in one."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import NOON, sid_of

ROOM = sid_of("RM", 1, NOON.date())


def said(moment: datetime | None) -> str | None:
    return moment and moment.isoformat()


def document(*recordings: int, number: int = 1, dates: bool = True, **about: Any) -> dict[str, Any]:
    """The manifest of a room that goes on."""
    return {
        "schema": "roomreel.room/1",
        "room": {
            "sid": sid_of("RM", number, NOON.date()),
            "unique_name": f"call {number}",
            "status": "in-progress",
            "date_created": said(NOON) if dates else None,
            **about,
        },
        "participants": [{"sid": sid_of("PA", 1), "identity": "alice"}],
        "recordings": [
            {
                "sid": sid_of("RT", one),
                "participant_sid": sid_of("PA", 1),
                "source_sid": sid_of("MT", one),
                "track_name": "camera",
                "type": "video",
                "status": "processing",
                "date_created": said(NOON + timedelta(seconds=one)) if dates else None,
            }
            for one in recordings
        ],
    }


class Folder:
    """The folder of manifests."""

    def __init__(self, settings: Settings) -> None:
        self.root = Path(settings.manifests)
        self.root.mkdir()
        self._writes = 0

    def write(self, name: str, content: Any) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        file = self.root / name
        file.write_bytes(text)
        # However fast the test is, the clock of the disk goes on.
        self._writes += 1
        os.utime(file, ns=(self._writes, self._writes))

    def remove(self, name: str) -> None:
        (self.root / name).unlink()
