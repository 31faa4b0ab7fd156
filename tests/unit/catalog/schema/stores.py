"""What tests of catalogs of other versions ask of a store in a folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Table


def schemas(root: Path, table: Table) -> list[pa.Schema]:
    """The schemas of the files of a table, by day."""
    return [pq.read_schema(file) for file in sorted((root / "catalog" / table).glob("*/*"))]


def again(root: Path) -> Catalog:
    """The same catalogs in another process."""
    return Catalog.open(root / "catalog", root / "journal")
