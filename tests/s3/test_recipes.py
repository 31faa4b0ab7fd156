"""docs/analysts.md: its Python recipes read catalogs from S3, led there by the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Not a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(ROOT / "tests" / "analysts"))

from nights import fill  # noqa: E402

from roomreel.catalog.catalog import Catalog  # noqa: E402
from roomreel.storage import s3  # noqa: E402

pytestmark = [pytest.mark.s3, pytest.mark.slow]

RECIPES = re.findall(
    r"^```python\n((?:.*\n)*?)```$",
    (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
PLACE = 'catalog = "data/store/catalog"'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the catalogs of thirty nights."""
    folder = tmp_path_factory.mktemp("month")
    fill(Catalog.open(folder / "catalog", folder / "journal"))
    return folder


def test_every_python_recipe_reads_s3(bucket: str, files: Path, tmp_path: Path) -> None:
    for file in sorted(files.rglob("*.parquet")):
        s3.write(f"s3://{bucket}/{file.relative_to(files)}", file.read_bytes())
    # As the docs say, for a store that is not AWS and has no TLS.
    told = {"AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL_S3"], "AWS_ALLOW_HTTP": "true"}
    assert len(RECIPES) > 5
    for recipe in RECIPES:
        assert recipe.count(PLACE) == 1
        there = recipe.replace(PLACE, f'catalog = "s3://{bucket}/catalog"')
        if "import duckdb" in there and "register_filesystem" not in there:
            there = there.replace("as connection:\n", f"as connection:\n{BY_S3FS}", 1)
        argv = [sys.executable, "-W", "error", "-c", there]
        environ = {**os.environ, **told}
        ran = subprocess.run(
            argv, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{there}\n{ran.stderr}"
        assert ran.stdout.strip(), there


# Tests have no network to fetch DuckDB's own extension from.
BY_S3FS = "    connection.register_filesystem(__import__('fsspec').filesystem('s3'))\n"
