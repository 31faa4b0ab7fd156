"""Hooks by the API: made, changed and removed as documents of the store; no row has any."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from roomreel.batch.template_files import find_hook_files, hook_file, stem_of
from roomreel.documents.template import hook_text
from roomreel.errors import ArgumentsInvalid, Conflict, InputInvalid, NotFound, RoomreelError
from roomreel.model.template import Template
from roomreel.service.database.paging import Page, page_of_rows
from roomreel.service.database.turns import turn
from roomreel.service.hooks.hook_files import Hook, HooksRead
from roomreel.service.lists.listing import USUAL_PAGE, Created
from roomreel.service.service import Service
from roomreel.storage import remove, stat, write_bytes

LARGEST_PAGE = 1000
_PROBLEMS_SHOWN = 20

_TURN = "change hooks"

# A file that says nothing of its date comes last.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


class HookChanged(Conflict):
    """Somebody has changed the hook since it was looked at."""


@dataclass(frozen=True, slots=True)
class BrokenHook:
    """A document that should be a hook, and is of no use.

    Attributes:
        file: its name, without the folder.
        sid: of one that came by the API; None: it is a file of the operator's.
        problems: what is wrong, in words.
    """

    file: str
    sid: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFilter(Created):
    """The filter of hooks; None: any.

    Attributes:
        friendly_name: in any case, with * for any characters.
    """

    is_enabled: bool | None = None
    friendly_name: str | None = None

    def includes(self, hook: Hook) -> bool:
        """Return whether a hook is listed, whenever it was created."""
        if self.is_enabled not in {None, hook.is_enabled}:
            return False
        return self.friendly_name is None or matches_name(self.friendly_name, hook.ready.name)


def list_hooks(
    service: Service, wanted: HookFilter, size: int = USUAL_PAGE, token: str | None = None
) -> Page:
    """Return a page of hooks, newest first: rows with the member `hook`.

    Raises:
        ArgumentsInvalid: the token is none of ours.
        StorageFailed: they cannot be read.
    """
    rows = [
        {"sid": hook.sid, "date_created": hook.ready.template.date_created or _NO_DATE}
        | {"hook": hook}
        for hook in service.hooks.read().hooks
        if wanted.includes(hook)
    ]
    return page_of_rows(rows, wanted.span, size, token)


def list_broken_hooks(service: Service) -> list[BrokenHook]:
    """Return the documents that cannot be used; those whose name another one has are hooks.

    Raises:
        StorageFailed: they cannot be read.
    """
    read = service.hooks.read()
    used = {hook.ready.file for hook in read.hooks}
    ours = find_hook_files(service.settings)
    return [
        BrokenHook(
            PurePosixPath(url).name, stem_of(url) if url in ours else None, _words_of(problem)
        )
        for url, problem in read.problems.items()
        if url not in used
    ]


def find_hook(service: Service, sid: str) -> Hook:
    """Return a hook.

    Raises:
        NotFound: there is none of this sid.
        Conflict: its document cannot be used.
        StorageFailed: it cannot be read.
    """
    return _find(service.hooks.read(), service, sid)


def create_hook(service: Service, template: Template) -> Hook:
    """Make a hook of a template.

    Raises:
        ArgumentsInvalid: another one has its name.
        Conflict: others change hooks all the time.
        StorageFailed: it cannot be written.
    """
    sid = f"HK{secrets.token_hex(16)}"
    with turn(service.database, _TURN):
        _refuse_name(service.hooks.read(), template.friendly_name, sid)
        made = replace(template, sid=sid, date_created=datetime.now(UTC), date_updated=None)
        write_bytes(hook_file(service.settings, sid), hook_text(made).encode())
    return find_hook(service, sid)


def find_own_hook(service: Service, sid: str) -> Hook:
    """Return a hook that may be changed.

    Raises:
        NotFound, StorageFailed: as `find_hook`.
        Conflict: its document cannot be used, or it is a file of the operator's.
    """
    found = find_hook(service, sid)
    _refuse_file(found, "change")
    return found


def update_hook(service: Service, sid: str, template: Template, version: str | None = None) -> Hook:
    """Replace all of a hook but its sid and the date it was created.

    Args:
        version: that it has to have still; None: whichever it has.

    Raises:
        NotFound: there is none of this sid.
        HookChanged: it has another version.
        Conflict: it is a file of the operator's, or its document cannot be used.
        ArgumentsInvalid: another one has the name.
        StorageFailed: it cannot be written.
    """
    with turn(service.database, _TURN):
        read = service.hooks.read()
        before = _find(read, service, sid)
        _refuse_file(before, "change")
        _refuse_changed(before, version)
        _refuse_name(read, template.friendly_name, sid)
        created = before.ready.template.date_created
        made = replace(template, sid=sid, date_created=created, date_updated=datetime.now(UTC))
        write_bytes(hook_file(service.settings, sid), hook_text(made).encode())
    return find_hook(service, sid)


def delete_hook(service: Service, sid: str, version: str | None = None) -> None:
    """Remove a hook; what it has asked for is made all the same.

    Args:
        version: as of `update_hook`; one that cannot be used has none.

    Raises:
        NotFound: there is none of this sid.
        HookChanged: it has another version.
        Conflict: it is a file of the operator's.
        StorageFailed: it cannot be removed.
    """
    with turn(service.database, _TURN):
        file = hook_file(service.settings, sid)
        # One that cannot be used is removed, too.
        if stat(file) is None:
            _refuse_file(find_hook(service, sid), "remove")
        for hook in service.hooks.read().hooks if version is not None else ():
            if hook.sid == sid:
                _refuse_changed(hook, version)
        remove(file)


def matches_name(pattern: str, name: str) -> bool:
    """Return whether a name is like a pattern, in any case; * is any characters, or none."""
    first, *others = pattern.casefold().split("*")
    rest = name.casefold()
    if not others:
        return rest == first
    *middle, last = others
    if not rest.startswith(first) or not rest[len(first) :].endswith(last):
        return False
    rest = rest[len(first) : len(rest) - len(last)]
    for part in middle:
        _, found, rest = rest.partition(part) if part else ("", "*", rest)
        if not found:
            return False
    return True


def _find(read: HooksRead, service: Service, sid: str) -> Hook:
    for hook in read.hooks:
        if hook.sid == sid:
            return hook
    problem = read.problems.get(str(hook_file(service.settings, sid)))
    if problem is not None:
        raise Conflict(f"the document of hook {sid} cannot be used: {problem.message}", "delete it")
    raise NotFound(f"there is no hook {sid}")


def _words_of(problem: RoomreelError) -> tuple[str, ...]:
    """Return what is wrong with a document, without the path of its file."""
    if isinstance(problem, InputInvalid):
        violations = problem.violations[:_PROBLEMS_SHOWN]
        if violations:
            return tuple(str(replace(one, file="", line=None)) for one in violations)
        return ("it has the name or the sid of another one, or a sid that is not its file's name",)
    return ("it cannot be read",)


def _refuse_changed(hook: Hook, version: str | None) -> None:
    if version not in {None, hook.version}:
        raise HookChanged(f"hook {hook.sid} was changed meanwhile", "look at it again")


def _refuse_file(hook: Hook, verb: str) -> None:
    if hook.is_file:
        raise Conflict(
            f"hook {hook.sid} is the template {hook.ready.name!r} in the folder of templates of "
            f"this installation: {verb} its file there",
            "the API changes only what the API has made",
        )


def _refuse_name(read: HooksRead, name: str, sid: str) -> None:
    for hook in read.hooks:
        if hook.sid != sid and hook.ready.name.casefold() == name.casefold():
            raise ArgumentsInvalid(
                f"Parameter FriendlyName is that of hook {hook.sid} already: {hook.ready.name!r}"
            )
