"""Hooks as they are in both of their places, read again only where a file has changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from roomreel.batch.edge import attempt
from roomreel.batch.reading import parse_ready, refuse_equal, refuse_other_sid
from roomreel.batch.selection import ReadyTemplate
from roomreel.batch.template_files import TemplateFiles, find_template_files, is_shipped
from roomreel.documents.template import hook_text
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import RoomreelError
from roomreel.settings.batches import Batches
from roomreel.storage import read_bytes


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook.

    Attributes:
        is_file: whether it is a template of the operator's, which the API does not change.
        is_enabled: whether it composes rooms; a template may be left out by the settings, too.
        problem: why it composes none though it is enabled: another one has its name.
    """

    ready: ReadyTemplate
    is_file: bool
    is_enabled: bool
    problem: RoomreelError | None = None

    @property
    def sid(self) -> str:
        """Its own sid, or that of its name."""
        return self.ready.template.hook_sid

    @property
    def version(self) -> str:
        """A text that is another one whenever the hook was changed."""
        return hashlib.sha256(hook_text(self.ready.template).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class HooksRead:
    """All hooks, as they are now.

    Attributes:
        hooks: of two of one name the first one counts.
        problems: by path or URL, why documents cannot be used.
    """

    hooks: tuple[Hook, ...]
    problems: Mapping[str, RoomreelError]


@dataclass(frozen=True)
class HookReader:
    """Reads hooks, and keeps what was read."""

    settings: Batches
    _kept: dict[str, tuple[str, ReadyTemplate | RoomreelError]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self) -> HooksRead:
        """Return the hooks of both places.

        Raises:
            StorageFailed: a folder cannot be read.
        """
        with self._lock:
            return self._read()

    def template_names(self) -> list[str]:
        """Return the names of all templates there are, those that come with roomreel included.

        Raises:
            StorageFailed: a folder cannot be read.
        """
        with self._lock:
            files = self._find_files()
            found = [
                self._fetch(url, stamp, is_hook=url in files.hooks)
                for url, stamp in files.stamps.items()
            ]
        names = {one.name for one in found if isinstance(one, ReadyTemplate)}
        return sorted(names, key=str.casefold)

    def _find_files(self) -> TemplateFiles:
        files = find_template_files(self.settings)
        for gone in self._kept.keys() - files.stamps.keys():
            del self._kept[gone]
        return files

    def _read(self) -> HooksRead:
        files = self._find_files()
        urls = [url for url in files.urls if url in files.hooks or self._has_own_templates(url)]
        hooks: list[Hook] = []
        problems: dict[str, RoomreelError] = {}
        for url in urls:
            found = self._fetch(url, files.stamps[url], is_hook=url in files.hooks)
            if isinstance(found, RoomreelError):
                problems[url] = found
                continue
            error = attempt(refuse_equal, found, [hook.ready for hook in hooks])
            if error is not None:
                problems[url] = error
            # A sid leads to one of them.
            if found.template.hook_sid not in {hook.sid for hook in hooks}:
                is_file = url not in files.hooks
                enabled = found.template.enabled and (not is_file or self._is_used(found.name))
                hooks.append(Hook(found, is_file, enabled, error))
        return HooksRead(tuple(hooks), problems)

    def _fetch(self, url: str, stamp: str, *, is_hook: bool) -> ReadyTemplate | RoomreelError:
        kept = self._kept.get(url)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        data = attempt(read_bytes, url, SIZE_LIMIT_BYTES)
        if isinstance(data, RoomreelError):  # read again at the next time
            return data
        found = attempt(parse_ready, data, url)
        if is_hook and isinstance(found, ReadyTemplate):
            found = attempt(refuse_other_sid, found) or found
        self._kept[url] = (stamp, found)
        return found

    def _has_own_templates(self, url: str) -> bool:
        return self.settings.templates is not None or not is_shipped(url)

    def _is_used(self, name: str) -> bool:
        names = self.settings.template_names
        return names is None or name in names
