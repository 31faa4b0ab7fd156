"""Parts of a composition that are kept until it is joined, addressed by what decides them.

A retry, or the run after one that was killed, finds those that were finished. So do the processes
that render one composition together, and the composition whose pictures were rendered with
those of another.

    <parts of the composition>/<digest>/part.mp4
    <parts of the composition>/<digest>/made.json
    <parts of the composition>/<digest>/witness.npy     of pictures
    <parts of the composition>/<digest>/loudness.npy    of sound
    <parts of the composition>/<digest>/SHA256SUMS      of the others, as sha256sum writes it
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from roomreel.media.mux import PART_SUFFIX
from roomreel.model.composition import Decoded
from roomreel.model.loudness import Leveled, Measured
from roomreel.model.template import Format
from roomreel.render.energy import Energy
from roomreel.render.fingerprint import FrameFingerprint
from roomreel.storage.failure import storage_errors
from roomreel.storage.replace import refuse_unwritable, replace_folder
from roomreel.storage.walk import clear_away, entries

# Names of the files: those of the first version, whose parts are still used.
MADE, FINGERPRINT, ENERGY, SUMS = "made.json", "witness.npy", "loudness.npy", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class RenderedPart:
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
        """True if it is there; the folder appears whole or not at all.

        Raises:
            StorageFailed: the folder cannot be looked for.
        """
        with storage_errors("look for", self.folder):
            return self.folder.is_dir()

    @property
    def wall_s(self) -> float:
        """Its share of the time it took to make; 0 where it is not there."""
        return self.read().wall_s if self.is_finished else 0.0

    def read(self) -> PartContents:
        """Read what was recorded while it was made.

        Raises:
            StorageFailed: it cannot be read.
            RenderError: it is damaged.
        """
        with storage_errors("read", self.folder):
            made, fingerprint, energy = (
                (self.folder / name).read_bytes() for name in (MADE, FINGERPRINT, ENERGY)
            )
        noted = json.loads(made)
        return PartContents(
            self.media,
            {sid: Decoded(**values) for sid, values in noted["decoded"].items()},
            FrameFingerprint.from_bytes(fingerprint),
            Energy.from_bytes(energy),
            noted["wall_s"],
            None if (leveled := noted.get("leveled")) is None else _leveled(leveled),
        )

    def drop_damaged(self) -> None:
        """Remove the part if its files are not those that were made, so that it is made again.

        After a loss of power, or on a disk that fails, it may be anything.
        """
        try:
            if _sums(self.folder).encode() == (self.folder / SUMS).read_bytes():
                return
        except OSError:
            pass
        clear_away(self.folder)

    @contextmanager
    def make(self, scratch: Path, at_once: int = 1) -> Iterator[PartContents]:
        """Make it: the block writes `media` and fills in the rest; then it appears.

        Args:
            at_once: how many parts share the time that the block takes.

        Raises:
            StorageFailed: it cannot be kept; if that is known before, nothing is made.
        """
        folder, started = scratch / self.folder.name, time.monotonic()
        with storage_errors("keep", self.folder):
            refuse_unwritable(self.folder.parent)
        with storage_errors("make", folder):
            folder.mkdir()
        try:
            contents = PartContents(folder / self.media.name)
            yield contents
            with storage_errors("keep", self.folder):
                contents.wall_s = (time.monotonic() - started) / at_once
                decoded = {sid: asdict(seen) for sid, seen in contents.decoded.items()}
                noted = {"wall_s": contents.wall_s, "decoded": decoded}
                if contents.leveled is not None:
                    noted["leveled"] = asdict(contents.leveled)
                (folder / MADE).write_text(json.dumps(noted))
                (folder / FINGERPRINT).write_bytes(contents.fingerprint.to_bytes())
                (folder / ENERGY).write_bytes(contents.heard.to_bytes())
                (folder / SUMS).write_text(_sums(folder))
                # Where another process made the same part, one is as good as the other.
                replace_folder(folder, self.folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def copy_to(self, other: RenderedPart, scratch: Path) -> None:
        """Make the same part of another composition, out of this one, unless it is there.

        Raises:
            StorageFailed: it could not be kept.
        """
        if other.is_finished:
            return
        with storage_errors("keep", other.folder):
            copy = Path(shutil.copytree(self.folder, scratch / other.folder.name))
            replace_folder(copy, other.folder)


@dataclass(slots=True)
class PartContents:
    """The contents of a part, complete or not.

    Attributes:
        media: its file, one stream.
        decoded: counts of what was decoded, by recording sid.
        fingerprint: of its pictures, frames counted from the start of the composition.
        heard: the energy of its sound.
        wall_s: its share of the time that it took.
        leveled: how its sound was brought to a loudness, or would be without a gain; else None.
    """

    media: Path
    decoded: dict[str, Decoded] = field(default_factory=dict)
    fingerprint: FrameFingerprint = field(default_factory=FrameFingerprint)
    heard: Energy = field(default_factory=Energy)
    wall_s: float = 0.0
    leveled: Leveled | None = None


def _leveled(noted: Any) -> Leveled:
    return Leveled(noted["mix_gain_db"], Measured(**noted["file"]))


def _sums(folder: Path) -> str:
    """Return the digests of the files in a folder, a line each, by name."""
    files = [entry.path for entry in entries(folder) if entry.path.name != SUMS]
    return "".join(f"{_sha256_of(file)}  {file.name}\n" for file in files)


def _sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
