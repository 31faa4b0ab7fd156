"""Assets: files under a setting that templates name."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest
import pyvips

from roomreel.errors import AssetMissing
from roomreel.media.assets import read_asset, read_drawn
from roomreel.model.images import LARGEST_BYTES
from roomreel.model.look import Asset
from roomreel.settings import Settings


@pytest.fixture(scope="module")
def png() -> bytes:
    return pyvips.Image.new_from_array(np.zeros((4, 6, 3), np.uint8)).pngsave_buffer()


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "assets" / "brand").mkdir(parents=True)
    return Settings(assets=tmp_path / "assets", store=tmp_path / "store")


def test_an_asset_is_known_by_its_bytes_and_its_size(settings, png):
    (settings.assets / "brand" / "logo.png").write_bytes(png)
    found = read_asset(settings, "brand/logo.png")
    assert found == Asset("brand/logo.png", hashlib.sha256(png).hexdigest(), len(png), 6, 4)
    assert read_drawn(settings, found) == png


def test_one_that_is_replaced_is_another_one(settings, png):
    file = settings.assets / "logo.png"
    file.write_bytes(png)
    before = read_asset(settings, "logo.png")
    other = pyvips.Image.new_from_array(np.zeros((8, 8, 3), np.uint8)).pngsave_buffer()
    file.write_bytes(other)
    os.utime(file, ns=(1, 1))
    assert (read_asset(settings, "logo.png").width, before.width) == (8, 6)
    with pytest.raises(AssetMissing, match="changed"):
        read_drawn(settings, before)


@pytest.mark.parametrize(
    "path", ["../secret.png", "brand/../../secret.png", "link.png", "folder/secret.png"]
)
def test_nothing_outside_of_the_folder_is_read(settings, tmp_path, png, path):
    (tmp_path / "secret.png").write_bytes(png)
    (settings.assets / "link.png").symlink_to(tmp_path / "secret.png")
    (settings.assets / "folder").symlink_to(tmp_path)
    with pytest.raises(AssetMissing, match="outside"):
        read_asset(settings, path)


def test_an_absolute_path_is_outside(settings, tmp_path, png):
    (tmp_path / "secret.png").write_bytes(png)
    with pytest.raises(AssetMissing, match="outside"):
        read_asset(settings, str(tmp_path / "secret.png"))


def test_a_link_that_stays_inside_is_followed(settings, png):
    (settings.assets / "logo.png").write_bytes(png)
    (settings.assets / "brand" / "logo.png").symlink_to("../logo.png")
    assert read_asset(settings, "brand/logo.png").width == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no asset"),
        (b"", "not PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_BYTES), f"more than {LARGEST_BYTES} bytes"),
    ],
    ids=["none", "empty", "svg", "damaged", "large"],
)
def test_what_cannot_be_drawn_is_refused_with_its_path(settings, content, words):
    if content is not None:
        (settings.assets / "logo.png").write_bytes(content)
    for _ in range(2):
        with pytest.raises(AssetMissing, match=words) as refused:
            read_asset(settings, "logo.png")
        assert "'logo.png'" in refused.value.message
        assert refused.value.remedy


def test_a_folder_or_a_pipe_is_no_asset(settings):
    os.mkfifo(settings.assets / "pipe.png")
    for path in ("brand", "pipe.png"):
        with pytest.raises(AssetMissing, match="not a regular file"):
            read_asset(settings, path)


def test_without_the_setting_there_are_those_of_the_layouts(settings):
    unset = settings.model_copy(update={"assets": None})
    assert read_asset(unset, "logo.png").height > 0
    with pytest.raises(AssetMissing, match=r"no asset 'other.png' in .*layouts/assets"):
        read_asset(unset, "other.png")
