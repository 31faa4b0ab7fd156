"""The settings files that are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomreel.settings import Settings, load

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_local_one_says_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(CONFIGS.parent)
    empty = tmp_path / "empty.toml"
    empty.touch()
    assert load(CONFIGS / "local.toml") == load(empty)


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.toml")), ids=lambda file: file.name)
def test_what_is_commented_out_is_a_setting_too(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    offered = [line.removeprefix("# ") for line in lines if line.startswith("# ") and " = " in line]
    names = {line.split(" = ")[0] for line in offered}
    assert names - {"mp4", "webm", "preset"} <= Settings.model_fields.keys()
