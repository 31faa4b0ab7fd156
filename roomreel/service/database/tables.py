"""Tables of the service database. `migrations/` makes them; a test compares both."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from roomreel.service.database.columns import Instant, Json

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The projection: a copy of the catalogs' rows, made again at any time.

COMPOSITIONS = Table(
    "compositions",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("rev", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("room_sid", String(34)),
    # Of the API: what was cancelled has failed.
    Column("status", String(12), nullable=False),
    Column("date_created", Instant, nullable=False),
    # The columns of the row that answers are made of, as JSON.
    Column("row", Json, nullable=False),
    Index(None, "date_created", "sid"),
    Index(None, "status", "date_created", "sid"),
    Index(None, "room_sid", "date_created", "sid"),
    Index(None, "room_sid", "status", "date_created", "sid"),
)

RECORDINGS = Table(
    "recordings",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("day", String(10), index=True),
    # 0: from a manifest, and no flow has recorded it yet.
    Column("rev", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("room_sid", String(34), nullable=False),
    Column("participant_sid", String(34)),
    Column("source_sid", String(34)),
    Column("type", String(8), nullable=False),
    Column("status", String(12), nullable=False),
    # Its own; of one that is not dated, that of its room.
    Column("date_created", Instant, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("row", Json, nullable=False),
    Index(None, "date_created", "sid"),
    Index(None, "status", "date_created", "sid"),
    Index(None, "type", "date_created", "sid"),
    Index(None, "status", "type", "date_created", "sid"),
    Index(None, "room_sid", "date_created", "sid"),
    Index(None, "participant_sid", "date_created", "sid"),
    Index(None, "source_sid", "date_created", "sid"),
)

ROOMS = Table(
    "rooms",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("day", String(10), index=True),
    # 0: from a manifest, and no flow has recorded it yet.
    Column("rev", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Of a long one, its digest: `records.key_of`.
    Column("name_key", String(72), nullable=False),
    Column("status", String(12), nullable=False),
    # Its own; else when it ended; else when it was seen first.
    Column("date_created", Instant, nullable=False),
    Column("row", Json, nullable=False),
    Index(None, "date_created", "sid"),
    Index(None, "status", "date_created", "sid"),
    Index(None, "name_key", "date_created", "sid"),
)

PARTITIONS = Table(
    "partitions",
    METADATA,
    Column("name", String(48), primary_key=True),
    Column("stamp", Text, nullable=False),
    # Whether rows of it are left out, as another one has rows of their sids.
    Column("hides", Boolean, nullable=False),
    # Of compositions, by status; NULL until they were copied.
    Column("sums", Json),
)
"""Files of the catalogs as they were when they were copied: `compositions/date=2026-11-29`."""

MANIFESTS = Table(
    "manifests",
    METADATA,
    # Digest of the URL: a long one would be too much for an index.
    Column("key", String(64), primary_key=True),
    # Bytes: a name on a disk need not be text.
    Column("url", LargeBinary, nullable=False),
    Column("stamp", Text, nullable=False),
    # As read last; NULL of what is no manifest.
    Column("room_sid", String(34), index=True),
    # Why it cannot be used now, in words; NULL where it can.
    Column("problem", Text),
)
"""Manifests as they were seen last."""

# What only this database knows.

COMPLETED_ROOMS = Table(
    "completed_rooms",
    METADATA,
    Column("sid", String(34), primary_key=True),
    # When it was first seen as completed, with all its recordings.
    Column("date", Instant, nullable=False),
    # When hooks are to be applied to it; NULL: they have been, or are not to be.
    Column("due", Instant, index=True),
)
"""Rooms that are over: each becomes so once, however often its manifest is looked at."""

ROOMS_SEEN = Table(
    "rooms_seen",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("status", String(12), nullable=False),
    # The status of each recording, by a digest of its sid.
    Column("recordings", Json, nullable=False),
    # Where its events are sent.
    Column("status_callback", Text),
    Column("status_callback_method", String(4)),
    # Since when no manifest tells of it any more; NULL: one does.
    Column("gone", Instant, index=True),
)
"""Rooms as manifests told of them last: events are differences from that."""

REQUESTS = Table(
    "requests",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("room_sid", String(34), nullable=False),
    Column("room_name", Text, nullable=False),
    Column("status", String(12), nullable=False),
    # The smallest is done first.
    Column("priority", Integer, nullable=False),
    Column("template", Json, nullable=False),
    # Name of the template it counts as in the catalogs.
    Column("template_name", Text, nullable=False),
    Column("date_created", Instant, nullable=False),
    Column("date_started", Instant),
    Column("date_ended", Instant),
    # How many runs have begun it.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("percentage_done", Integer, nullable=False, server_default="0"),
    # Of the hook that asks for it; NULL: a client does.
    Column("hook_sid", String(34)),
    # Run that works on it, and until when nobody else does.
    Column("run_id", String(36), index=True),
    Column("held_until", Instant),
    Index(None, "status", "priority", "date_created"),
    Index(None, "status", "date_created", "sid"),
    Index(None, "room_sid", "date_created", "sid"),
    Index(None, "room_sid", "status", "date_created", "sid"),
    Index(None, "date_created", "sid"),
)

CLAIMS = Table(
    "claims",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
"""Compositions that are being rendered, and by whom."""

EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Composition, recording or room in whose order it stands.
    Column("stream", String(34), nullable=False),
    # Of the row that it leads to; 0 where it leads to none.
    Column("attempts", Integer, nullable=False),
    Column("name", String(32), nullable=False),
    # Of events that come several times on the way to one row: which; else 0.
    Column("step", Integer, nullable=False, server_default="0"),
    Column("room_sid", String(34), nullable=False),
    # What is said of it alone, by the names that it is sent with.
    Column("data", Json, nullable=False),
    Index(None, "stream", "attempts", "name", "step", unique=True),
    Index(None, "room_sid", "id"),
)
"""Changes of state, in order."""

_IS_WAITING = text("status = 'waiting'")

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("event_id", Integer, primary_key=True, autoincrement=False),
    Column("stream", String(34), nullable=False),
    # Of the event.
    Column("date", Instant, nullable=False),
    Column("url", Text, nullable=False),
    Column("method", String(4), nullable=False),
    # Of the URL, with its port: what is slow holds up no other one.
    Column("host", String(255), nullable=False),
    Column("status", String(12), nullable=False),
    # A hint is tried once, and nothing waits for it.
    Column("is_hint", Boolean, nullable=False),
    # The same for each try.
    Column("token", String(36), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    # Since when it is tried, and how often since then: delivered again, it begins anew.
    Column("since", Instant, nullable=False),
    Column("tries_since", Integer, nullable=False, server_default="0"),
    Column("due", Instant, nullable=False),
    # Instance that tries it, and until when nobody else does.
    Column("holder", Text),
    Column("held_until", Instant),
    Index(None, "host", "due", sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING),
    Index(None, "stream", "event_id"),
    Index(None, "date", "event_id"),
    Index(None, "status", "date", "event_id"),
)
"""Events that are to be sent, and how far that is."""

CALLBACK_TRIES = Table(
    "callback_tries",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", Integer, nullable=False, index=True),
    Column("date", Instant, nullable=False),
    # Without its secrets.
    Column("url", Text, nullable=False),
    # NULL where there was no answer.
    Column("http_status", Integer),
    Column("ms", Integer, nullable=False),
    # How the answer begins, of characters that can be printed.
    Column("answer", Text),
    Column("error", Text),
)
"""Each try to deliver an event."""

FIRST_LOOKS = Table(
    "first_looks",
    METADATA,
    Column("name", String(48), primary_key=True),
    Column("date", Instant, nullable=False),
)
"""Looks at all there is, by name: before the first one nothing counts as new."""

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("api_key", String(34), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("sid", String(34), nullable=False),
    Column("date_created", Instant, nullable=False, index=True),
)

KEYS = Table(
    "keys",
    METADATA,
    Column("sid", String(34), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", LargeBinary(32), nullable=False),
    # Words with spaces between them.
    Column("scopes", Text, nullable=False),
    Column("date_created", Instant, nullable=False),
    Column("date_expires", Instant),
    Column("date_used", Instant),
    Column("date_revoked", Instant),
    # A key that is revoked leaves its name to others.
    Index(
        "uq_keys_name",
        "name",
        unique=True,
        sqlite_where=text("date_revoked IS NULL"),
        postgresql_where=text("date_revoked IS NULL"),
    ),
)
"""Keys of the API; of a secret there is only a digest."""

SESSIONS = Table(
    "sessions",
    METADATA,
    # Of its secret, keyed: see `sessions`.
    Column("digest", LargeBinary(32), primary_key=True),
    # Sid of the account or of a key.
    Column("caller", String(34), nullable=False),
    Column("date_created", Instant, nullable=False),
    Column("date_used", Instant, nullable=False),
)
"""Sessions of the console."""

SIGN_IN_LINKS = Table(
    "sign_in_links",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("date_expires", Instant, nullable=False),
)
"""Links that sign in to the console and were not used."""

DELETIONS = Table(
    "deletions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("of_table", String(12), nullable=False),
    Column("caller", String(34), nullable=False),
    Column("date_created", Instant, nullable=False),
    # NULL: it was counted, and nobody has confirmed it.
    Column("date_confirmed", Instant),
    Column("date_ended", Instant),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    # How many stay, by the reason.
    Column("kept", Json, nullable=False),
    Column("has_more", Boolean, nullable=False),
    Column("problem", Text),
)
"""Deletions of many at once: counted, confirmed, worked off."""

DOOMED = Table(
    "doomed",
    METADATA,
    Column("deletion_id", String(32), primary_key=True),
    Column("sid", String(34), primary_key=True, index=True),
)
"""What a deletion has still to delete: what was counted, and nothing that came later."""

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(48), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
"""Duties that one instance has at a time."""
