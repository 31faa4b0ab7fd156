"""Schemas of values, as OpenAPI 3.1 has them: JSON Schema of 2020-12."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
METHOD: Schema = {"type": "string", "enum": ["GET", "POST"]}
ANY_SID: Schema = {
    "type": "string",
    "minLength": 34,
    "maxLength": 34,
    "pattern": "^[a-zA-Z]{2}[0-9a-fA-F]{32}$",
}


def sid(prefix: str) -> Schema:
    """Return the schema of a sid that begins with two letters."""
    return ANY_SID | {"pattern": f"^{prefix}[0-9a-fA-F]{{32}}$"}


def choice(*values: str) -> Schema:
    """Return the schema of one of a few words."""
    return {"type": "string", "enum": [*values]}


def list_of(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | values | {"type": [schema["type"], "null"]}


def members(**schemas: Schema) -> Schema:
    """Return the schema of an object that always has these members."""
    return {"type": "object", "properties": schemas, "required": [*schemas]}


def options(**schemas: Schema) -> Schema:
    """Return the schema of an object that may have these members."""
    return {"type": "object", "properties": schemas}


def links(*names: str) -> Schema:
    """Return the schema of URLs by name."""
    return members(**dict.fromkeys(names, URL))


def named(name: str) -> Schema:
    """Return the reference to one of the schemas of the document."""
    return {"$ref": f"#/components/schemas/{name}"}
