"""Images of strangers, looked at: each is decoded once by a child, and known by its bytes then."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from roomreel.errors import RenderError, StorageFailed
from roomreel.model.images import LARGEST_BYTES
from roomreel.process import isolate
from roomreel.process.in_turn import read_in_turn
from roomreel.storage import read_bytes

START_S, PER_IMAGE_S = 60.0, 30.0
MEMORY_BYTES = 1_000_000_000
"""Of a child: the largest image that is decoded takes a second, and 0.5 GB."""

MOST_KNOWN = 4096
"""Images that are remembered: of a room for all its templates, and of those who are often there."""

_known: OrderedDict[str, str] = OrderedDict()
"""By digest, why an image cannot be drawn; "" where it can."""


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """A file that was looked at.

    Attributes:
        sha256: of its bytes, hex; "" where they could not be read.
        why_not: why it cannot be drawn, in words; "" where it can.
    """

    sha256: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    key: str
    path: str


def check_images(files: Mapping[str, str]) -> dict[str, CheckedImage]:
    """Return what is found of the files of images, by the same keys.

    Args:
        files: their paths on this machine.
    """
    digests: dict[str, str] = {}
    found: dict[str, CheckedImage] = {}
    for key, path in files.items():
        try:
            digests[key] = hashlib.sha256(read_bytes(path, LARGEST_BYTES)).hexdigest()
        except StorageFailed as error:
            found[key] = CheckedImage("", error.message)
    unknown = {key: _File(key, files[key]) for key, one in digests.items() if one not in _known}
    for key, image in _decode(unknown).items():
        if isinstance(image, RenderError):  # perhaps it is the machine's fault: not remembered
            found[key] = CheckedImage(digests[key], f"it cannot be decoded: {image.message}")
        elif image.sha256 == digests[key]:
            _remember(image)
        else:
            found[key] = CheckedImage(digests[key], "it changed while it was looked at")
    known = {key: CheckedImage(one, _known.get(one, "")) for key, one in digests.items()}
    return {key: found.get(key) or known[key] for key in files}


def _decode(files: Mapping[str, _File]) -> dict[str, CheckedImage | RenderError]:
    budget = isolate.Budget(START_S + PER_IMAGE_S * len(files), MEMORY_BYTES, START_S)
    return read_in_turn(check_in_turn, files, budget)


def check_in_turn(
    files: tuple[_File, ...], notify: isolate.Notify[tuple[str, CheckedImage]]
) -> None:
    """The child's side of `check_images`: notifies what each file is."""
    # It is large, and not every process of ours draws.
    from roomreel.media import vips

    for file in files:
        try:
            data = read_bytes(file.path, LARGEST_BYTES)
        except StorageFailed as error:
            notify((file.key, CheckedImage("", error.message)))
            continue
        why_not = ""
        try:
            vips.check_image(data)
        except vips.ImageInvalid as error:
            why_not = str(error)
        notify((file.key, CheckedImage(hashlib.sha256(data).hexdigest(), why_not)))


def _remember(image: CheckedImage) -> None:
    _known[image.sha256] = image.why_not
    while len(_known) > MOST_KNOWN:
        _known.popitem(last=False)
