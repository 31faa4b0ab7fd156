"""Hooks: the list, one with its preview; made, changed and removed by whoever may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from roomreel.errors import ArgumentsInvalid, NotFound, RoomreelError
from roomreel.model.location import without_secrets
from roomreel.model.template import Template
from roomreel.service.access.scopes import Scope
from roomreel.service.hooks.hook_files import Hook
from roomreel.service.hooks.hooks import (
    HookChanged,
    HookFilter,
    create_hook,
    delete_hook,
    find_hook,
    find_own_hook,
    list_broken_hooks,
    list_hooks,
    update_hook,
)
from roomreel.service.service import Service
from roomreel.web.console.hook_fields import FLAGS, LABELS, NEW, HookFields, fields_of, read_fields
from roomreel.web.console.hook_preview import draw
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import READS, Written, visitor
from roomreel.web.envelope import as_api_error
from roomreel.web.forms import Form, read_query
from roomreel.web.sids import hook_sid

PATH = "/console/hooks"
ROWS = 50
_WRITES = [Depends(visitor(Scope.WRITE))]


def hooks(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=PATH, include_in_schema=False)
    editor = Editor(service)

    @router.get("", dependencies=READS)
    def show_all(request: Request) -> Response:
        token = read_query(request).one("page") or None
        found = list_hooks(service, HookFilter(), ROWS, token)
        return page(
            "hooks",
            request.state,
            path=PATH,
            title="Hooks",
            rows=[row["hook"] for row in found.rows],
            broken=[] if token else list_broken_hooks(service),
            newer=found.previous and f"{PATH}?page={found.previous}",
            older=found.next and f"{PATH}?page={found.next}",
        )

    @router.get("/new", dependencies=_WRITES)
    def begin(request: Request) -> Response:
        query = read_query(request)
        like = query.one("like")
        of = find_hook(service, hook_sid(like)).ready.template if like else NEW
        name = of.friendly_name and f"{of.friendly_name} (copy)"
        return editor.show(request, query, fields_of(replace(of, friendly_name=name)), Edited())

    @router.post("")
    def create(form: Written, request: Request) -> Response:
        return editor.save(request, form)

    @router.post("/preview")
    def preview(form: Written, request: Request) -> Response:
        sid, version = form.one("sid"), form.one("version")
        return editor.show(
            request,
            form,
            read_fields(form, service.settings),
            Edited(hook_sid(sid) if sid else "", version or ""),
        )

    @router.get("/{sid}", dependencies=READS)
    def show(sid: str, request: Request) -> Response:
        hook = find_hook(service, hook_sid(sid))
        template = hook.ready.template
        callback = template.status_callback and without_secrets(template.status_callback)
        fields = fields_of(replace(template, status_callback=callback))
        return page(
            "hook",
            request.state,
            path=PATH,
            title=template.friendly_name,
            hook=hook,
            fields=fields,
            labels=LABELS,
            file=PurePosixPath(hook.ready.file).name,
            drawn=draw(service, read_query(request), fields, request.url.path),
        )

    @router.get("/{sid}/edit", dependencies=_WRITES)
    def edit(sid: str, request: Request) -> Response:
        hook = find_own_hook(service, hook_sid(sid))
        fields = fields_of(hook.ready.template)
        return editor.show(request, read_query(request), fields, Edited(hook.sid, hook.version))

    @router.post("/{sid}")
    def update(sid: str, form: Written, request: Request) -> Response:
        return editor.save(request, form, hook_sid(sid))

    @router.get("/{sid}/delete", dependencies=_WRITES)
    def ask(sid: str, request: Request) -> Response:
        return _ask(service, request, hook_sid(sid))

    @router.post("/{sid}/delete")
    def delete(sid: str, form: Written, request: Request) -> Response:
        try:
            delete_hook(service, hook_sid(sid), form.one("version") or "")
        except HookChanged:
            return _ask(service, request, hook_sid(sid), has_changed=True)
        return RedirectResponse(PATH, 303)

    return router


def _ask(service: Service, request: Request, sid: str, *, has_changed: bool = False) -> Response:
    """Return the page that asks whether a hook is to be deleted."""
    broken = next((one for one in list_broken_hooks(service) if one.sid == sid), None)
    return page(
        "hook_delete",
        request.state,
        status=409 if has_changed else 200,
        path=PATH,
        title="Delete a hook",
        sid=sid,
        hook=None if broken else find_own_hook(service, sid),
        broken=broken,
        has_changed=has_changed,
    )


@dataclass(frozen=True, slots=True)
class Edited:
    """The hook that a form is about.

    Attributes:
        sid: "": a new one.
        version: the one that what was typed is to take the place of.
        message: why it is not saved.
        saved: what somebody else has saved meanwhile.
    """

    sid: str = ""
    version: str = ""
    message: str = ""
    saved: HookFields | None = None


class Editor:
    """The page of the form of a hook."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def show(
        self, request: Request, form: Form, fields: HookFields, edited: Edited, status: int = 200
    ) -> Response:
        """Return the page.

        Args:
            form: what the room of the preview is chosen by.
        """
        return page(
            "hook_form",
            request.state,
            status=status,
            path=PATH,
            title="Edit a hook" if edited.sid else "New hook",
            edited=edited,
            fields=fields,
            labels=LABELS,
            differences=_differences(edited.saved, fields),
            drawn=draw(self._service, form, fields, request.url.path),
        )

    def save(self, request: Request, form: Form, sid: str = "") -> Response:
        """Make or change a hook; where that fails, return the page with all that was typed."""
        fields = read_fields(form, self._service.settings)
        edited = Edited(sid, form.one("version") or "")
        if fields.template is None:
            return self.show(request, form, fields, edited, 400)
        try:
            made = self._save(fields.template, edited)
        except ArgumentsInvalid:
            name = {"friendly_name": ["another hook has this name: choose another one"]}
            return self.show(request, form, replace(fields, problems=name), edited, 400)
        except RoomreelError as error:
            refused, status = self._refused(error, edited, request)
            return self.show(request, form, fields, refused, status)
        return RedirectResponse(f"{PATH}/{made.sid}", 303)

    def _save(self, template: Template, edited: Edited) -> Hook:
        if edited.sid:
            return update_hook(self._service, edited.sid, template, edited.version)
        return create_hook(self._service, template)

    def _refused(
        self, error: RoomreelError, edited: Edited, request: Request
    ) -> tuple[Edited, int]:
        """Return what the form is about after an error, and the status of its page."""
        match error:
            case HookChanged():
                try:
                    now = find_own_hook(self._service, edited.sid)
                except RoomreelError as later:  # such as that it was deleted then
                    return self._refused(later, edited, request)
                theirs = fields_of(now.ready.template)
                return Edited(now.sid, now.version, _CHANGED, theirs), 409
            case NotFound():
                return Edited(message=_GONE), 409
            case _:
                shown = as_api_error(error, request.url.path)
                said = f"It is not saved: {shown.message}."
                return replace(edited, message=said), shown.status


_CHANGED = (
    "Somebody else has changed this hook since you began, so it is not saved. Saved again, yours"
    " takes the place of theirs."
)
_GONE = "This hook was deleted meanwhile: saved again, it is a new one."


def _differences(saved: HookFields | None, fields: HookFields) -> list[tuple[str, str, str]]:
    """Return label, saved and typed value of each field in which two forms differ."""
    if saved is None or fields.template is None:
        return []
    typed = fields_of(fields.template).given
    return [
        (label, _shown(name, saved.given[name]), _shown(name, typed[name]))
        for name, label in LABELS.items()
        if saved.given[name] != typed[name]
    ]


def _shown(name: str, value: str) -> str:
    return ("yes" if value else "no") if name in FLAGS else value
