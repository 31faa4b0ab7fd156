"""Files of templates: those of the folder of the settings, and hooks that came by the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from roomreel.model.location import Location
from roomreel.settings.places import LAYOUTS, Places
from roomreel.storage import discover_stamped, find_documents

_HOOK = re.compile(r"HK[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The files of templates, in the order in which they count: of two of one name the first does.

    Attributes:
        stamps: by path or URL, a text that is another one when its bytes are.
        hooks: those among them that came by the API.
    """

    stamps: Mapping[str, str]
    hooks: frozenset[str]

    @property
    def urls(self) -> list[str]:
        """Paths or URLs of all."""
        return [*self.stamps]


def find_template_files(settings: Places) -> TemplateFiles:
    """Return where all templates are.

    Raises:
        StorageFailed: a folder cannot be read; that of hooks need not be there.
    """
    hooks = find_hook_files(settings)
    others = discover_stamped(settings.templates_root)
    # What comes with roomreel gives way.
    stamps = hooks | others if settings.templates is None else others | hooks
    return TemplateFiles(stamps, frozenset(hooks))


def find_hook_files(settings: Places) -> dict[str, str]:
    """Return where the hooks are that came by the API, each with its stamp.

    Raises:
        StorageFailed: their folder cannot be read.
    """
    stamps = find_documents(settings.hooks_root)
    return {url: stamp for url, stamp in stamps.items() if _HOOK.fullmatch(stem_of(url))}


def hook_file(settings: Places, sid: str) -> Location:
    """Return where the hook of a sid is that came by the API, or would be.

    Args:
        sid: HK and 32 hex digits in lower case.
    """
    if not _HOOK.fullmatch(sid):
        raise ValueError(f"no sid of a hook: {sid}")
    return settings.hooks_root / f"{sid}.json"


def stem_of(url: str) -> str:
    """Return the name of a file, without .json."""
    return PurePosixPath(url).stem


def is_shipped(url: str) -> bool:
    """Return whether a template comes with roomreel."""
    return str(PurePosixPath(url).parent) == LAYOUTS
