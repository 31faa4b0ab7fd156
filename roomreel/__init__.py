"""Turn the recorded tracks of video calls into files people can play.

    import roomreel

    outcome = roomreel.compose_room("call/room.json", "grid", out="call.mp4")
    frame = roomreel.Catalogs("data/store").compositions(status="completed")

What this module exports is what others may build on; all else is how it is made, and may change.
The tree follows one sentence: read, plan, render, publish, record. See ARCHITECTURE.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev1"

if TYPE_CHECKING:
    from roomreel.api.batches import compose_batch
    from roomreel.api.catalogs import Catalogs
    from roomreel.api.checking import Verdict, validate
    from roomreel.api.rooms import compose_room, plan_room
    from roomreel.batch.report import BatchReport
    from roomreel.compose.progress import Progress
    from roomreel.errors import (
        ArgumentsInvalid,
        AssetMissing,
        BatchFailed,
        CallbackRefused,
        Cancelled,
        CatalogError,
        ChildCrashed,
        ClockTooCoarse,
        CompositionRefused,
        Conflict,
        DeliveryInvalid,
        DiskFull,
        DocumentInvalid,
        EmptyTrackList,
        ImportAmbiguous,
        ImportEmpty,
        ImporterBroken,
        ImportRefused,
        ImportUnrecognised,
        InputInvalid,
        MediaUnreadable,
        MemoryExceeded,
        NotFound,
        OrchestratorFailed,
        OutOfMemory,
        OutputRefused,
        QueryInvalid,
        RecordingsDeleted,
        RenderError,
        RenderTimeout,
        RoomNotCompleted,
        RoomreelError,
        ServiceDatabaseFailed,
        ServiceFailed,
        SettingsInvalid,
        SourceFailed,
        SourceLimitExceeded,
        StorageFailed,
        StoreUnreachable,
        TemplateInvalid,
        TooManyRequests,
        VerificationFailed,
        Violation,
    )
    from roomreel.model.composition import Outcome
    from roomreel.model.plan import Plan
    from roomreel.settings import Settings

__all__ = [
    "ArgumentsInvalid",
    "AssetMissing",
    "BatchFailed",
    "BatchReport",
    "CallbackRefused",
    "Cancelled",
    "CatalogError",
    "Catalogs",
    "ChildCrashed",
    "ClockTooCoarse",
    "CompositionRefused",
    "Conflict",
    "DeliveryInvalid",
    "DiskFull",
    "DocumentInvalid",
    "EmptyTrackList",
    "ImportAmbiguous",
    "ImportEmpty",
    "ImportRefused",
    "ImportUnrecognised",
    "ImporterBroken",
    "InputInvalid",
    "MediaUnreadable",
    "MemoryExceeded",
    "NotFound",
    "OrchestratorFailed",
    "OutOfMemory",
    "Outcome",
    "OutputRefused",
    "Plan",
    "Progress",
    "QueryInvalid",
    "RecordingsDeleted",
    "RenderError",
    "RenderTimeout",
    "RoomNotCompleted",
    "RoomreelError",
    "ServiceDatabaseFailed",
    "ServiceFailed",
    "Settings",
    "SettingsInvalid",
    "SourceFailed",
    "SourceLimitExceeded",
    "StorageFailed",
    "StoreUnreachable",
    "TemplateInvalid",
    "TooManyRequests",
    "Verdict",
    "VerificationFailed",
    "Violation",
    "__version__",
    "compose_batch",
    "compose_room",
    "plan_room",
    "validate",
]

_HOMES = {
    "BatchReport": "roomreel.batch.report",
    "Catalogs": "roomreel.api.catalogs",
    "Outcome": "roomreel.model.composition",
    "Plan": "roomreel.model.plan",
    "Progress": "roomreel.compose.progress",
    "Settings": "roomreel.settings",
    "Verdict": "roomreel.api.checking",
    "compose_batch": "roomreel.api.batches",
    "compose_room": "roomreel.api.rooms",
    "plan_room": "roomreel.api.rooms",
    "validate": "roomreel.api.checking",
}
"""The modules of what is exported, but for the errors. They are imported when a name is first asked
for: pyarrow, FFmpeg and pandas take most of a second together, and few need all of them."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'roomreel' has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "roomreel.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
