"""`roomreel manifest FOLDER`: a draft of a room manifest from the media files of a folder."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config
from roomreel.errors import NotFound
from roomreel.model.formats import TAKEN

if TYPE_CHECKING:
    from roomreel.draft.folder import LeftOut
    from roomreel.draft.room import FoundTrack
    from roomreel.model.room import Room


def manifest(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the recordings lie.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The room's unique name; unset: the folder's.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a manifest.")] = False,
    config: Config = None,
) -> None:
    """Draft FOLDER/room.json from recordings, so that `plan` and `compose` can be tried on them.

    A file named alice-camera.mkv is taken for the track "camera" of "alice", and names of known
    recorders for what they say; any other file is a participant of its own. What is skipped is
    said, with the reason. All containers are taken to share one clock: edit "offset" (ms) where one
    does not.
    """
    from roomreel.storage.rooms import MANIFEST

    target = folder / MANIFEST
    if target.exists() and not force:
        raise typer.BadParameter(f"{target} is there already; --force replaces it")
    from roomreel.cli.configuration import load
    from roomreel.draft.room import draft
    from roomreel.draft.search import recordings_in

    found, left_out = recordings_in(folder, load(config).memory_limit_bytes, [MANIFEST])
    say_left_out(left_out)
    if not found:
        raise NotFound(
            f"no file in {folder} has sound or pictures that can be read", f"taken are: {TAKEN}"
        )
    say_rules(found)
    write(draft(name or folder.resolve().name or "room", found), target)


def say_left_out(left_out: Sequence[LeftOut]) -> None:
    """Say what of the folder is not in the manifest, and why."""
    for one in left_out:
        console.say(f"skipped: {one.name}: {one.reason}", "yellow")
    if any(one.not_taken for one in left_out):
        console.say(f"taken are: {TAKEN}")


def write(room: Room, target: Path) -> None:
    """Write the manifest, and say what to do with it.

    Raises:
        DocumentInvalid: it would be no valid one, as with a name that is too long.
        OutputRefused: what is there is no manifest.
    """
    from roomreel.cli.files import write_text
    from roomreel.compose.outputs import Made
    from roomreel.documents.manifest import manifest_text, parse_manifest

    text = manifest_text(room)
    parse_manifest(text.encode(), str(target))
    write_text(target, text, Made.MANIFEST)
    console.out_literal(str(target))
    console.say(
        f"{len(room.recordings)} recordings of {len(room.participants)} participants; next:"
    )
    out = f"{target.absolute().parent.name or 'room'}.mp4"
    argv = ["roomreel", "compose", str(target), "--template", "grid", "--out", out]
    console.say(f"  {shlex.join(argv)}")


def say_rules(found: Iterable[FoundTrack]) -> None:
    """Say by which rule the names of the files gave participants."""
    from roomreel.draft.names import parse_name

    rules = Counter(parse_name(path.stem).rule for path in {one.path for one in found})
    words = ", ".join(f"{rule} ({count})" for rule, count in sorted(rules.items()))
    console.say(f"participants by the names of the files: {words}")
