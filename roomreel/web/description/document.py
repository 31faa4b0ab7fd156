"""The OpenAPI document, made of the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from roomreel import __version__
from roomreel.web.codes import CODES, code_of
from roomreel.web.description.operation import Operation
from roomreel.web.description.operations import OPERATIONS
from roomreel.web.description.parameters import Parameter
from roomreel.web.description.resources import SCHEMAS
from roomreel.web.description.schemas import TEXT, URL, Schema, named

SECURITY = "accountSid_authToken"

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BODIES = {
    "application/json": {"application/json": {"schema": named("Manifest")}},
    # In 3.1 bytes have no schema.
    "application/octet-stream": {"application/octet-stream": {}},
}
_WAIT: Schema = {"type": "string", "pattern": "^[0-9]+$"}
# Headers of errors, by their status.
_HEADERS: Mapping[int, Mapping[str, tuple[Schema, bool]]] = {
    401: {"WWW-Authenticate": (TEXT, True)},
    429: {"Retry-After": (_WAIT, True)},
    503: {"Retry-After": (_WAIT, False)},
}
_REDIRECT = {"Location": {"required": True, "schema": URL}}
_ABOUT = (
    "The REST API of roomreel serve. Forms are application/x-www-form-urlencoded or "
    "multipart/form-data: lists repeat their parameter, objects are JSON. Beside the errors that "
    "each operation has, a resource answers methods that it does not have with 405."
)


def describe(url: str) -> dict[str, Any]:
    """Return the OpenAPI document of the API.

    Args:
        url: of the service, without a slash at its end.
    """
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = _operation(operation)
    statuses = sorted({status for operation in OPERATIONS for status in operation.errors})
    return {
        "openapi": "3.1.0",
        "info": {"title": "roomreel", "version": __version__, "description": _ABOUT},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "responses": {f"Error{status}": _error(status) for status in statuses},
            "securitySchemes": {SECURITY: {"type": "http", "scheme": "basic"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    placed = {
        "path": operation.path_parameters,
        "query": operation.query,
        "header": operation.headers,
    }
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [one.placed(where) for where, found in placed.items() for one in found],
        "security": _security(operation),
        "responses": _success(operation) | _errors(operation),
    }
    if operation.form:
        described["requestBody"] = _form(operation)
    if operation.body:
        described["requestBody"] = {"required": True, "content": _BODIES[operation.body]}
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.scope is None:
        return []
    return [{SECURITY: []}, *([{}] if operation.is_open_here else [])]


def _success(operation: Operation) -> dict[str, Any]:
    if operation.status is None:
        return {}
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.answer:
        answer["content"] = {"application/json": {"schema": named(operation.answer)}}
    if operation.text:
        answer["content"] = {"text/plain": {"schema": TEXT}}
    if operation.status == HTTPStatus.FOUND:
        answer["headers"] = _REDIRECT
    return {str(operation.status): answer}


def _errors(operation: Operation) -> dict[str, Any]:
    return {
        str(status): {"$ref": f"#/components/responses/Error{status}"}
        for status in operation.errors
    }


def _error(status: int) -> dict[str, Any]:
    headers = {
        name: {"schema": schema, "required": required}
        for name, (schema, required) in _HEADERS.get(status, {}).items()
    }
    content = {"application/json": {"schema": named("Error")}}
    described = {"description": CODES[code_of(status)], "content": content}
    return described | ({"headers": headers} if headers else {})


def _form(operation: Operation) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {one.name: _described(one) for one in operation.form},
        "required": [*operation.required],
    }
    return {
        "required": bool(operation.required),
        "content": {kind: {"schema": schema} for kind in _FORMS},
    }


def _described(parameter: Parameter) -> Schema:
    return parameter.schema | {"description": parameter.description}
