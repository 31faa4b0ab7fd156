"""What the form of "Custom run" shows."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import Flow
from prefect.exceptions import ParameterTypeError
from prefect.utilities.callables import parameter_schema

from roomreel.flows.backfill import backfill
from roomreel.flows.compose_room import compose_room
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly

FLOWS: list[tuple[Flow[..., Any], list[str]]] = [
    (nightly, []),
    (compose_shard, ["manifests"]),
    (compose_room, ["what"]),
    (backfill, ["first_day", "last_day"]),
]


@pytest.mark.parametrize(("flow", "required"), FLOWS, ids=lambda one: getattr(one, "name", ""))
def test_every_field_has_a_title_and_a_description(
    flow: Flow[..., Any], required: list[str]
) -> None:
    form = parameter_schema(flow).model_dump()
    assert form["required"] == required
    for name, field in form["properties"].items():
        assert field["title"] != name
        assert field["description"].endswith(".")


@pytest.mark.parametrize("parameters", [{}, {"what": ""}, {"what": "RM1", "force": "perhaps"}])
def test_what_a_form_should_not_let_in_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ParameterTypeError):
        compose_room.validate_parameters(parameters)
