"""A store that does not answer: waited for once by a whole run, not by each of its compositions."""

from __future__ import annotations

import time

from roomreel.errors import StoreUnreachable
from roomreel.logs import LOG
from roomreel.storage import outage

# A gateway that is started again, a network that changes its way: minutes.
PATIENCE_S = 180.0
POLL_S = 5.0


def await_store() -> None:
    """Wait until the store answers; return at once if no outage was found.

    Raises:
        StoreUnreachable: it stays away; whatever a run still does would come to nothing.
    """
    error = outage()
    if error is None:
        return
    LOG.warning("%s; waiting for it, at most %d s", error.message, PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while error is not None and time.monotonic() < deadline:
        time.sleep(POLL_S)
        error = outage()
    if error is not None:
        raise StoreUnreachable(
            f"{error.message}, so that the run ends here", f"{error.remedy}; the next run goes on"
        )
    LOG.info("The store answers again.")
