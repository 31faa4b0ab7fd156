"""What clients of the hosted service send, and a call with it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from api_in_process import NOON, sid_of

Forms = dict[str, Any]
ROOM = sid_of("RM", 1)
PERSON = sid_of("PA", 1, "audio")
GRID = {"grid": {"video_sources": ["*"]}}


REGION = {
    "cells_excluded": [],
    "height": None,
    "max_columns": None,
    "max_rows": None,
    "reuse": "show_oldest",
    "video_sources": ["*"],
    "video_sources_excluded": [],
    "width": None,
    "x_pos": 0,
    "y_pos": 0,
    "z_pos": 0,
}


def layout(**changes: Any) -> Forms:
    return {"VideoLayout": json.dumps({"grid": {"video_sources": ["*"]} | changes})}


def create(client: TestClient, form: Forms) -> httpx.Response:
    return client.post("/Compositions", data={"RoomSid": ROOM} | form)


def read(client: TestClient, path: str, **query: Any) -> dict[str, Any]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stamp(seconds: int) -> str:
    return f"{NOON + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
