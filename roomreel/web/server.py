"""The server of the application: uvicorn, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from roomreel.errors import ServiceFailed, SettingsInvalid
from roomreel.settings.serving import Serving

# Requests that are under way when it ends have so long.
GRACE_S = 10
_KEEP_ALIVE_S = 30
_HEADER_BYTES = 32 * 1024
_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Listening:
    """Address of a server.

    Attributes:
        certificate: PEM file of TLS; None: plain HTTP.
        key: PEM file of its private key.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """The scheme of its URL."""
        return "https" if self.certificate else "http"


def refuse_open(listening: Listening, settings: Serving, *, insecure: bool) -> None:
    """Refuse an address that others reach, without anything that encrypts.

    Raises:
        SettingsInvalid: it is such an address.
    """
    encrypted = listening.certificate or settings.forwarded_allow
    if is_loopback(listening.host) or encrypted or insecure:
        return
    raise SettingsInvalid(
        f"{listening.host} is not an address of this machine alone, and credentials would travel "
        "in the clear",
        "give --certificate and --key; or name the proxy that encrypts in forwarded_allow; or say "
        "--insecure",
    )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def serving(app: ASGIApp, listening: Listening) -> Iterator[threading.Thread]:
    """Serve an application as long as the block lasts; requests under way are then finished.

    Yields:
        The thread that serves; it ends by itself only where something is wrong.

    Raises:
        ServiceFailed: the address cannot be had.
    """
    with _bound(listening) as bound:
        config = uvicorn.Config(
            app,
            # By what is installed it would be another parser, whose bounds are not those tested.
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            # Whose words count is for the guard.
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="web")
        thread.start()
        try:
            yield thread
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _bound(listening: Listening) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        bound = socket.create_server(
            (listening.host, listening.port), family=family, backlog=_BACKLOG
        )
    except OSError as error:
        where = f"{listening.host}, port {listening.port}"
        raise ServiceFailed(
            f"cannot listen at {where}: {error.strerror}", "choose another --host or --port"
        ) from error
    with bound:
        yield bound
