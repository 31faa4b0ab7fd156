"""Plans whose regions draw in cells beside pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from roomreel.model.geometry import Size
from roomreel.plan import make_plan

# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))
from tiles import HOLD


@pytest.fixture
def plan(make):
    """A plan of cameras of one participant each, which are there from ms to ms."""

    def build(
        look,
        *cameras,
        names=(),
        region=None,
        room=None,
        media=None,
        assets=(),
        avatars=None,
        **template,
    ):
        recordings = [
            make.recording(f"V{number}", participant_sid=f"PA{number}")
            for number in range(1, len(cameras) + 1)
        ]
        names = names or tuple(f"name{number}" for number in range(1, len(cameras) + 1))
        made = make.room(*recordings, identities=names, **(room or {}))
        media = media or {
            one.sid: make.video(*times) for one, times in zip(recordings, cameras, strict=True)
        }
        layout = make.template(
            make.region(tile=look, **(region or {})), **{"resolution": Size(1280, 720)} | template
        )
        found = {one.path: one for one in assets}
        return make_plan(made, layout, media, HOLD, assets=found, avatars=avatars or {})

    return build
