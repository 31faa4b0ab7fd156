"""The codes of errors that the API answers with, and what each of them says.

Those of the hosted service where it has one; else 20000 and the status.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

INVALID = 20001
UNAUTHENTICATED = 20003
METHOD_NOT_ALLOWED = 20004
FORBIDDEN = 20403
NOT_FOUND = 20404
TOO_SLOW = 20408
CONFLICT = 20409
TOO_LARGE = 20413
UNKNOWN_CONTENT_TYPE = 20415
NO_SUCH_RANGE = 20416
WRONG_HOST = 20421
TOO_MANY = 20429
HEADERS_TOO_LARGE = 20431
BROKEN = 20500
ELSEWHERE = 20501
UNAVAILABLE = 20503
DISK_FULL = 20507
ROOM_NOT_FOUND = 53106
RULES_INVALID = 53120
CALLBACK_INVALID = 53662

CODES: Mapping[int, str] = MappingProxyType(
    {
        INVALID: "A parameter, or the request itself, is invalid; the message names it.",
        UNAUTHENTICATED: "The request has no credentials that are valid: HTTP Basic with account "
        "sid and auth token, or with the sid of a key and its secret.",
        METHOD_NOT_ALLOWED: "The resource does not have this method; the header Allow has those "
        "that it has.",
        FORBIDDEN: "The key does not have the scope that this needs, or the page of another site "
        "has sent the request.",
        NOT_FOUND: "There is no such resource, or it has been deleted.",
        TOO_SLOW: "The request did not arrive within the time that it has.",
        CONFLICT: "The state of the resource does not let this be done to it.",
        TOO_LARGE: "The body of the request is larger than this resource takes.",
        UNKNOWN_CONTENT_TYPE: "Forms are application/x-www-form-urlencoded or multipart/form-data.",
        NO_SUCH_RANGE: "The file has none of the bytes that the header Range asks for; the header "
        "Content-Range has its size.",
        WRONG_HOST: "The request names a host that this service does not answer for: "
        "see the setting service_url.",
        TOO_MANY: "There were too many requests; the header Retry-After says when to try again.",
        HEADERS_TOO_LARGE: "The request has more, or longer, headers than are read.",
        BROKEN: "The service failed; its log says why. This is a bug in roomreel: please report "
        "it.",
        ELSEWHERE: "The hosted service has this operation, and roomreel does it otherwise, or not "
        "at all; the message says how.",
        UNAVAILABLE: "A database, a disk or a store that the service needs does not answer. Try "
        "again later.",
        DISK_FULL: "The disk has no space for what is sent. Make space there, or try again later.",
        ROOM_NOT_FOUND: "There is no such room.",
        RULES_INVALID: "The recording rules are invalid; those of before are still in force.",
        CALLBACK_INVALID: "The URL of a status callback is invalid, or leads to a place that "
        "this service does not send to: see the setting callback_allow.",
    }
)
"""What each code says, in a sentence or two."""


def code_of(status: int) -> int:
    """Return the code of an error that has none of its own, by its status."""
    return _BY_STATUS.get(status, 20000 + status)


_BY_STATUS = {400: INVALID, 401: UNAUTHENTICATED, 405: METHOD_NOT_ALLOWED, 422: INVALID}
