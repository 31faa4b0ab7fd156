"""The operations on callbacks, a row each."""

from __future__ import annotations

from roomreel.service.access.scopes import Scope
from roomreel.web.description import parameters as given
from roomreel.web.description.operation import Operation

CALLBACKS: tuple[Operation, ...] = (
    Operation(
        method="get",
        path="/v1/Callbacks",
        name="ListCallback",
        tag="Callbacks",
        summary="List callbacks, newest first: events, and how far their delivery is.",
        answer="CallbackList",
        query=given.LIST_CALLBACKS,
        is_extension=True,
    ),
    Operation(
        method="get",
        path="/v1/Callbacks/{Id}",
        name="FetchCallback",
        tag="Callbacks",
        summary="Fetch a callback, with each try to deliver it.",
        answer="CallbackDetails",
        path_parameters=(given.CALLBACK,),
        refuses=(404,),
        is_extension=True,
    ),
    Operation(
        method="post",
        path="/v1/Callbacks/{Id}/Redeliver",
        name="RedeliverCallback",
        tag="Callbacks",
        summary="Have a callback sent again.",
        scope=Scope.ADMIN,
        answer="CallbackDetails",
        path_parameters=(given.CALLBACK,),
        refuses=(404, 409),
        is_extension=True,
    ),
)
