"""The operations on hooks, a row each."""

from __future__ import annotations

from roomreel.service.access.scopes import Scope
from roomreel.web.description import parameters as given
from roomreel.web.description.operation import Operation

HOOKS: tuple[Operation, ...] = (
    Operation(
        method="post",
        path="/v1/CompositionHooks",
        name="CreateCompositionHook",
        tag="Hooks",
        summary="Make a hook, which composes every room that ends from now on.",
        scope=Scope.WRITE,
        status=201,
        answer="CompositionHook",
        query=(given.TEMPLATE,),
        form=given.HOOK_FORM,
        required=("FriendlyName",),
        refuses=(409,),
    ),
    Operation(
        method="get",
        path="/v1/CompositionHooks",
        name="ListCompositionHook",
        tag="Hooks",
        summary="List hooks, newest first.",
        answer="CompositionHookList",
        query=given.LIST_HOOKS,
    ),
    Operation(
        method="get",
        path="/v1/CompositionHooks/{Sid}",
        name="FetchCompositionHook",
        tag="Hooks",
        summary="Fetch a hook.",
        answer="CompositionHook",
        path_parameters=(given.HOOK,),
        refuses=(404, 409),
    ),
    Operation(
        method="post",
        path="/v1/CompositionHooks/{Sid}",
        name="UpdateCompositionHook",
        tag="Hooks",
        summary="Replace all of a hook: what is not given is as by default.",
        scope=Scope.WRITE,
        answer="CompositionHook",
        path_parameters=(given.HOOK,),
        query=(given.TEMPLATE,),
        form=given.HOOK_FORM,
        required=("FriendlyName",),
        refuses=(404, 409),
    ),
    Operation(
        method="delete",
        path="/v1/CompositionHooks/{Sid}",
        name="DeleteCompositionHook",
        tag="Hooks",
        summary="Remove a hook; what it has asked for is made all the same.",
        scope=Scope.WRITE,
        status=204,
        path_parameters=(given.HOOK,),
        refuses=(404, 409),
    ),
)
