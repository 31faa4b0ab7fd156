"""Files of a delivery by what its documents call them: their paths there are those of a service."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urlsplit

from roomreel.importers.port import Listing


class Beside:
    """The files of a listing, found from a document that names them."""

    def __init__(self, files: Listing) -> None:
        self._names = files.sizes.keys()
        self._by_base: dict[str, list[str]] = {}
        for name in files.sizes:
            self._by_base.setdefault(posixpath.basename(name), []).append(name)

    def find(self, document: str, *called: str | None) -> str | None:
        """Return the name in the listing of a file, or None where it is not there.

        A path counts from the folder of the document; else the file is there by its base name, or
        the only one of that name elsewhere. Of a URL the last part of its path counts.

        Args:
            document: name of the document.
            called: what it may call the file, the likeliest first; None is passed over.
        """
        folder = posixpath.dirname(document)
        for name in filter(None, called):
            path = _path(name)
            base = posixpath.basename(path)
            for near in (posixpath.join(folder, path), posixpath.join(folder, base)):
                if base and near in self._names:
                    return near
            elsewhere = self._by_base.get(base, [])
            if len(elsewhere) == 1:
                return elsewhere[0]
        return None


def _path(name: str) -> str:
    if "://" not in name:
        return name.replace("\\", "/").removeprefix("./")
    try:
        return posixpath.basename(unquote(urlsplit(name).path))
    except ValueError:  # such as of an odd port or host
        return ""
