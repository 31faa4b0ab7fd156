"""Secret blocks of Prefect, in which operators keep keys."""

from __future__ import annotations

import json
import time
from math import inf

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import JsonValue

from roomreel.errors import NotFound
from roomreel.flows.orchestration.runtime import answering

KEPT_S = 60.0
"""Keys are wanted at each request to a bucket; after this time they are asked for again."""

_kept: dict[str, tuple[float, bytes]] = {}


def read_block(name: str) -> bytes:
    """Return what a Secret block holds: text as it is, anything else as JSON.

    Raises:
        NotFound, OrchestratorFailed: as of `read_secret`.
    """
    at, data = _kept.get(name, (-inf, b""))
    if time.monotonic() - at > KEPT_S:
        value = read_secret(name)
        data = (value if isinstance(value, str) else json.dumps(value)).encode()
        _kept[name] = (time.monotonic(), data)
    return data


def read_secret(name: str) -> JsonValue:
    """Return the value of a Secret block.

    Raises:
        NotFound: there is none of this name.
        OrchestratorFailed: the server does not answer.
    """
    try:
        with answering("start it"), get_client(sync_client=True) as client:
            value: JsonValue = client.read_block_document_by_name(name, "secret").data["value"]
            return value
    except ObjectNotFound as error:
        raise NotFound(
            "Prefect has no such block", "prefect block create secret says where to make it"
        ) from error
