"""Parts of a composition that are kept until it is joined, addressed by what decides them.

A retry, or the run after one that was killed, finds those that were finished. So do the processes
that render one composition together, and the composition whose pictures were drawn together with
those of another.

    <parts of the composition>/<digest>/part.mp4
    <parts of the composition>/<digest>/decoded.json
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from roomreel import __version__
from roomreel.media.encode import PART_SUFFIX, VideoEncoder
from roomreel.model.composition import Decoded
from roomreel.model.template import Format
from roomreel.storage.failure import plain_words

SEEN = "decoded.json"


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

    def decoded(self) -> dict[str, Decoded]:
        """What decoding showed while it was made, by recording sid."""
        with plain_words("read", self.folder / SEEN):
            seen = json.loads((self.folder / SEEN).read_text())
        return {sid: Decoded(**values) for sid, values in seen.items()}

    @contextmanager
    def making(self, scratch: Path) -> Iterator[Making]:
        """Make it: the block writes `media` and fills `decoded`; then it appears.

        Raises:
            StorageFailed: it could not be kept.
        """
        folder = scratch / self.folder.name
        with plain_words("make", folder):
            folder.mkdir()
        try:
            making = Making(folder / self.media.name)
            yield making
            with plain_words("keep", self.folder):
                seen = {sid: asdict(decoded) for sid, decoded in making.decoded.items()}
                (folder / SEEN).write_text(json.dumps(seen))
                self.folder.parent.mkdir(parents=True, exist_ok=True)
                _rename(folder, self.folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Making:
    """A part being made: where its file goes, and what decoding showed."""

    media: Path
    decoded: dict[str, Decoded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PictureMaking:
    """A part of pictures being made."""

    encoder: VideoEncoder
    decoded: dict[str, Decoded]


def digest(*what: object) -> str:
    """The name of a part that is decided by these values and the version of the engine."""
    return hashlib.sha256(repr((__version__, *what)).encode()).hexdigest()[:32]


def _rename(folder: Path, place: Path) -> None:
    try:
        folder.rename(place)
    except OSError as error:
        # Another process made the same part: one is as good as the other.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
