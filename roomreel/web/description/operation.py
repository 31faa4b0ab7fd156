"""An operation of the API, as it is described."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.service.access.scopes import Scope
from roomreel.web.description.parameters import Parameter

GUARDED = (400, 408, 413, 421, 431, 500, 503)
"""Statuses of errors that every operation may answer with."""

SIGNED_IN = (401, 403, 429)
"""Of those that need credentials, beside the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation.

    Attributes:
        path: with the names of parameters that the hosted service has.
        summary: a sentence in the imperative.
        scope: that the key needs; None: no credentials.
        is_open_here: whether this machine itself needs no credentials.
        status: where it succeeds; None: it never does.
        answer: schema of the JSON that it then answers, by name; None: it has no JSON.
        text: whether it then answers plain text.
        path_parameters: in the order of the path.
        form: parameters in its body; those that must be there are `required`.
        body: the media type of a body that is no form.
        refuses: statuses of errors beside those that all have.
        is_extension: whether the hosted service has no such operation.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    scope: Scope | None = Scope.READ
    is_open_here: bool = False
    status: int | None = 200
    answer: str | None = None
    text: bool = False
    path_parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    form: tuple[Parameter, ...] = ()
    body: str | None = None
    required: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()
    is_extension: bool = False

    @property
    def errors(self) -> list[int]:
        """Statuses of the errors that it may answer with."""
        credentials = () if self.scope is None else SIGNED_IN
        forms = (415,) if self.form else ()
        return sorted({*GUARDED, *credentials, *forms, *self.refuses})
