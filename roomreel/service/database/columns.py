"""Column types of the service database that SQLite and PostgreSQL keep alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from roomreel.model.time import EPOCH

_TICK = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An instant, as microseconds since 1970: exact, and in the order of time everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Return the microseconds."""
        return None if value is None else (value - EPOCH) // _TICK

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        return None if value is None else EPOCH + value * _TICK


class Json(TypeDecorator[Any]):
    """A JSON value, as text: nothing is searched within it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Return the text."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """Return the value."""
        return None if value is None else orjson.loads(value)
