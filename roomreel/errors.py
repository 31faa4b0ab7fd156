"""Errors: types that carry a stable code, an exit code and a remedy.

    RoomreelError                     exit 1
    |- InputInvalid                   exit 2   with all violations at once
    |  |- SettingsInvalid                      settings-invalid
    |  |- ArgumentsInvalid                     arguments-invalid (of a command, a flow)
    |  |- QueryInvalid                         query-invalid
    |  `- DocumentInvalid                      document-invalid
    |     `- TemplateInvalid                   template-invalid
    |- DeliveryInvalid                exit 2   delivery-invalid (of what is to be imported)
    |  |- ImportUnrecognised                   import-unrecognised (of no service that is known)
    |  |- ImportAmbiguous                      import-ambiguous (of several, as it seems)
    |  `- ImporterBroken                       importer-broken (a plugin's reader of deliveries)
    |- ImportRefused                  exit 3   decided by what a delivery holds
    |  |- ImportEmpty                          import-empty
    |  `- ClockTooCoarse                       clock-too-coarse (for --strict)
    |- OutputRefused                  exit 2   output-refused (something else is there)
    |- NotFound                       exit 2   not-found (a sid, a file, a template name)
    |- CompositionRefused             exit 3   decided by the inputs, before a pixel is drawn
    |  |- RoomNotCompleted                     room-not-completed
    |  |- RecordingsDeleted                    recordings-deleted
    |  |- SourceLimitExceeded                  source-limit-exceeded
    |  |- EmptyTrackList                       empty-track-list
    |  `- AssetMissing                         asset-missing
    |- RenderError                    exit 4   render-failed
    |  |- RenderTimeout                        render-timeout
    |  |- ChildCrashed                         render-failed; its process ended without an answer
    |  |- MemoryExceeded                       render-failed; its process needed too much memory
    |  |- MediaUnreadable                      media-unreadable
    |  |- SourceFailed                         render-failed; names the recording that caused it
    |  `- VerificationFailed                   verification-failed
    |- StorageFailed                  exit 5   storage-failed
    |  `- StoreUnreachable                     storage-failed; nothing in that store can be had
    |- OutOfMemory                    exit 5   out-of-memory
    |- CatalogError                   exit 6   catalog-invalid
    |- BatchFailed                    exit 4   night-failed; its report has all that was done
    |- OrchestratorFailed             exit 1   orchestrator-failed (Prefect, its server)
    |- ServiceDatabaseFailed          exit 6   service-database-failed
    |- ServiceFailed                  exit 1   service-failed (it cannot listen, or has ended)
    |- TooManyRequests                exit 6   too-many-requests (wait for compositions already)
    |- Conflict                       exit 2   conflict (not as long as it is in this state)
    |- CallbackRefused                exit 2   callback-refused (its URL is not sent to)
    `- Cancelled                      exit 130 cancelled

The codes are stable: they stand in catalogs, task states and exit messages. Every error survives
pickling, because a render reports its failure from another process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of one document, or of one setting.

    Attributes:
        pointer: JSON pointer (RFC 6901) of the offending value; "" is the whole document. Of a
            setting, its name or that of the variable.
        expected: what the rule asks for, in words.
        found: what stands there, shortened.
        hint: what to do about it ("did you mean ..."), or "".
        file: where the document or setting came from, or "".
        line: 1-based line of the value, or None where it is not known.
    """

    pointer: str
    expected: str
    found: str
    hint: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        text = f"{self.pointer or '(document)'}: expected {self.expected}, found {self.found}"
        if self.hint:
            text += f"; {self.hint}"
        return f"{place}: {text}" if place else text


class RoomreelError(Exception):
    """A failure with a stable code, an exit code, and what to do about it.

    Args:
        message: what happened and where, in plain words.
        remedy: what to do about it, or "".
    """

    code: ClassVar[str] = "internal-error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        # Positional arguments only: Exception.__reduce__ replays self.args, and that is what
        # lets these cross a process boundary.
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.code}: {self.message}"
        return f"{text} ({self.remedy})" if self.remedy else text


class InputInvalid(RoomreelError):
    """Something that a person wrote breaks rules; `violations` has all that are known."""

    exit_code = 2

    def __init__(
        self, message: str, remedy: str = "", violations: Sequence[Violation] = ()
    ) -> None:
        super().__init__(message, remedy)
        self.args = (message, remedy, tuple(violations))
        self.violations = tuple(violations)


class SettingsInvalid(InputInvalid):
    """The settings cannot be used."""

    code = "settings-invalid"


class ArgumentsInvalid(InputInvalid):
    """The arguments of a command, or the parameters of a run, contradict each other."""

    code = "arguments-invalid"


class QueryInvalid(InputInvalid):
    """DuckDB refuses a query over the catalogs: its syntax, or a name in it."""

    code = "query-invalid"


class DocumentInvalid(InputInvalid):
    """A manifest breaks one or more rules."""

    code = "document-invalid"


class TemplateInvalid(DocumentInvalid):
    """A template breaks one or more rules."""

    code = "template-invalid"


class NotFound(RoomreelError):
    """There is no room, composition, file or template of the name that was asked for."""

    code = "not-found"
    exit_code = 2


class DeliveryInvalid(RoomreelError):
    """A folder or archive that is to be imported cannot be read, or is not safe to read."""

    code = "delivery-invalid"
    exit_code = 2


class ImportUnrecognised(DeliveryInvalid):
    """No reader takes a folder or archive for a delivery of its service."""

    code = "import-unrecognised"


class ImportAmbiguous(DeliveryInvalid):
    """A folder or archive may be a delivery of several services."""

    code = "import-ambiguous"


class ImporterBroken(DeliveryInvalid):
    """A plugin that reads deliveries does not work; nothing else is harmed."""

    code = "importer-broken"


class ImportRefused(RoomreelError):
    """A delivery was read, and decides that a room of it is not imported."""

    exit_code = 3


class ImportEmpty(ImportRefused):
    """A room of a delivery has no recording that can be used."""

    code = "import-empty"


class ClockTooCoarse(ImportRefused):
    """A room of a delivery has a recording whose clock is worse than `--strict` allows."""

    code = "clock-too-coarse"


class OutputRefused(RoomreelError):
    """A file of the name of the output exists, and roomreel did not make it."""

    code = "output-refused"
    exit_code = 2


class CompositionRefused(RoomreelError):
    """The inputs decide that this composition cannot be made."""

    exit_code = 3


class RoomNotCompleted(CompositionRefused):
    """The call is still going on, or a recording is still being processed."""

    code = "room-not-completed"


class RecordingsDeleted(CompositionRefused):
    """Every selected recording has been deleted."""

    code = "recordings-deleted"


class SourceLimitExceeded(CompositionRefused):
    """The selected recordings are larger than `source_limit_bytes`, taken together."""

    code = "source-limit-exceeded"


class EmptyTrackList(CompositionRefused):
    """No usable recording is left, or what is left is shorter than a frame."""

    code = "empty-track-list"


class AssetMissing(CompositionRefused):
    """A file that the template draws is not there, or is no picture that can be drawn."""

    code = "asset-missing"


class RenderError(RoomreelError):
    """The composition could not be rendered.

    `advice` is the remedy where the code that raises it knows none of its own.
    """

    code = "render-failed"
    exit_code = 4
    advice: ClassVar[str] = "replace the recording it names, or retry"


class RenderTimeout(RenderError):
    """The render went past its time budget and was ended."""

    code = "render-timeout"
    advice = "retry when the machine has less to do, or raise timeout_factor"


class ChildCrashed(RenderError):
    """A process ended without an answer: by a signal, by its own exit, or with nonsense."""


class MemoryExceeded(RenderError):
    """A process went past its memory budget and was ended, or got no more memory."""


class MediaUnreadable(RenderError):
    """The media of a recording cannot be opened or parsed."""

    code = "media-unreadable"
    advice = "replace the file of that recording, then retry"


class SourceFailed(RenderError):
    """A step on one recording's side of a render failed; `sid` says whose."""

    def __init__(self, message: str, remedy: str = "", sid: str = "") -> None:
        super().__init__(message, remedy)
        self.args = (message, remedy, sid)
        self.sid = sid


class VerificationFailed(RenderError):
    """The rendered file is not what was planned; it is not published."""

    code = "verification-failed"
    advice = "retry; if it stays, report it with the plan"


class StorageFailed(RoomreelError):
    """A file or an object could not be read or written."""

    code = "storage-failed"
    exit_code = 5


class StoreUnreachable(StorageFailed):
    """The store does not answer at all: whatever is asked of it next will fail likewise."""


class OutOfMemory(RoomreelError):
    """The process does not get the memory that it needs."""

    code = "out-of-memory"
    exit_code = 5


class CatalogError(RoomreelError):
    """A catalog cannot be read or written."""

    code = "catalog-invalid"
    exit_code = 6


class BatchFailed(RoomreelError):
    """Something failed in a batch that had not failed before; the rest of it is done.

    Args:
        report: the `roomreel.batch.report.BatchReport` of all of it, which this floor cannot name.
    """

    code = "night-failed"
    exit_code = 4

    def __init__(self, message: str, remedy: str = "", report: Any = None) -> None:
        super().__init__(message, remedy)
        self.report = report
        self.args = (message, remedy, report)


class OrchestratorFailed(RoomreelError):
    """The server that a run needs does not start, or does not answer."""

    code = "orchestrator-failed"


class ServiceDatabaseFailed(RoomreelError):
    """The database of the service does not answer, or does not take a change."""

    code = "service-database-failed"
    exit_code = 6


class ServiceFailed(RoomreelError):
    """The service cannot listen, or has ended."""

    code = "service-failed"


class TooManyRequests(RoomreelError):
    """As many requests for compositions wait as may."""

    code = "too-many-requests"
    exit_code = 6


class DiskFull(RoomreelError):
    """The disk has no space for a file that a client sends."""

    code = "disk-full"
    exit_code = 5


class Conflict(RoomreelError):
    """Something in this state does not let be done what is asked for."""

    code = "conflict"
    exit_code = 2


class CallbackRefused(RoomreelError):
    """A callback whose URL nothing is sent to: what it leads to is not for those who ask."""

    code = "callback-refused"
    exit_code = 2


class Cancelled(RoomreelError):
    """The run was stopped, by a user or by Prefect."""

    code = "cancelled"
    exit_code = 130


def failures() -> Iterator[type[RoomreelError]]:
    """Yield the type of each failure that has a code of its own."""
    for kind in [*globals().values()]:
        is_failure = isinstance(kind, type) and issubclass(kind, RoomreelError)
        if is_failure and kind is not RoomreelError and "code" in vars(kind):
            yield kind
