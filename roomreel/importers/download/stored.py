"""Answers of the service as they are kept: as received, without the account and without links.

Their names end as those of records of imports, so that no run takes them for manifests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roomreel.model.location import without_secrets
from roomreel.storage.documents import RECORD
from roomreel.storage.failure import storage_errors
from roomreel.storage.replace import replace_file

FOLDER = "twilio"
"""Within the folder of a room."""

_LEFT_OUT = frozenset({"account_sid", "links", "media_external_location", "status_callback"})
_URLS = ("url", "uri")


def without_account(value: Any, account: str) -> Any:
    """Return a JSON value without the sid of the account and without what leads to media.

    Names that people gave stay, but for the queries of URLs in them.
    """
    if isinstance(value, Mapping):
        return {
            key.replace(account, ""): without_account(held, account)
            for key, held in value.items()
            if key not in _LEFT_OUT and not key.lower().endswith(_URLS)
        }
    if isinstance(value, list):
        return [without_account(held, account) for held in value]
    if isinstance(value, str):
        words = value.replace(account, "").split(" ")
        return " ".join(without_secrets(word) if "://" in word else word for word in words)
    return value


def keep(room: Path, name: str, answer: Mapping[str, Any], account: str) -> None:
    """Keep an answer in the folder of a room; one that says the same is left as it is.

    Raises:
        StorageFailed: it cannot be written.
    """
    text = json.dumps(without_account(answer, account), indent=2, ensure_ascii=False) + "\n"
    data = text.encode("utf-8", "backslashreplace")
    path = _place(room, name)
    with storage_errors("write", path):
        if not path.is_file() or path.read_bytes() != data:
            replace_file(path, data)


def drop_pages(room: Path, name: str, count: int) -> None:
    """Remove pages of a list that are left from when it was longer.

    Raises:
        StorageFailed: one cannot be removed.
    """
    number = count
    while (path := _place(room, page_name(name, number))).exists():
        with storage_errors("remove", path):
            path.unlink()
        number += 1


def page_name(name: str, number: int) -> str:
    """Return the name of a page of a list."""
    return f"{name}-{number}"


def _place(room: Path, name: str) -> Path:
    return room / FOLDER / f"{name}{RECORD}"
