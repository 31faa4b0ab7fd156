"""The description of the API has what the hosted service's has, and what the application does."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from roomreel.cli.documentation import fill_page
from roomreel.model.template import Format, LastRow, Reuse
from roomreel.service.access.keys import create_key
from roomreel.service.access.scopes import Scope
from roomreel.web.codes import CODES, INVALID, ROOM_NOT_FOUND
from roomreel.web.description.document import SECURITY, describe
from roomreel.web.description.operations import OPERATIONS
from roomreel.web.description.reference import PARTS, errors
from roomreel.web.description.reference import elsewhere as elsewhere_table
from roomreel.web.description.reference import operations as operations_table
from roomreel.web.elsewhere import ELSEWHERE

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import URL, empty_api

TESTS = Path(__file__).parents[2]
Node = dict[str, Any]

OURS = describe(URL)
THEIRS: Node = json.loads((TESTS / "service" / "twilio_video_v1.json").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "delete")
NAMES = {(each.method, each.path) for each in ELSEWHERE}


def operations(document: Node) -> dict[tuple[str, str], Node]:
    return {
        (method, path): item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def resolved(node: Node, document: Node) -> Node:
    """The schema without references and wrappers of null."""
    if "$ref" in node:
        at: Any = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            at = at[key]
        return resolved(at, document)
    for one in node.get("oneOf", ()):
        if one != {"type": "null"}:
            return resolved(one, document)
    return node


def types(node: Node) -> set[str]:
    given = node.get("type", [])
    return {given} if isinstance(given, str) else {*given}


def lacks(ours: Node, theirs: Node, where: str) -> Iterator[str]:
    """Say what their schema has that ours does not."""
    ours, theirs = resolved(ours, OURS), resolved(theirs, THEIRS)
    if not types(theirs) <= types(ours):
        yield f"{where}: is {types(ours)}, not {types(theirs)}"
    if "enum" in ours and not {*theirs.get("enum", ())} <= {*ours["enum"]}:
        yield f"{where}: has not all of {theirs['enum']}"
    if where.partition(".")[0].partition("[")[0] != "answer":
        yield from refuses(ours, theirs, where)
    if "items" in theirs:
        yield from lacks(ours["items"], theirs["items"], f"{where}[]")
    for name, schema in theirs.get("properties", {}).items():
        if name not in ours.get("properties", {}):
            yield f"{where}.{name}: is missing"
        else:
            yield from lacks(ours["properties"][name], schema, f"{where}.{name}")


LIMITS = ("pattern", "minLength", "maxLength", "minimum", "maximum")

# What the hosted service says in words, and what makes no difference to a client of it.
IN_WORDS = {
    ("Page", "maximum"),
    ("PageSize", "maximum"),
    ("Sid", "minLength"),
    ("RoomSid", "minLength"),
    ("form.Resolution", "pattern"),
    ("form.FriendlyName", "minLength"),
    ("form.FriendlyName", "maxLength"),
    ("form.StatusCallback", "maxLength"),
    ("form.AudioSources[]", "minLength"),
    ("form.AudioSourcesExcluded[]", "minLength"),
}


def refuses(ours: Node, theirs: Node, where: str) -> Iterator[str]:
    """Say which limits of a parameter are only ours, or others."""
    for limit in LIMITS:
        if (where, limit) not in IN_WORDS and ours.get(limit, theirs.get(limit)) != theirs.get(
            limit
        ):
            yield f"{where}: has a {limit} of {ours[limit]}, not {theirs.get(limit)}"
    if "enum" in ours and "enum" not in theirs:
        yield f"{where}: may be anything"


IN_SCOPE = [key for key in operations(THEIRS) if (key[0].upper(), key[1]) not in NAMES]


def test_every_operation_of_theirs_is_ours():
    assert operations(THEIRS).keys() <= operations(OURS).keys()
    theirs = {node["operationId"] for node in operations(THEIRS).values()}
    assert theirs <= {node["operationId"] for node in operations(OURS).values()}
    # Those that issues to come have are the ones that are refused.
    assert len(IN_SCOPE) == 25


@pytest.mark.parametrize("key", IN_SCOPE, ids=" ".join)
def test_an_operation_takes_and_answers_what_theirs_does(key: tuple[str, str]) -> None:
    ours, theirs = operations(OURS)[key], operations(THEIRS)[key]
    missing = []
    given = {(one["name"], one["in"]): one for one in ours["parameters"]}
    for one in theirs.get("parameters", []):
        mine = given[one["name"], one["in"]]
        assert bool(mine["required"]) == bool(one.get("required"))
        missing += lacks(mine["schema"], one["schema"], one["name"])
    for kind, content in theirs.get("requestBody", {}).get("content", {}).items():
        mine = ours["requestBody"]["content"][kind]["schema"]
        assert mine["required"] == content["schema"].get("required", [])
        missing += lacks(mine, content["schema"], "form")
    for status, answer in theirs["responses"].items():
        for kind, content in answer.get("content", {}).items():
            mine = ours["responses"][status]["content"][kind]["schema"]
            missing += lacks(mine, content["schema"], "answer")
    assert missing == []
    assert ours["security"] == theirs["security"] == [{SECURITY: []}]


NO_FORMS = {"PutRoomManifest", "PutRoomRecordingMedia", "PutRoomParticipantAvatar"}


def test_forms_come_in_both_encodings():
    for node in operations(OURS).values():
        if "requestBody" in node and node["operationId"] not in NO_FORMS:
            kinds = node["requestBody"]["content"]
            assert {*kinds} == {"application/x-www-form-urlencoded", "multipart/form-data"}
            assert "415" in node["responses"]


def plain(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


def test_what_is_described_is_what_the_application_has(tmp_path):
    with empty_api(tmp_path) as api:
        routed = {
            (method, plain(path))
            for method, path in operations({"paths": api.app.openapi()["paths"]})
        }
    described = {(each.method, plain(each.path)) for each in OPERATIONS if each.status is not None}
    assert described == routed


def test_it_is_served_without_a_key(tmp_path):
    with empty_api(tmp_path) as api, TestClient(api.app, base_url=URL) as client:
        answer = client.get("/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == json.loads(json.dumps(OURS))
        assert client.get("/v1/Compositions").status_code == 401


def test_words_of_the_model_are_described():
    schemas = OURS["components"]["schemas"]
    region = schemas["Region"]["properties"]
    assert (region["reuse"]["enum"], region["last_row"]["enum"]) == ([*Reuse], [*LastRow])
    text = resources.files("roomreel.schemas").joinpath("template-1.schema.json").read_text()
    assert region.keys() == json.loads(text)["$defs"]["region"]["properties"].keys()
    assert [*Format] == schemas["Composition"]["properties"]["format"]["enum"][:-1]
    statuses = {each: node["responses"] for each, node in operations(OURS).items()}
    for each in OPERATIONS:
        assert "405" not in statuses[each.method, each.path]


def test_each_operation_needs_the_scope_that_is_described(tmp_path):
    with empty_api(tmp_path) as api, TestClient(api.app, base_url=URL) as client:
        keys = {}
        for left_out in Scope:
            scopes = [scope for scope in Scope if scope is not left_out]
            key, secret = create_key(api.service.database, str(left_out), scopes)
            keys[left_out] = key.sid, secret
        for each in OPERATIONS:
            path = re.sub(r"{\w+}", "RM" + "0" * 32, each.path)
            statuses = {
                scope: client.request(each.method, path, auth=keys[scope]).status_code
                for scope in Scope
            }
            refused = {scope for scope, status in statuses.items() if status == 403}
            assert refused == ({each.scope} if each.scope else set()), each
            assert 401 not in statuses.values()


def test_the_page_is_that_of_the_tables():
    page = TESTS.parent / "docs" / "api.md"
    text = page.read_text(encoding="utf-8")
    assert fill_page(text) == text, "make docs"
    for name, part in PARTS.items():
        assert f"<!-- make docs: {name} -->\n{part()}<!-- end -->" in text


def test_every_operation_of_theirs_is_in_the_page():
    rows = operations_table() + elsewhere_table()
    for method, path in operations(THEIRS):
        assert f"`{method.upper()} {path}`" in rows


def test_a_code_has_the_status_that_it_comes_with():
    rows = re.findall(r"^\| (\d+) \| (\d+) \|", errors(), re.MULTILINE)
    statuses = {int(code): int(status) for status, code in rows}
    assert statuses.keys() == CODES.keys()
    assert statuses[INVALID] == 400
    assert statuses[ROOM_NOT_FOUND] == 404
