"""Things of lists, each by its sid: while the lists are being filled, one may come yet."""

from __future__ import annotations

from collections.abc import Callable

from roomreel.errors import NotFound
from roomreel.model.table import Row
from roomreel.service.service import Service


def find_listed(service: Service, find: Callable[[Service, str], Row], sid: str) -> Row:
    """Return the row of a sid.

    Raises:
        NotFound: there is none, or none yet, as the message says then.
    """
    try:
        return find(service, sid)
    except NotFound as error:
        if service.is_ready:
            raise
        message = f"{error.message}: the lists are being filled, so look again in a minute"
        raise NotFound(message) from error
