"""The life of hooks, and settings, by the hosted service's own SDKs, on each kind of database."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from roomreel.service.settings.credentials import add_credential
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from api_in_process import HOST, Api, empty_api
from postgres import is_installed, postgres
from service_site import free_port

HERE = Path(__file__).parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield {}
        return
    if not is_installed() and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    with postgres() as url:
        yield {"service_database": url.replace("+asyncpg", "")}


@pytest.fixture
def api(tmp_path: Path, database: dict[str, str]) -> Iterator[Api]:
    port, templates = free_port(), tmp_path / "templates"
    templates.mkdir()
    document = {"schema": "roomreel.template/1", "friendly_name": "operator's"}
    text = json.dumps(document | {"audio_sources": ["*"]})
    (templates / "operator.json").write_text(text)
    with (
        empty_api(tmp_path, port, templates=str(templates), **database) as api,
        serving(api.app, Listening(HOST, port)),
    ):
        yield api


def run(command: list[str], api: Api, cwd: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file = api.folder / "key.pem"
    file.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, form))
    key = add_credential(api.service.settings, "customer", file).sid
    words = (api.service.url, *api.auth, key)
    done = subprocess.run(
        [*command, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr[-5000:]
    assert [hook.ready.name for hook in api.service.hooks.read().hooks] == ["operator's"]


def test_the_python_sdk_makes_changes_and_removes_hooks(api: Api, tmp_path: Path) -> None:
    run([sys.executable, "-W", "ignore", str(HERE / "sdk_hooks_python.py")], api, tmp_path)


def test_the_node_sdk_makes_changes_and_removes_hooks(api: Api, node_sdk: Path) -> None:
    shutil.copy(HERE / "sdk_hooks_node.js", node_sdk)
    run([str(shutil.which("node")), "sdk_hooks_node.js"], api, node_sdk)
