"""Reasons for which something that is to be deleted stays."""

from __future__ import annotations

from enum import StrEnum


class Stays(StrEnum):
    """A reason for which something that is to be deleted stays, in words that follow a count."""

    DELETED = "deleted already"
    FAILED = "failed, and kept: roomreel delete removes them"
    GOES_ON = "of a room that is not over"
    NOT_RECORDED = "in no catalog yet: they are after the first run that considers their room"
    GONE = "not there any more"
