"""Old versions that a bucket keeps, in which what is deleted stays, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from roomreel.storage.location import parse
from roomreel.storage.port import OldVersions
from roomreel.storage.s3.client import client
from roomreel.storage.s3.failure import code_of, s3_errors

_NOT_SAID = {"AccessDenied", "NotImplemented"}
_NO_RULES = _NOT_SAID | {"NoSuchLifecycleConfiguration"}


def old_versions(folder: str) -> OldVersions | None:
    """Return how long old versions below a folder stay; None: there are none, or who asks may not.

    Raises:
        StorageFailed: the store cannot be asked.
    """
    place = parse(folder)
    with s3_errors("look at", place):
        versioning = _asked(client(place.bucket).get_bucket_versioning, place.bucket, _NOT_SAID)
        if "Status" not in versioning:
            return None
        rules = _asked(
            client(place.bucket).get_bucket_lifecycle_configuration, place.bucket, _NO_RULES
        )
    return OldVersions(place, days_of(rules.get("Rules", ()), place.folder_key))


def days_of(rules: Iterable[Mapping[str, Any]], prefix: str) -> int | None:
    """Return after how many days rules end every old version of keys with a prefix; None: never."""
    days = [
        rule["NoncurrentVersionExpiration"].get("NoncurrentDays")
        for rule in rules
        if rule.get("Status") == "Enabled"
        and _ends_all(rule.get("NoncurrentVersionExpiration", {}))
        and _covers(rule, prefix)
    ]
    return min(days, default=None)


def _ends_all(expiration: Mapping[str, Any]) -> bool:
    return "NoncurrentDays" in expiration and not expiration.get("NewerNoncurrentVersions")


def _covers(rule: Mapping[str, Any], prefix: str) -> bool:
    """Return whether a rule is for all keys with a prefix, and no tag or size leaves some out."""
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    chosen = chosen.get("And", chosen)
    return chosen.keys() <= {"Prefix"} and prefix.startswith(chosen.get("Prefix", ""))


def _asked(ask: Any, bucket: str, unknown: set[str]) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = ask(Bucket=bucket)
    except ClientError as error:
        if code_of(error) in unknown:
            return {}
        raise
    return answer
