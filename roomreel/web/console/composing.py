"""Asking for a composition by a form: by the template of a choice, and once if it is sent twice."""

from __future__ import annotations

import hashlib

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from roomreel.errors import RoomreelError
from roomreel.service.database.idempotency import Idempotency
from roomreel.service.lists.compositions import Order, create_composition
from roomreel.service.service import Service
from roomreel.web.console.logs import COMPOSITIONS
from roomreel.web.forms import Form
from roomreel.web.order import TEMPLATE, require_room, template_of


def compose(service: Service, request: Request, form: Form, room: str, template: str) -> Response:
    """Ask for a composition of a room; return what leads to its page.

    Args:
        form: has the nonce of the page that it was shown on.
        room: sid or unique name.
        template: name of one, or a template as JSON.

    Raises:
        RoomreelError, ApiError: as the API does, for a client that asks the same.
    """
    found = require_room(service, room)
    given = template_of(Form([(TEMPLATE, template)]), service.settings)
    order = Order(found["sid"], found["unique_name"], given)
    made = create_composition(service, order, _once(form, request, found["sid"], template))
    return RedirectResponse(f"{COMPOSITIONS.path}/{made['sid']}", 303)


def template_names(service: Service) -> list[str]:
    """Return the names of the templates there are; none where they cannot be read."""
    try:
        return service.hooks.template_names()
    except RoomreelError:
        return []


def _once(form: Form, request: Request, room: str, template: str) -> Idempotency | None:
    """Return what makes one composition of a form that is sent twice."""
    nonce = form.one("nonce")
    if not nonce:
        return None
    digest = hashlib.sha256(repr((room, template)).encode()).digest()
    return Idempotency(request.state.caller, f"form {nonce[:64]}", digest)
