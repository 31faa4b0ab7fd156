"""Places and S3 in the settings."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from roomreel.errors import SettingsInvalid
from roomreel.model.location import ObjectLocation
from roomreel.settings import Settings, apply_environment, load

SECRET = "hunter2"  # noqa: S105


@pytest.fixture(autouse=True)
def _no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        # Set first, so that what `load` sets is undone, too.
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)


def test_a_store_in_s3_leaves_half_done_work_on_this_machine() -> None:
    settings = Settings(store="s3://calls/composed")
    assert str(settings.catalog_root) == "s3://calls/composed/catalog"
    assert str(settings.journal_root) == "s3://calls/composed/journal"
    assert str(settings.compositions_root) == "s3://calls/composed/compositions"
    assert settings.scratch_root == Path.cwd() / "data/store/scratch"
    assert settings.prefect_root == Path.cwd() / "data/store/prefect"
    assert settings.model_dump(mode="json")["store"] == "s3://calls/composed"
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301


def test_each_place_may_be_somewhere_else() -> None:
    settings = Settings(store="here", catalog="s3://catalog", compositions="s3://made/a")
    assert settings.catalog_root == ObjectLocation("s3", "catalog", "")
    assert settings.journal_root == Path("here/journal")
    assert str(settings.compositions_root) == "s3://made/a"
    assert settings.scratch_root == Path("here/scratch")


def test_a_place_may_be_a_file_url() -> None:
    assert Settings(store="file:///srv/a%20b").store == Path("/srv/a b")
    assert Settings(media_roots=["file:///srv/calls"]).media_roots == ["file:///srv/calls"]


@pytest.mark.parametrize("name", ["manifests", "templates", "media_roots", "store", "catalog"])
def test_other_schemes_are_refused(name: str) -> None:
    url = "https://example.org/calls"
    with pytest.raises(ValueError, match="that can be used"):
        Settings(**{name: [url] if name == "media_roots" else url})


def test_clients_of_s3_find_it_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "s3.toml"
    file.write_text('s3_endpoint = "http://127.0.0.1:9000"\ns3_region = "eu-central-1"\n')
    apply_environment(load(file))
    assert os.environ["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9000"
    assert os.environ["AWS_REGION"] == os.environ["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert "AWS_PROFILE" not in os.environ


@pytest.mark.parametrize(
    "line",
    [
        f'store = "s3://key:{SECRET}@calls"',
        f'catalog = "s3://calls/x?sig={SECRET}"',
        f'manifests = "s3://{SECRET}@calls/rooms"',
        f'media_roots = ["data/rooms", "s3://key:{SECRET}@calls/rooms"]',
        f'templates = "s3://calls/rooms#{SECRET}"',
        f's3_endpoint = "http://key:{SECRET}@127.0.0.1:9000"',
        f's3_endpoint = "{SECRET}"',
        f'manifests = "https://host/rooms?token={SECRET}"',
    ],
)
def test_credentials_in_a_place_are_refused_and_not_repeated(line: str, tmp_path: Path) -> None:
    file = tmp_path / "s3.toml"
    file.write_text(line)
    with pytest.raises(SettingsInvalid) as caught:
        load(file)
    assert line.split(" = ", maxsplit=1)[0] in caught.value.message
    assert SECRET not in str(caught.value)
