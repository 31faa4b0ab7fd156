"""Callbacks of a template: asked for where nothing sends them."""

from __future__ import annotations

from collections.abc import Iterator

from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.template import Template


def unsent_callback(template: Template) -> Iterator[PlanWarning]:
    """Yield a warning where a template wants to be called back. Its URL may hold a secret."""
    if template.status_callback is not None:
        message = (
            "nothing is sent to the status_callback of the template: there is no service database"
        )
        yield PlanWarning(WarningCode.CALLBACK_NOT_SENT, "", message)
