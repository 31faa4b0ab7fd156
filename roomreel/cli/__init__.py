"""The command line: a verb a module, and each verb parses, builds and executes.

Verbs import what is heavy inside their functions, so that one starts fast whatever the others need.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from roomreel import __version__
from roomreel.cli import (
    callbacks,
    catalog,
    columns,
    compose,
    console,
    credentials,
    delete,
    demo,
    doctor,
    importing,
    keys,
    listing,
    manifest,
    media,
    nightly,
    plan,
    report,
    retention,
    serve,
    service,
    show,
    sql,
    up,
    validate,
)
from roomreel.cli.streams import outlive_readers
from roomreel.errors import OutOfMemory, RoomreelError, StorageFailed

_OUT_OF_MEMORY = (
    f"roomreel: {OutOfMemory.code}: the process may not have the memory it needs\n"
    "  raise its limit\n"
).encode()

VERBS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "validate": validate.validate,
    "plan": plan.plan,
    "compose": compose.compose,
    "nightly": nightly.nightly,
    "list": listing.list_rows,
    "show": show.show,
    "sql": sql.sql,
    "columns": columns.columns,
    "report": report.report,
    "media": media.media,
    "delete": delete.delete,
    "retention": retention.retention,
    "up": up.up,
    "serve": serve.serve,
    "import": importing.import_delivery,
    "manifest": manifest.manifest,
    "doctor": doctor.doctor,
}

app = typer.Typer(
    name="roomreel",
    help="Compose the recorded tracks of video calls into playable files, with catalogs to query.",
    no_args_is_help=True,
    add_completion=False,
    # The lines of a docstring are no lines of the help.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for _name, _verb in VERBS.items():
    app.command(_name)(_verb)

_catalog = typer.Typer(help="Maintain the catalogs.", no_args_is_help=True)
for _verb in (catalog.check, catalog.recover, catalog.upgrade, catalog.rebuild, catalog.move):
    _catalog.command(_verb.__name__)(_verb)
app.add_typer(_catalog, name="catalog")

_keys = typer.Typer(help="Say who may use the API and the console.", no_args_is_help=True)
for _verb in (keys.create, keys.list_keys, keys.revoke, keys.rotate, keys.link):
    _keys.command(_verb.__name__.removesuffix("_keys"))(_verb)
app.add_typer(_keys, name="keys")

_callbacks = typer.Typer(no_args_is_help=True, help="Deliveries of events to applications.")
for _verb in (callbacks.list_callbacks, callbacks.show, callbacks.redeliver):
    _callbacks.command(_verb.__name__.removesuffix("_callbacks"))(_verb)
app.add_typer(_callbacks, name="callbacks")

_credentials = typer.Typer(help="Say which keys clients of the API may name.", no_args_is_help=True)
for _verb in (credentials.add, credentials.list_credentials, credentials.remove):
    _credentials.command(_verb.__name__.removesuffix("_credentials"))(_verb)
app.add_typer(_credentials, name="credentials")

_service = typer.Typer(help="Maintain the service database.", no_args_is_help=True)
_service.command("reindex")(service.reindex)
app.add_typer(_service, name="service")


def _version(asked: bool) -> None:
    if asked:
        console.out(f"roomreel {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where an internal error came from.")
    ] = False,
) -> None:
    del version, traceback  # done with when it was read, and read by `main` where it is too late


def _run() -> None:
    try:
        app()
    finally:
        sys.stdout.flush()  # here a full disk can still be reported


def _out_of_memory() -> NoReturn:
    # Without the console, which needs memory for its styles.
    os.write(2, _OUT_OF_MEMORY)
    sys.exit(OutOfMemory.exit_code)


def _lacks_memory(error: Exception) -> bool:
    """Return whether the code of an extension ran out of memory, which it does not always say."""
    text = str(error)
    if isinstance(error, ImportError):
        return "failed to map segment" in text
    is_lost = isinstance(error, SystemError) and "without" in text and "exception" in text
    return is_lost and resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def main() -> None:
    """Run the verb that the process was started with, and exit with the code of what happened."""
    outlive_readers()
    try:
        _run()
    except RoomreelError as error:
        console.report(error)
        sys.exit(error.exit_code)
    except MemoryError:
        _out_of_memory()
    except OSError as error:
        # What verbs read and write is translated; what is left is their output: a full disk.
        console.report(StorageFailed(str(error)))
        sys.exit(StorageFailed.exit_code)
    except Exception as error:  # noqa: BLE001  the edge of the command line
        if _lacks_memory(error):
            _out_of_memory()
        console.report_internal(error, with_traceback="--traceback" in sys.argv)
        sys.exit(RoomreelError.exit_code)
