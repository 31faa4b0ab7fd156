from pathlib import Path

import pytest

from roomreel.cli.documentation import fill_page
from roomreel.settings import Settings
from roomreel.settings.documentation import rows

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_is_that_of_the_settings():
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text) == text, "make docs"


def test_a_value_without_a_default_says_what_holds_instead():
    assert [row.name for row in rows() if row.default == "`null`"] == []


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("store", "path or URL", '`"data/store"`'),
        ("scratch", "path", "`<store>/scratch`, or `data/store/scratch` where the store is in S3"),
        ("media_roots", "list: path or URL", '`["data/rooms"]`'),
        ("ffmpeg", "path or name", "the one that imageio-ffmpeg brings"),
        ("s3_region", "string", "`AWS_REGION`"),
        ("quality", "`draft`, `standard`, `high`", '`"standard"`'),
        ("cache_bytes", "integer, at least 1", "`50_000_000_000`"),
        ("timeout_factor", "number, more than 0", "`1.0`"),
        ("video_encoder", "table of strings", '`{mp4 = "libx264", webm = "libvpx"}`'),
    ],
)
def test_a_row_says_type_and_default_in_words(name, kind, default):
    (row,) = [row for row in rows() if row.name == name]
    assert (row.kind, row.default) == (kind, default)
    assert row.variable == f"ROOMREEL_{name.upper()}"
    assert row.meaning.rstrip(".") in str(Settings.model_fields[name].description)


def test_what_follows_the_default_stays():
    (row,) = [row for row in rows() if row.name == "log_file"]
    assert row.default == "none"
    assert "as JSON. The page of a run shows them in any case; " in row.meaning
