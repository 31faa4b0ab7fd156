"""Records of imports: claims, evidence, and what was chosen of them."""

from __future__ import annotations

from typing import Any

from roomreel.documents.document import Kind, check_document
from roomreel.errors import DocumentInvalid

IMPORT = "roomreel.import/1"

LONGEST_TEXT = 10_000
"""Characters of any text in one, but for what is kept as it was."""


def parse_import_record(data: bytes, file: str) -> dict[str, Any]:
    """Return a record as it is.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    return check_document(data, file, _IMPORT)


_IMPORT = Kind("import-1.schema.json", lambda _document: (), DocumentInvalid)
