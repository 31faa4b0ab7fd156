"""Serve Prefect for one run, as `runtime` starts it: `python -m` this module, and a descriptor.

Prefect can start a temporary server by itself, but that one outlives a run that was killed. This
one serves the bound socket it inherits as FD, writes a line to standard output once it answers, and
ends with the process that holds the other end of its standard input.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

import uvicorn
from prefect.server.api.server import create_app


class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        sys.stdout.write("ready\n")
        sys.stdout.flush()


def _end_with_parent() -> None:
    # The kernel closes the pipe however the parent ends; the database survives an abrupt end.
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve the API until standard input closes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    listener = socket.socket(fileno=int(sys.argv[1]))
    # ephemeral: no web pages and no schedules, which a server of minutes has no use for.
    app = create_app(ephemeral=True, final=True)
    config = uvicorn.Config(app, log_level="error", lifespan="on")
    _Announced(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
