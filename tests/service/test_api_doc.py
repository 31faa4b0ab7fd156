"""The commands of docs/api.md, as written, against a server; its programs, as far as they go."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import HOST, Api, composition_sid, sid_of, usual_api
from service_site import free_port

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
SID, ROOM = composition_sid(0), sid_of("RM", 0)


def blocks(fence: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{fence}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON values that commands have printed."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    port = free_port()
    with usual_api(tmp_path, port) as api, serving(api.app, Listening(HOST, port)):
        yield api


@pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"), reason="curl is not installed"
)
def test_the_commands_do_what_the_page_says(api: Api, tmp_path: Path) -> None:
    sid, token = api.auth
    given = {"API": api.service.url, "ACCOUNT_SID": sid, "AUTH_TOKEN": token}
    variables = os.environ | given | {"ROOM_SID": ROOM, "SID": SID}
    printed = []
    for text in blocks("sh"):
        done = subprocess.run(
            ["/bin/sh", "-euc", text],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed += documents(done.stdout)
    created, fetched, listed, by_template = printed
    assert (created["status"], created["room_sid"], created["format"]) == ("enqueued", ROOM, "mp4")
    assert (fetched["sid"], fetched["status"]) == (SID, "completed")
    assert (tmp_path / "composition.mp4").read_bytes() == b"{}"
    assert SID in {one["sid"] for one in listed["compositions"]}
    assert listed["meta"]["page_size"] == 20
    assert by_template["roomreel"]["template"] == "grid"


def test_the_python_program_fetches(api: Api) -> None:
    (text,) = (one for one in blocks("python") if one.startswith("from twilio.rest"))
    sid, token = api.auth
    names = {"Client": Client, "account_sid": sid, "auth_token": token, "sid": SID}
    exec(text.replace("https://rooms.example.org", api.service.url), names)  # noqa: S102  ours
    assert names["composition"].sid == SID


def test_the_node_program_is_that_of_the_sdk() -> None:
    (text,) = blocks("js")
    program = (Path(__file__).parent / "sdk_node.js").read_text(encoding="utf-8")
    assert 'client.video.baseUrl = "' in text
    assert "client.video.baseUrl = url;" in program
    assert "client.video.v1" in text
    assert "client.video.v1" in program
