"""The edge of a task: one bad item ends itself, with a code and plain words, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from roomreel.errors import RenderError, RoomreelError
from roomreel.logs import redacted

P = ParamSpec("P")
T = TypeVar("T")


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | RoomreelError:
    """What the call returns, or the error it ends with; what is not ours becomes `render-failed`.

    The traceback of an error that is not ours goes to the log of the run at level debug.
    """
    try:
        return call(*args, **kwargs)
    except RoomreelError as error:
        return _without_secrets(error)
    except Exception as error:  # noqa: BLE001  the edge of a task
        _log_traceback(error)
        words = redacted(f"{type(error).__name__}: {error}")
        return RenderError(words, "this is a mistake in roomreel: please report it")


def _without_secrets(error: RoomreelError) -> RoomreelError:
    # From here on it is shown, recorded and sent; a library may have quoted a presigned URL.
    error.message = redacted(error.message)
    error.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in error.args)
    return error


def _log_traceback(error: Exception) -> None:
    try:
        get_run_logger().debug("Unexpected error", exc_info=error)
    except MissingContextError:
        return
