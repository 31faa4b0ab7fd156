"""Parts of a composition that are kept until it is joined, addressed by what decides them.

A retry, or the run after one that was killed, finds those that were finished. So do the processes
that render one composition together, and the composition whose pictures were drawn together with
those of another.

    <parts of the composition>/<digest>/part.mp4
    <parts of the composition>/<digest>/made.json
    <parts of the composition>/<digest>/witness.npy     of pictures
    <parts of the composition>/<digest>/loudness.npy    of sound
"""

from __future__ import annotations

import errno
import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from roomreel import __version__
from roomreel.media.encode import PART_SUFFIX
from roomreel.model.composition import Decoded
from roomreel.model.template import Format
from roomreel.render.loudness import Loudness
from roomreel.render.witness import Witness
from roomreel.storage.failure import plain_words

MADE, WITNESS, LOUDNESS = "made.json", "witness.npy", "loudness.npy"


@dataclass(frozen=True, slots=True)
class Part:
    """A finished or unfinished part.

    Attributes:
        folder: where it is once it is finished.
    """

    folder: Path
    format: Format

    @property
    def media(self) -> Path:
        """Its file, one stream."""
        return self.folder / f"part.{PART_SUFFIX[self.format]}"

    @property
    def is_finished(self) -> bool:
        """Whether it is there; the folder appears whole or not at all."""
        return self.folder.is_dir()

    def made(self) -> Made:
        """What was noted while it was made.

        Raises:
            StorageFailed: it cannot be read.
            RenderError: it is damaged.
        """
        with plain_words("read", self.folder):
            told, witness, loudness = (
                (self.folder / name).read_bytes() for name in (MADE, WITNESS, LOUDNESS)
            )
        noted = json.loads(told)
        return Made(
            self.media,
            {sid: Decoded(**values) for sid, values in noted["decoded"].items()},
            Witness.from_bytes(witness),
            Loudness.from_bytes(loudness),
            noted["wall_s"],
        )

    @contextmanager
    def making(self, scratch: Path, at_once: int = 1) -> Iterator[Made]:
        """Make it: the block writes `media` and notes the rest; then it appears.

        Args:
            at_once: how many parts share the time that the block takes.

        Raises:
            StorageFailed: it could not be kept.
        """
        folder, started = scratch / self.folder.name, time.monotonic()
        with plain_words("make", folder):
            folder.mkdir()
        try:
            made = Made(folder / self.media.name)
            yield made
            with plain_words("keep", self.folder):
                made.wall_s = (time.monotonic() - started) / at_once
                decoded = {sid: asdict(seen) for sid, seen in made.decoded.items()}
                noted = {"wall_s": made.wall_s, "decoded": decoded}
                (folder / MADE).write_text(json.dumps(noted))
                (folder / WITNESS).write_bytes(made.witness.to_bytes())
                (folder / LOUDNESS).write_bytes(made.heard.to_bytes())
                _rename(folder, self.folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def copy_to(self, other: Part, scratch: Path) -> None:
        """Make the same part of another composition, out of this one, unless it is there.

        Raises:
            StorageFailed: it could not be kept.
        """
        if other.is_finished:
            return
        with plain_words("keep", other.folder):
            copy = Path(shutil.copytree(self.folder, scratch / other.folder.name))
            _rename(copy, other.folder)


@dataclass(slots=True)
class Made:
    """A part, being made or made.

    Attributes:
        media: its file, one stream.
        decoded: what decoding showed, by recording sid.
        witness: what its pictures should show, frames counted from the start of the composition.
        heard: what its sound should sound like.
        wall_s: its share of the time that it took.
    """

    media: Path
    decoded: dict[str, Decoded] = field(default_factory=dict)
    witness: Witness = field(default_factory=Witness)
    heard: Loudness = field(default_factory=Loudness)
    wall_s: float = 0.0


def digest(*what: object) -> str:
    """The name of a part that is decided by these values and the version of the engine."""
    return hashlib.sha256(repr((__version__, *what)).encode()).hexdigest()[:32]


def _rename(folder: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(place)
    except OSError as error:
        if error.errno == errno.EXDEV:  # parts that machines share are on a file system of theirs
            beside = place.with_name(f".{secrets.token_hex(8)}")
            try:
                shutil.copytree(folder, beside)
                _rename(beside, place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        # Another process made the same part: one is as good as the other.
        elif error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
