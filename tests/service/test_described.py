"""Requests made from the description of the API: every answer is one that it describes."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from roomreel.web.description.document import describe

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import URL, Api, composition_sid, sid_of, usual_api

KINDS = ("audio", "video")
# Half of the requests are to find something.
KNOWN = {
    "Sid": [
        *(composition_sid(number) for number in range(60)),
        *(sid_of("RT", number, kind) for number in range(5) for kind in KINDS),
        *(sid_of("HK", number) for number in range(3)),
        *(sid_of("PA", number, kind) for number in range(5) for kind in KINDS),
    ],
    "Id": [str(number) for number in range(1, 8)],
    "RoomSid": [*(sid_of("RM", number) for number in range(5)), "call 1"],
    "body.VideoLayout": ['{"grid":{"video_sources":["*"]}}', '{"main":{"video_sources":"*"}}'],
    "Ttl": ["60"],
}
# What is deleted is answered with its state; a schema cannot say which layout goes with which
# resolution, nor which tokens of pages there are.
LEFT_OUT = ("use_after_free", "positive_data_acceptance")
REJECTION = "negative_data_rejection"
# Those that roomreel does elsewhere say so, by a status that only they have.
ELSEWHERE = {
    "include-tag": "Elsewhere",
    "generation": {"max-examples": 5},
    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 501]}},
}


def strict(node: Any) -> Any:
    """The document, by which an object has no members but those that it names."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    closed = {"additionalProperties": False} if node.get("type") == "object" else {}
    return closed | {name: strict(each) for name, each in node.items()}


def config_of(api: Api, phases: tuple[str, ...], examples: int) -> SchemathesisConfig:
    name, password = api.auth
    every = ("examples", "coverage", "fuzzing", "stateful")
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": URL,
            "continue-on-failure": True,
            "auth": {"basic": {"username": name, "password": password}},
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
                # Unknown ones are passed over, as by the hosted service.
                "allow-extra-parameters": False,
                # They are what signs in; ignored_auth leaves them out.
                "with-security-parameters": False,
            },
            "phases": {each: {"enabled": each in phases} for each in every},
            "checks": {each: {"enabled": False} for each in LEFT_OUT},
            "operations": [ELSEWHERE],
            "dictionaries": {each: {"values": values} for each, values in KNOWN.items()},
            "parameters": {each: {"dictionary": each, "probability": 0.5} for each in KNOWN},
        }
    )


def is_described_anyway(case: Any) -> bool:
    """Whether what a case has wrong is right as a form sends it.

    An empty parameter is as if it were not sent, and a number or a boolean is sent as its text,
    which is a string as good as others.
    """
    described = {}
    for body in case.operation.body:
        described.update(body.raw_schema.get("properties", {}))
    values = [(None, (case.query or {}).get("Template"))]
    if isinstance(case.body, dict):
        values += [
            (described.get(name), one)
            for name, value in case.body.items()
            for one in (value if isinstance(value, list) else [value])
        ]
    return any(value == "" or is_text_anyway(schema, value) for schema, value in values)


def is_text_anyway(schema: dict[str, Any] | None, value: Any) -> bool:
    """Whether a value of a form is none of its schema, though its text is."""
    if schema is None or isinstance(value, str | list | dict | None):
        return False
    one = schema.get("items", schema)
    return one.get("type") == "string" and Draft202012Validator(one).is_valid(json.dumps(value))


class Requests:
    """What was sent, and what is wrong with the answers."""

    def __init__(self, api: Api, *phases: str, examples: int) -> None:
        document = describe(URL)
        components = document["components"]
        components["schemas"] = strict(components["schemas"])
        schema = schemathesis.openapi.from_dict(document, config=config_of(api, phases, examples))
        schema.app = api.app
        self.statuses: Counter[int] = Counter()
        self.operations: set[str] = set()
        self.wrong: list[str] = []
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                self.add(event)
            elif isinstance(event, (events.NonFatalError, events.FatalError)):
                self.wrong.append(str(event))

    def add(self, event: events.ScenarioFinished) -> None:
        sent = event.recorder.interactions.values()
        self.statuses.update(one.response.status_code for one in sent if one.response)
        self.operations.update(one.value.operation.label for one in event.recorder.cases.values())
        for case, checks in event.recorder.checks.items():
            is_odd = is_described_anyway(event.recorder.cases[case].value)
            for one in checks:
                if one.failure_info is not None and not (is_odd and one.name == REJECTION):
                    found = one.failure_info
                    self.wrong.append(f"{one.name}: {found.failure.message}\n{found.code_sample}")

    def __str__(self) -> str:
        told = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.statuses.total()} requests to {len(self.operations)} operations: {told}"


@pytest.fixture
def api() -> Iterator[Api]:
    # Of each operation it is tried what nobody may do.
    trying = {"sign_in_failures": 100_000}
    with tempfile.TemporaryDirectory() as folder, usual_api(Path(folder), **trying) as api:
        yield api


def test_some_answers_are_as_described(api: Api) -> None:
    sent = Requests(api, "examples", "fuzzing", examples=6)
    print(sent)
    assert not sent.wrong, "\n\n".join(sent.wrong)
    assert sent.statuses.total() > 200
    assert {200, 302, 400, 401, 404, 501} <= sent.statuses.keys()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_five_thousand_answers_are_as_described(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = Requests(api, "examples", "coverage", "fuzzing", "stateful", examples=200)
    with capsys.disabled():
        print(f"\n{sent}")
    assert not sent.wrong, "\n\n".join(sent.wrong)
    assert sent.statuses.total() >= 5000
    assert {200, 201, 204, 302, 400, 401, 404, 405, 409, 415, 501} <= sent.statuses.keys()
    assert len(sent.operations) == sum(len(item) for item in describe(URL)["paths"].values())
