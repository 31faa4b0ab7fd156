"""Parameters of forms that clients send empty: each is as if it were not sent, everywhere."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from roomreel.web.description.operation import Operation
from roomreel.web.description.operations import OPERATIONS

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import sid_of

ROOM = sid_of("RM", 1)
SIDS = {
    "CompositionHooks": sid_of("HK", 0),
}
GIVEN = {
    "RoomSid": ROOM,
    "AudioSources": "*",
    "FriendlyName": "hook of the test",
    "Rules": '[{"type":"include","all":true}]',
}
OF_TWO = {"CreateComposition", "CreateCompositionHook", "UpdateCompositionHook"}
"""Operations in which one of two optional parameters is needed."""

# What differs from answer to answer, whatever was sent.
CHANGING = re.compile(r"(CJ|HK)[0-9a-f]{32}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
OPTIONAL = [one for one in OPERATIONS if {given.name for given in one.form} - {*one.required}]

PAGES = {"PageSize", "Page", "PageToken"}

Pairs = list[tuple[str, str]]


def path_of(operation: Operation) -> str:
    path = operation.path.removeprefix("/v1").replace("{RoomSid}", ROOM)
    return re.sub(r"(\w+)/\{Sid\}", lambda found: f"{found[1]}/{SIDS[found[1]]}", path)


def base_of(operation: Operation) -> Pairs:
    """What has to be in a form."""
    needed = [*operation.required, *(["AudioSources"] if operation.name in OF_TWO else [])]
    if "Rules" in {one.name for one in operation.form}:
        needed.append("Rules")
    return [(name, GIVEN[name]) for name in needed]


def sent(client: TestClient, operation: Operation, form: Pairs, query: Pairs, as_multipart: bool):
    """The answer to a request, without what differs from answer to answer."""
    given: dict[str, Any] = {}
    if as_multipart:
        given["files"] = [(name, (None, value)) for name, value in form]
    else:
        given["content"] = urlencode(form)
        given["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.request(operation.method, path_of(operation), params=query, **given)
    if operation.name == "CreateCompositionHook" and answer.status_code == 201:
        assert client.delete(f"/CompositionHooks/{answer.json()['sid']}").status_code == 204
    return answer.status_code, CHANGING.sub("", answer.text)


def subsets(names: list[str]) -> Iterator[Iterable[str]]:
    """Each name, each pair of neighbours, and all."""
    yield from ([name] for name in names)
    yield from map(list, itertools.pairwise(names))
    yield names


@pytest.mark.parametrize("as_multipart", [False, True], ids=["urlencoded", "multipart"])
@pytest.mark.parametrize("operation", OPTIONAL, ids=lambda one: one.name)
def test_what_is_empty_is_as_if_it_were_not_sent(
    client: TestClient, operation: Operation, as_multipart: bool
) -> None:
    base = base_of(operation)
    without = sent(client, operation, base, [], as_multipart)
    assert without[0] < 400, without[1]
    there = {name for name, _ in base}
    of_form = [one.name for one in operation.form if one.name not in there]
    of_query = [one.name for one in operation.query]
    for names in subsets(of_form):
        empty = [(name, "") for name in names]
        assert sent(client, operation, [*empty, *base], [], as_multipart) == without, names
    for names in subsets(of_query):
        empty = [(name, "") for name in names]
        assert sent(client, operation, base, empty, as_multipart) == without, names
    for name, value in base:
        # Beside a value, too.
        assert sent(client, operation, [(name, ""), *base], [], as_multipart) == without
        others = [pair for pair in base if pair != (name, value)]
        missing = sent(client, operation, others, [], as_multipart)
        assert missing[0] == 400
        assert sent(client, operation, [(name, ""), *others], [], as_multipart) == missing


def test_all_operations_that_take_forms_are_asked() -> None:
    assert {one.name for one in OPTIONAL} == OF_TWO | {
        "CreateCompositionSettings",
        "CreateRecordingSettings",
        "UpdateRoomRecordingRule",
    }
    # Only one parameter of a query is one of a form, too.
    assert {one.name for operation in OPTIONAL for one in operation.query} == {"Template"}


def test_an_empty_filter_is_not_passed_over(client: TestClient) -> None:
    for operation in OPERATIONS:
        if operation.method == "get" and operation.name.startswith("List"):
            filters = [one for one in operation.query if one.name not in PAGES]
            for one in filters:
                path = path_of(operation)
                answer = client.get(path, params={one.name: ""})
                key = answer.json().get("meta", {}).get("key")
                assert answer.status_code == 400 or not answer.json()[key], (path, one.name)
