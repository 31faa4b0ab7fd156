"""Hooks: create, fetch, list, update, delete."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.model.table import Row
from roomreel.service.hooks.hooks import (
    LARGEST_PAGE,
    HookFilter,
    create_hook,
    delete_hook,
    find_hook,
    list_hooks,
    update_hook,
)
from roomreel.service.service import Service
from roomreel.web.answers import hook_json, json_response
from roomreel.web.callers import READ, WRITE
from roomreel.web.forms import Form, read_form, read_query
from roomreel.web.lists import asked_page, created_in, list_response
from roomreel.web.order import TEMPLATE, hook_of
from roomreel.web.sids import hook_sid


def hooks(service: Service) -> APIRouter:
    """Return the operations on hooks."""
    router = APIRouter(prefix="/v1/CompositionHooks", tags=["Hooks"])

    @router.post("", status_code=201, dependencies=WRITE)
    async def create(request: Request) -> Response:
        """Make a hook, which composes every room that ends from now on."""
        form = await read_form(request, TEMPLATE)
        return await run_in_threadpool(_create, service, form)

    @router.get("", dependencies=READ)
    def list_all(request: Request) -> Response:
        """List hooks, newest first."""
        query = read_query(request)
        asked = asked_page(query, LARGEST_PAGE)
        wanted = HookFilter(
            is_enabled=query.flag("Enabled", default=True) if "Enabled" in query.names else None,
            friendly_name=query.one("FriendlyName"),
            **created_in(query),
        )
        page = list_hooks(service, wanted, asked.size, asked.token)

        def shown(row: Row) -> Row:
            return hook_json(row["hook"], service)

        url = f"{service.url}/v1/CompositionHooks"
        return list_response(url, "composition_hooks", query, asked, page, shown)

    @router.get("/{sid}", dependencies=READ)
    def fetch(sid: str) -> Response:
        """Fetch a hook."""
        return json_response(hook_json(find_hook(service, hook_sid(sid)), service))

    @router.post("/{sid}", dependencies=WRITE)
    async def update(sid: str, request: Request) -> Response:
        """Replace all of a hook: what is not given is as by default."""
        form = await read_form(request, TEMPLATE)
        return await run_in_threadpool(_update, service, hook_sid(sid), form)

    @router.delete("/{sid}", status_code=204, dependencies=WRITE)
    def delete(sid: str) -> Response:
        """Remove a hook."""
        delete_hook(service, hook_sid(sid))
        return Response(status_code=204)

    return router


def _create(service: Service, form: Form) -> Response:
    made = create_hook(service, hook_of(form, service.settings))
    return json_response(hook_json(made, service), 201)


def _update(service: Service, sid: str, form: Form) -> Response:
    made = update_hook(service, sid, hook_of(form, service.settings))
    return json_response(hook_json(made, service))
