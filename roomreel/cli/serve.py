"""`roomreel serve`: the REST API, with all that composes behind it."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console, site
from roomreel.cli.keys import show_link
from roomreel.cli.options import Config, Json
from roomreel.cli.serve_checks import of_service
from roomreel.errors import ServiceFailed

if TYPE_CHECKING:
    from roomreel.settings import Reading
    from roomreel.web.server import Listening

_LOOK_S = 0.5


def serve(  # noqa: PLR0913, PLR0917  an option a parameter
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8080,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM file of a certificate, for HTTPS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of its private key.")] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Listen unencrypted where other machines reach it."),
    ] = False,
    database: site.DatabaseUrl = None,
    prefect_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of Prefect's server and UI.")
    ] = 4200,
    encodes: site.Encodes = None,
    runs: site.MostRuns = None,
    webhook: site.WebhookUrl = None,
    link: Annotated[
        bool,
        typer.Option("--link", help="Print a link that signs in to the console, once."),
    ] = False,
    check: site.CheckOnly = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Answer the REST API and the console, with Prefect's server and workers behind them."""
    from roomreel.cli.configuration import read
    from roomreel.web.server import Listening, refuse_open

    listening = Listening(host, port, certificate, key)
    reading = read(config)
    refuse_open(listening, reading.settings, insecure=insecure)
    options = site.options_of(database, prefect_port, encodes, runs, webhook)
    os.environ.update(site.environment(reading, options))
    if check:
        site.check_site(reading, options, as_json=as_json, more=of_service(reading.settings))
    site.prepare_to_stay()
    _make_folders(reading)
    _serve(listening, reading, options, link=link)


def _serve(
    listening: Listening, reading: Reading, options: site.SiteOptions, *, link: bool
) -> None:
    """Serve until a signal comes, or something ends that should not.

    Args:
        link: whether a link to sign in is printed, as it is at the first start.

    Raises:
        RoomreelError: something does not start, or has ended.
    """
    from roomreel.flows.orchestration.request_runs import RequestRuns
    from roomreel.flows.site.processes import processes
    from roomreel.service.access.account_file import CurrentAccount, has_account
    from roomreel.service.database.connections import open_database
    from roomreel.service.duties import duties
    from roomreel.service.requests.dispatcher import Dispatcher
    from roomreel.service.service import Service
    from roomreel.web.access_log import keep_log
    from roomreel.web.app import make_app
    from roomreel.web.server import serving
    from roomreel.web.site import site_of

    settings = reading.settings
    keep_log(settings.log_file)
    database = open_database(settings)
    is_first = not has_account(settings)
    account = CurrentAccount(settings)
    wake = threading.Event()
    at = site_of(settings, listening.host, listening.port, listening.scheme)
    service = Service(settings, database, account.get, at.url, wake.set)
    holder = f"{socket.gethostname()} {os.getpid()}"
    dispatcher = Dispatcher(database, RequestRuns(), settings, holder, wake)
    # It answers while the rest starts: what is asked for meanwhile waits.
    with (
        closing(database),
        processes(settings.prefect_root) as started,
        serving(make_app(service, at), listening) as thread,
        duties(service, dispatcher) as doing,
    ):
        console.out_literal(f"API: {at.url}/v1, account {service.account.sid}")
        console.out_literal(f"Console: {at.url}/console")
        if link or is_first:
            show_link(database, service.account, at.url)
        site.bring_up(options, started)
        dispatcher.may_start.set()
        while thread.is_alive():
            started.check()
            doing.check()
            time.sleep(_LOOK_S)
    raise ServiceFailed("the server of the API has ended", "see what it said before")


def _make_folders(reading: Reading) -> None:
    """Make the folders that a first start in an empty one needs.

    That of manifests only where none is set: another name may be a mistake.

    Raises:
        StorageFailed: one cannot be made.
    """
    from roomreel.settings.reading import DEFAULT
    from roomreel.storage.failure import storage_errors
    from roomreel.storage.replace import make_folder

    settings = reading.settings
    # Prefect complains where its home is missing as it is imported.
    folders = [settings.prefect_root]
    if reading.sources["manifests"] == DEFAULT:
        folders.append(Path(settings.manifests))
    for folder in folders:
        with storage_errors("make", folder):
            make_folder(folder)
