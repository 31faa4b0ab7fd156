"""`roomreel media SID`: the path of a composition or recording, or a temporary link to it."""

from __future__ import annotations

from typing import Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config
from roomreel.errors import NotFound

DEFAULT_S = 600


def media(
    sid: Annotated[str, typer.Argument(metavar="SID", help="Of a composition or a recording.")],
    ttl: Annotated[
        int | None,
        typer.Option(
            "--ttl", min=1, max=3600, help=f"Seconds a link to S3 lasts; unset: {DEFAULT_S}."
        ),
    ] = None,
    inline: Annotated[
        bool, typer.Option("--inline", help="A link that plays in a browser, not one that saves.")
    ] = False,
    config: Config = None,
) -> None:
    """Print the path of a media file, or a temporary public link to one in S3."""
    from roomreel.cli.configuration import load
    from roomreel.cli.show import find
    from roomreel.compose.stored_settings import reach_external
    from roomreel.storage.location import is_remote, location_of

    settings = load(config)
    row = find(sid, settings)
    if row["status"] == "deleted" or not row.get("media_url"):
        raise NotFound(f"{sid} is {row['status']} and has no media", "roomreel show says why")
    if (ttl or inline) and not is_remote(row["media_url"]):
        console.say("--ttl and --inline are about links to S3, and this is a path", "yellow")
    if row.get("media_external_location"):
        reach_external(settings, location_of(row["media_url"]))
    console.out_literal(location(row["media_url"], ttl or DEFAULT_S, inline=inline))


def location(media_url: str, ttl: int, *, inline: bool) -> str:
    """Return the path of a medium, or a presigned link to it.

    Raises:
        NotFound: there is no file any more.
        StorageFailed: it cannot be looked at.
    """
    from roomreel.storage import link, stat
    from roomreel.storage.location import location_of

    place = location_of(media_url)
    if stat(place) is None:
        raise NotFound(f"{place} does not exist any more")
    return link(place, ttl, inline=inline)
