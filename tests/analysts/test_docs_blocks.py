"""README.md and docs/*.md: a block that nothing runs is an error."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from block_runs import (
    TOP,
    Block,
    are_files_of_catalogs,
    are_targets,
    asks_for_metrics,
    asks_for_metrics_of_serve,
    background_is_valid,
    blocks,
    breaks_a_rule,
    deletes,
    has_rows,
    is_json_of_s3,
    is_of_a_manifest,
    is_of_a_participant,
    is_of_a_recording,
    keys_are_valid,
    manifest_is_valid,
    mixing_is_valid,
    overlay_is_valid,
    prefect_knows,
    refused,
    sets_variables,
    settings_are_read,
    speaker_is_valid,
    template_is_valid,
)

BLOCKS = list(blocks())
API = "tests/service/test_api_doc.py"
INSTALLS = "tests/packaging/test_installs.py"
SERVES = "tests/operate/test_serve.py"
RECIPES = "tests/analysts/test_recipes.py"
REHEARSAL = "tests/operate/test_operations_doc.py"
MOVING = "tests/service/test_moving.py"
TOOLS = "tests/media/test_encryption.py"
IMPORTS = "tests/media/test_import.py"
STREAMS = "tests/media/test_import_streams.py"
RECORDERS = "tests/media/test_import_recorders.py"

# How each block is run, by its page, its fence and its beginning; or the test that runs it.
RUN: dict[Block, Callable[..., None] | str] = {
    ("README.md", "sh", "python3 -m venv"): INSTALLS,
    ("README.md", "sh", "roomreel serve"): SERVES,
    ("README.md", "sh", "account="): SERVES,
    ("README.md", "", "make demo "): are_targets,
    ("docs/analysts.md", "python", ""): RECIPES,
    ("docs/analysts.md", "sql", ""): RECIPES,
    ("docs/analysts.md", "", ""): RECIPES,
    # There is no Athena and no Trino here: the test compares them with the columns.
    ("docs/analysts.md", "sql athena", ""): RECIPES,
    ("docs/analysts.md", "sql trino", ""): RECIPES,
    ("docs/analysts.md", "sh", "export AWS_ENDPOINT_URL="): sets_variables,
    ("docs/api.md", "sh", "curl "): API,
    ("docs/api.md", "python", "from twilio"): API,
    ("docs/api.md", "js", "const client"): API,
    ("docs/api.md", "json", '{\n  "schema": "roomreel.buckets/1"'): keys_are_valid,
    ("docs/api.md", "python", "from standardwebhooks"): "tests/unit/service/test_signing.py",
    ("docs/catalogs.md", "", "<store>/catalog/"): are_files_of_catalogs,
    ("docs/catalogs.md", "python", "import pandas"): has_rows,
    ("docs/catalogs.md", "python", "import polars"): has_rows,
    ("docs/catalogs.md", "python", "import duckdb"): has_rows,
    # What typer says of each command.
    ("docs/cli.md", "console", "$ roomreel "): "tests/unit/cli/test_documentation.py",
    ("docs/cli.md", "", "roomreel: source-limit-exceeded"): refused,
    ("docs/cli.md", "", "call.json:"): breaks_a_rule,
    ("docs/deleting.md", "", "roomreel delete"): deletes,
    ("docs/encryption.md", "toml", 'encryption = "age"'): settings_are_read,
    ("docs/encryption.md", "sh", "age-keygen"): TOOLS,
    ("docs/encryption.md", "sh", "openssl genpkey"): TOOLS,
    ("docs/encryption.md", "sh", "age --decrypt -i customer.key"): TOOLS,
    ("docs/encryption.md", "sh", "age --decrypt -i customer.pem"): TOOLS,
    ("docs/encryption.md", "sh", "file=monday.mp4"): TOOLS,
    ("docs/encryption.md", "json", '"encryption": {"format": "age"}'): is_of_a_recording,
    ("docs/encryption.md", "json", '"encryption": {"format": "rsa-envelope"'): is_of_a_recording,
    ("docs/encryption.md", "sh", "ssh-keygen"): TOOLS,
    ("docs/importing.md", "", "roomreel import FOLDER --dry-run"): IMPORTS,
    ("docs/importing.md", "", "roomreel import files"): IMPORTS,
    ("docs/importing.md", "", "file,participant,track"): IMPORTS,
    ("docs/importing.md", "", "roomreel import twilio"): "tests/media/test_import_account.py",
    ("docs/importing.md", "", "roomreel import vonage"): STREAMS,
    ("docs/importing.md", "", "roomreel import openvidu"): STREAMS,
    ("docs/importing.md", "", "roomreel import livekit"): STREAMS,
    ("docs/importing.md", "", "roomreel import daily"): RECORDERS,
    ("docs/importing.md", "", "roomreel import jitsi"): RECORDERS,
    ("docs/importing.md", "", "roomreel import sora"): RECORDERS,
    ("docs/metrics.md", "", "increase("): asks_for_metrics,
    ("docs/metrics.md", "", "sum(rate("): asks_for_metrics_of_serve,
    ("docs/moving.md", "", "roomreel serve\n"): SERVES,
    ("docs/moving.md", "sh fetch_rooms", ""): MOVING,
    ("docs/moving.md", "python fetch_compositions.py", ""): MOVING,
    ("docs/moving.md", "python copy_hooks.py", ""): MOVING,
    ("docs/operations.md", "toml", "callback_allow"): settings_are_read,
    ("docs/operations.md", "", "roomreel up\n"): "tests/operate/test_up.py",
    ("docs/operations.md", "", "roomreel serve\n"): SERVES,
    ("docs/operations.md", "sh", "apt-get install"): REHEARSAL,
    ("docs/operations.md", "toml", "templates ="): REHEARSAL,
    ("docs/operations.md", "sh", "su postgres"): REHEARSAL,
    ("docs/operations.md", "sh", "umask 077"): REHEARSAL,
    ("docs/operations.md", "sh", "cp configs/systemd/"): REHEARSAL,
    ("docs/operations.md", "sh", "cat >> /etc/roomreel/worker.env"): REHEARSAL,
    ("docs/operations.md", "sh", "systemctl enable"): REHEARSAL,
    ("docs/operations.md", "sh plain", ""): REHEARSAL,
    ("docs/operations.md", "", "prefect server start"): prefect_knows,
    ("docs/operations.md", "sh move", ""): "tests/unit/maintenance/test_moved.py",
    ("docs/overlays.md", "json", '{\n  "schema": "roomreel.template/1"'): template_is_valid,
    ("docs/overlays.md", "json", '{"color"'): background_is_valid,
    ("docs/overlays.md", "json", '{"type"'): overlay_is_valid,
    ("docs/python.md", "python", ""): "tests/media/test_api.py",
    ("docs/quickstart.md", "", "python3 -m venv"): INSTALLS,
    # So a checkout is installed, with the lock that has the tests' tools, too.
    ("docs/quickstart.md", "", "/opt/roomreel/bin/pip"): "Makefile",
    ("docs/quickstart.md", "", "roomreel demo"): INSTALLS,
    ("docs/quickstart.md", "", "roomreel manifest "): INSTALLS,
    ("docs/rooms.md", "json", '{\n  "schema": "roomreel.room/1"'): manifest_is_valid,
    ("docs/rooms.md", "json", '{"sid": "PA'): is_of_a_participant,
    ("docs/rooms.md", "json", '"events"'): is_of_a_manifest,
    ("docs/s3.md", "toml", "manifests ="): settings_are_read,
    ("docs/s3.md", "json", '{"Version"'): is_json_of_s3,
    ("docs/s3.md", "json", '{"Rules"'): is_json_of_s3,
    ("docs/templates.md", "json", '{\n  "schema": "roomreel.template/1"'): template_is_valid,
    ("docs/templates.md", "json", '"audio": {'): mixing_is_valid,
    ("docs/templates.md", "json", '"speaker": {'): speaker_is_valid,
}


@pytest.fixture
def folder(month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with a month of nights in `data/store`."""
    shutil.copytree(month, tmp_path / "data" / "store")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ways(block: Block) -> list[Block]:
    return [one for one in RUN if one[:2] == block[:2] and block[2].startswith(one[2])]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda one: " ".join(" ".join(one).split())[:50])
def test_a_block_is_run(block: Block, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (way,) = ways(block)
    how = RUN[way]
    if isinstance(how, str):
        assert (TOP / how).is_file()
    elif how is refused:
        how(block[2], folder, capsys)
    else:
        how(block[2], folder)


def test_each_block_has_one_way_to_run() -> None:
    assert [block for block in BLOCKS if len(ways(block)) != 1] == []


def test_no_way_to_run_is_left_over() -> None:
    used = {way for block in BLOCKS for way in ways(block)}
    assert [way for way in RUN if way not in used] == []
