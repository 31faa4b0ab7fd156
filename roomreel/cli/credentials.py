"""`roomreel credentials ...`: public keys and keys of S3 that clients of the API may name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Csv, Json

if TYPE_CHECKING:
    from roomreel.documents.stored_settings import Credential
    from roomreel.model.key_source import KeySource

_COLUMNS = ("sid", "name", "encryption", "buckets", "file", "block", "problem")


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is known by.")],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Of a public key, or JSON with keys of S3 and their buckets; it lies under this "
            "path on every machine that composes, and on that of the service.",
        ),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            "--block",
            metavar="BLOCK",
            help="Secret block of Prefect that holds what a file would; it is read from the server "
            "that PREFECT_API_URL names.",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Register a public key, or keys of S3, and print the sid that clients name it by."""
    from roomreel.cli.configuration import load
    from roomreel.service.settings.credentials import add_credential

    credential = add_credential(load(config), name, _source(file, block))
    console.out(credential.sid)
    if credential.buckets:
        console.say("Clients name it as AwsCredentialsSid of CompositionSettings.")
    else:
        console.say("Clients name it as EncryptionKeySid of CompositionSettings, and of")
        console.say("RecordingSettings where it is a key of RSA.")


def list_credentials(as_json: Json = False, as_csv: Csv = False, config: Config = None) -> None:
    """List what is registered by name: how files are encrypted for a key, or buckets; problems."""
    from roomreel.cli.configuration import load
    from roomreel.compose.stored_settings import list_credentials as read

    how = rows.form(as_json=as_json, as_csv=as_csv)
    rows.print_rows([_row(one) for one in read(load(config))], _COLUMNS, how)


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_SID", help="Of the credential.")],
    config: Config = None,
) -> None:
    """Remove a credential from those that clients may name; its file or block stays."""
    from roomreel.cli.configuration import load
    from roomreel.service.settings.credentials import remove_credential

    credential = remove_credential(load(config), name)
    console.say(f"{credential.sid} ({credential.name}) is not registered any more")


def _source(file: Path | None, block: str | None) -> KeySource:
    from roomreel.errors import ArgumentsInvalid
    from roomreel.model.key_source import BLOCK_NAME, Block

    if file is not None and block is None:
        return file
    if block is None or file is not None:
        raise ArgumentsInvalid("a credential is in one place: give --file, or --block")
    if not BLOCK_NAME.fullmatch(block):
        raise ArgumentsInvalid(
            f"{block!r} is no name of a block",
            "it has lower-case letters, digits, dashes and underscores, 100 at most",
        )
    return Block(block)


def _row(credential: Credential) -> rows.Row:
    from roomreel.compose.stored_settings import encryption_for
    from roomreel.encryption.keys import read_public_key
    from roomreel.errors import RoomreelError
    from roomreel.model.key_source import Block
    from roomreel.storage.accounts import read_account

    source = credential.source
    said = dict.fromkeys(_COLUMNS, "") | {"sid": credential.sid, "name": credential.name}
    said |= {"block": source.name} if isinstance(source, Block) else {"file": str(source)}
    try:
        if credential.buckets:
            said["buckets"] = ", ".join(credential.buckets)
            read_account(source)
        else:
            said["encryption"] = encryption_for(read_public_key(source))
    except RoomreelError as error:
        said["problem"] = error.message.removeprefix("public_key: ")
    return said
