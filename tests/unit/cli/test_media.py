"""Where a medium on a disk is."""

from pathlib import Path

import pytest

from roomreel.cli.media import location
from roomreel.errors import NotFound


def test_a_medium_on_a_disk_is_told_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "CJ01.mp4"
    file.write_bytes(b"x")
    assert location(str(file), 600, inline=False) == str(file)
    file.unlink()
    with pytest.raises(NotFound, match="CJ01"):
        location(str(file), 600, inline=False)
