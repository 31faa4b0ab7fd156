"""Files of packets as Jitsi's exporter of sound writes them, one event a line."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

STEP = 960
"""Samples of a packet of 20 ms."""

SILENCE = bytes([0xF8, 0xFF, 0xFE])


class Exporter:
    """What the exporter has written so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        number, about = json.dumps(str(len(self.lines) + 1)), json.dumps(body)
        self.lines.append(
            f'{{"event":"{kind}","sequenceNumber":{number},"{kind}":{about},"event":"{kind}"}}'
        )

    def start(self, tag: str, endpoint: str | None = None, **more: Any) -> None:
        form = {"encoding": "opus", "sampleRate": 48000, "channels": 2}
        custom = {} if endpoint is None else {"customParameters": {"endpointId": endpoint}}
        self._write("start", {"tag": tag, "mediaFormat": form, **custom, **more})

    def media(self, tag: str, chunk: int, timestamp: int, payload: bytes = SILENCE) -> None:
        text = base64.b64encode(payload).decode()
        about = {"tag": tag, "chunk": str(chunk), "timestamp": str(timestamp), "payload": text}
        self._write("media", about)

    def run(
        self,
        tag: str,
        timestamp: int,
        payloads: Iterable[bytes],
        chunk: int = 0,
        lost: Sequence[int] = (),
        paused: dict[int, int] | None = None,
    ) -> None:
        """Write packets of 20 ms.

        Args:
            lost: numbers of packets that never came.
            paused: samples of a pause before the packet of a number.
        """
        for number, payload in enumerate(payloads):
            timestamp += (paused or {}).get(number, 0)
            if number not in lost:
                self.media(tag, chunk + number, timestamp, payload)
            timestamp += STEP

    @property
    def data(self) -> bytes:
        return "".join(line + "\n" for line in self.lines).encode()
