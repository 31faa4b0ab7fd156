"""Scopes: kinds of things that a key of the API lets its holder do."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A kind of things that a key lets its holder do; none of them has another one in it."""

    READ = "read"
    """Fetch and list."""

    MEDIA = "media"
    """Fetch media files and posters."""

    WRITE = "write"
    """Create, change and delete."""

    ADMIN = "admin"
    """Keys and settings."""


ALL_SCOPES = frozenset(Scope)
