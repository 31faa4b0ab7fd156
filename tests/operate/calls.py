"""Rooms, templates and settings in a folder: the world of a site."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np

from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Table
from roomreel.settings import load


def hexid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


class Calls:
    """Rooms that ended yesterday, templates, and the settings, in a folder."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.rooms = folder, folder / "rooms"
        self.config = folder / "site.toml"
        self.log = folder / "standin.log"
        (folder / "layouts").mkdir()
        self.rooms.mkdir()
        values = {
            "manifests": str(self.rooms),
            "templates": str(folder / "layouts"),
            "media_roots": [str(self.rooms)],
            "store": str(folder / "store"),
        } | settings
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        self.config.write_text("\n".join(lines))
        self.sound("good.webm")

    def sound(self, name: str) -> None:
        """Write a medium with a second of noise to hear."""
        with av.open(str(self.rooms / name), "w", format="webm") as file:
            stream = file.add_stream("libopus", rate=48000, layout="mono")
            noise = np.random.default_rng(1).normal(0, 3000, (1, 48000)).astype("int16")
            frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
            frame.sample_rate = 48000
            file.mux(stream.encode(frame))
            file.mux(stream.encode())

    def pictures(self, name: str, seconds: int) -> None:
        """Write a medium with noise to see, which takes longer to compose than to make."""
        noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
        with av.open(str(self.rooms / name), "w", format="webm") as file:
            stream = file.add_stream("libvpx", rate=30, options={"deadline": "realtime"})
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for number in range(seconds * 30):
                picture = np.roll(noise, number, axis=1)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            file.mux(stream.encode())

    def template(self, name: str, **document: Any) -> None:
        document = {"schema": "roomreel.template/1", "friendly_name": name} | document
        (self.folder / "layouts" / f"{name}.json").write_text(json.dumps(document))

    def room(self, name: str, media: str = "good.webm", type_: str = "audio") -> str:
        end_time = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        sid = hexid("RM")
        recording = {
            "sid": hexid("RT"),
            "source_sid": hexid("MT"),
            "participant_sid": hexid("PA"),
            "track_name": type_,
            "type": type_,
            "status": "completed",
            "media": media,
        }
        room = {"sid": sid, "unique_name": name, "status": "completed", "end_time": end_time}
        document = {"schema": "roomreel.room/1", "room": room, "recordings": [recording]}
        (self.rooms / f"{sid}.json").write_text(json.dumps(document))
        return sid

    def rows(self) -> list[dict[str, Any]]:
        settings = load(self.config)
        catalog = Catalog.open(settings.catalog_root, settings.journal_root)
        rows: list[dict[str, Any]] = catalog.read(Table.COMPOSITIONS).to_pylist()
        return rows

    def mixed(self) -> list[str]:
        """What the stand-in was asked to render, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []
