"""Run the migrations on the connection that they are given."""

from typing import Any, Literal

from alembic import context

from roomreel.service.database.columns import Instant, Json
from roomreel.service.database.tables import METADATA


def _name_ours(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Return how a migration writes a type of ours; False: as usual."""
    ours = kind == "type" and isinstance(item, Instant | Json)
    return f"{type(item).__name__}()" if ours else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_name_ours,
)
context.run_migrations()
