"""Receivers as they are looked at before anything is sent, without a look-up."""

from __future__ import annotations

from collections.abc import Iterator

from roomreel.documents.findings import value_text
from roomreel.errors import CallbackRefused, Violation
from roomreel.model.location import without_secrets
from roomreel.service.callbacks.addresses import AddressGuard
from roomreel.service.callbacks.callback_url import odd_overrides, parse_target
from roomreel.settings.serving import Serving

CALLBACK_POINTER = "/room/status_callback"
"""Of a manifest."""


def refuse_receiver(url: str, settings: Serving) -> None:
    """See that a URL does not clearly lead to where nothing may be sent.

    Raises:
        CallbackRefused: it does.
    """
    AddressGuard(settings.callback_allow).refuse_host(parse_target(url).host)


def receiver_violations(url: str | None, at: str, settings: Serving) -> Iterator[Violation]:
    """Yield what is wrong with the receiver that a document names.

    Args:
        at: JSON pointer of the member.
    """
    if url is None:
        return
    found = value_text(without_secrets(url))
    try:
        refuse_receiver(url, settings)
    except CallbackRefused as error:
        words = "a URL that events can be sent to"
        yield Violation(at, words, f"{found}: {error.message}", error.remedy)
    for words in odd_overrides(url):
        yield Violation(at, f"a fragment in which {words}", found)
