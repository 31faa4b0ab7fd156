"""Hooks by the API: made, changed and removed as documents of the store; no row has any."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from roomreel.batch.template_files import hook_file
from roomreel.documents.template import hook_text
from roomreel.errors import ArgumentsInvalid, Conflict, NotFound
from roomreel.model.template import Template
from roomreel.service.database.paging import Page, page_of_rows
from roomreel.service.database.turns import turn
from roomreel.service.hooks.hook_files import Hook, HooksRead
from roomreel.service.lists.listing import USUAL_PAGE, Created
from roomreel.service.service import Service
from roomreel.storage import remove, stat, write_bytes

LARGEST_PAGE = 1000

_TURN = "change hooks"

# A file that says nothing of its date comes last.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


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


def update_hook(service: Service, sid: str, template: Template) -> Hook:
    """Replace all of a hook but its sid and the date it was created.

    Raises:
        NotFound: there is none of this sid.
        Conflict: it is a file of the operator's, or its document cannot be used.
        ArgumentsInvalid: another one has the name.
        StorageFailed: it cannot be written.
    """
    with turn(service.database, _TURN):
        read = service.hooks.read()
        before = _find(read, service, sid)
        _refuse_file(before, "change")
        _refuse_name(read, template.friendly_name, sid)
        created = before.ready.template.date_created
        made = replace(template, sid=sid, date_created=created, date_updated=datetime.now(UTC))
        write_bytes(hook_file(service.settings, sid), hook_text(made).encode())
    return find_hook(service, sid)


def delete_hook(service: Service, sid: str) -> None:
    """Remove a hook; what it has asked for is made all the same.

    Raises:
        NotFound: there is none of this sid.
        Conflict: it is a file of the operator's.
        StorageFailed: it cannot be removed.
    """
    with turn(service.database, _TURN):
        file = hook_file(service.settings, sid)
        # One that cannot be used is removed, too.
        if stat(file) is None:
            _refuse_file(find_hook(service, sid), "remove")
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
