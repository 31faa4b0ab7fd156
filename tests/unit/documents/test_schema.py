import json
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from roomreel.documents.schema import instant

SCHEMAS = [
    "import-1.schema.json",
    "room-1.schema.json",
    "rules-1.schema.json",
    "template-1.schema.json",
]


def load(name):
    return json.loads(resources.files("roomreel.schemas").joinpath(name).read_text("utf-8"))


def properties(schema):
    for owner in (schema, *schema["$defs"].values()):
        yield from owner.get("properties", {}).items()


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_schema_with_a_versioned_id(name):
    schema = load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://roomreel.invalid/schemas/{name}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_helps_an_editor(name):
    schema = load(name)
    for key, rule in properties(schema):
        shared = schema["$defs"].get(rule.get("$ref", "").rsplit("/", 1)[-1], {})
        assert rule.get("description") or shared.get("description"), key


def rules(node):
    """Every part of a schema that says what a value may be."""
    if isinstance(node, dict):
        if "type" in node and not isinstance(node["type"], dict):
            yield node
        for part in node.values():
            yield from rules(part)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_text_is_bounded(name):
    for rule in rules(load(name)):
        if "string" in rule["type"]:
            assert rule.keys() & {"maxLength", "pattern"}


def test_every_list_of_a_template_is_bounded():
    lists = [rule for rule in rules(load("template-1.schema.json")) if "array" in rule["type"]]
    assert lists
    assert all(rule["maxItems"] <= 10_000 for rule in lists)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_object_but_attributes_refuses_unknown_keys(name):
    schema = load(name)
    for owner in (schema, *schema["$defs"].values()):
        if "properties" in owner:
            assert owner["additionalProperties"] is False


def test_an_instant_is_utc():
    assert instant("2026-11-20T09:31:12.25Z") == datetime(
        2026, 11, 20, 9, 31, 12, 250000, tzinfo=UTC
    )


@pytest.mark.parametrize("hours", range(-23, 24))
def test_an_offset_is_no_other_instant(hours):
    here = datetime(2026, 11, 20, 9, tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(hours=hours)))
    assert instant(there.isoformat()) == here
    assert instant(there.isoformat()).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:00:00",
        "2026-02-30T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "Z",
    ],
)
def test_refuses_a_date_that_is_none(text):
    with pytest.raises(ValueError):
        instant(text)
