"""A receiver of callbacks in a process of its own, that answers as the path of a URL says.

    /ok  /status/503  /slow/3  /never  /redirect/http://...  /gigabyte  /drip  /lines  /headers
    /nonsense  /closes  /fails/2 (so often, for each token)

It writes one line of JSON for each request, as it came.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

_FAILED: Counter[str] = Counter()


@dataclass(frozen=True)
class Receiver:
    """A receiver at work."""

    port: int
    file: Path

    def url(self, path: str = "/ok", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def requests(self) -> list[dict[str, Any]]:
        """Return what has come, in order."""
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def events(self, stream: str) -> list[str]:
        """Return the names of the events of a composition, in order."""
        given = [one["parameters"] for one in self.requests()]
        return [one["StatusCallbackEvent"] for one in given if one.get("CompositionSid") == stream]


@contextmanager
def receiver(file: Path, port: int = 0) -> Iterator[Receiver]:
    """Run one as long as the block lasts."""
    file.touch()
    command = [sys.executable, str(Path(__file__)), str(file), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Receiver(int(process.stdout.readline()), file)
        finally:
            process.kill()


async def _answer(kind: str, rest: str, token: str, writer: asyncio.StreamWriter) -> None:
    if kind == "fails" and _FAILED[token] < int(rest):
        _FAILED[token] += 1
        kind, rest = "status", "503"
    if kind in {"slow", "never"}:
        await asyncio.sleep(float(rest or 3600))
    if kind == "status":
        writer.write(_head(int(rest), "Content-Length: 2\r\nRetry-After: 7") + b"no")
    elif kind == "redirect":
        writer.write(_head(302, f"Location: {rest}\r\nContent-Length: 0"))
    elif kind in _ENDLESS:
        await _write_on(writer, *_ENDLESS[kind])
    else:
        writer.write(_PLAIN.get(kind, _OK))


async def _write_on(writer: asyncio.StreamWriter, size: int, pause_s: float) -> None:
    writer.write(_head(200, f"Content-Length: {1 << 30}"))
    for _ in range((1 << 30) // size):
        writer.write(b"x" * size)
        await writer.drain()
        await asyncio.sleep(pause_s)


def _head(status: int, headers: str) -> bytes:
    return f"HTTP/1.1 {status} X\r\n{headers}\r\n\r\n".encode()


_OK = _head(200, "Content-Length: 2") + b"ok"
_PLAIN = {
    "lines": _head(400, "Content-Length: 27") + b"one\r\n[ERROR] forged\x1b[31m\0\xff\n",
    "headers": _head(200, "X: " + "x" * (1 << 24)),
    "nonsense": b"220 mail.example.org ESMTP\r\n",
    "closes": b"",
}
# Size of a piece in bytes, and the pause after it in seconds; a gigabyte in all.
_ENDLESS = {"gigabyte": (1 << 20, 0.0), "drip": (1, 0.2)}


async def _serve(file: Path, port: int) -> None:
    log = file.open("a", buffering=1)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.rstrip().split("\r\n")
            method, target, _ = line.split(" ")
            headers = {
                name.lower(): value for name, _, value in (f.partition(": ") for f in fields)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            path, _, query = target.partition("?")
            given = dict(parse_qsl(query if method == "GET" else body.decode()))
            entry = {"at": time.time(), "method": method, "target": target, "headers": headers}
            log.write(json.dumps(entry | {"body": body.decode(), "parameters": given}) + "\n")
            kind, _, rest = path.lstrip("/").partition("/")
            await _answer(kind, rest, headers.get("i-twilio-idempotency-token", ""), writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    # Another receiver, by its address.
    other = await asyncio.start_server(handle, "127.0.0.2", port, backlog=1024)
    print(port, flush=True)
    async with server, other:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
