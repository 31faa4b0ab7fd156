"""The edge of a step: one bad item ends itself, with a code and plain words, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from traceback import format_exception
from typing import ParamSpec, TypeVar

from roomreel.errors import RenderError, RoomreelError
from roomreel.logs import LOG
from roomreel.redaction import redacted, redacted_error

P = ParamSpec("P")
T = TypeVar("T")


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | RoomreelError:
    """Return what the call returns, or its error; what is not ours becomes `render-failed`.

    The traceback of an error that is not ours goes to the log at level debug.
    """
    try:
        return call(*args, **kwargs)
    except RoomreelError as error:
        # From here on it is shown, recorded and sent; a library may have quoted a presigned URL.
        return redacted_error(error)
    except Exception as error:  # noqa: BLE001  the edge of a step
        LOG.debug("%s", "".join(format_exception(error)))
        words = redacted(f"{type(error).__name__}: {error}")
        return RenderError(words, "this is a bug in roomreel: please report it")
