"""Buckets that keep old versions of what is deleted, against a real server."""

from __future__ import annotations

from typing import Any

import pytest
from ceph import s3_client

from roomreel.catalog.catalog import Catalog
from roomreel.cli.doctor import State, buckets, versions_kept
from roomreel.errors import StorageFailed
from roomreel.maintenance.versions import kept_versions
from roomreel.model.location import ObjectLocation
from roomreel.settings import Settings
from roomreel.storage import s3

pytestmark = [pytest.mark.s3, pytest.mark.slow]


@pytest.fixture
def versioned(bucket: str) -> str:
    keep(bucket, "Enabled")
    return bucket


@pytest.fixture
def plain(bucket: str) -> str:
    s3_client().create_bucket(Bucket=f"{bucket}-plain")
    return f"{bucket}-plain"


def keep(bucket: str, status: str) -> None:
    s3_client().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def rule(bucket: str, prefix: str, days: int, **more: Any) -> None:
    one = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
    } | more
    s3_client().put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [one]}
    )


def test_a_bucket_without_versions_has_nothing_to_tell(bucket: str) -> None:
    assert s3.old_versions(f"s3://{bucket}/store") is None


def test_what_is_deleted_stays_and_is_said_to(versioned: str) -> None:
    url = f"s3://{versioned}/store/x"
    s3.write(url, b"a voice")
    s3.remove(url)
    assert s3.look(url) is None
    (old,) = s3_client().list_object_versions(Bucket=versioned)["Versions"]
    got = s3_client().get_object(Bucket=versioned, Key="store/x", VersionId=old["VersionId"])
    assert got["Body"].read() == b"a voice"
    kept = s3.old_versions(f"s3://{versioned}/store")
    assert str(kept) == (
        f"s3://{versioned} keeps old versions of what is deleted until a lifecycle rule ends them"
    )
    keep(versioned, "Suspended")  # which ends no version that there is
    assert s3.old_versions(f"s3://{versioned}/store") == kept


@pytest.mark.parametrize(
    ("prefix", "more", "days"),
    [
        ("", {}, 3),
        ("store/", {}, 3),
        ("store/catalog/", {}, None),
        ("", {"Status": "Disabled"}, None),
        ("", {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}, 1),
    ],
)
def test_a_rule_of_the_bucket_ends_them(
    versioned: str, prefix: str, more: dict[str, Any], days: int | None
) -> None:
    rule(versioned, prefix, 3, **more)
    kept = s3.old_versions(f"s3://{versioned}/store")
    assert kept is not None
    assert kept.days == days


def test_a_bucket_is_told_of_once(versioned: str) -> None:
    settings = Settings(store=f"s3://{versioned}/store", media_roots=[f"s3://{versioned}/rooms"])
    assert len(kept_versions(settings)) == 1
    assert kept_versions(Settings(store="s3://no-such-bucket/store")) == []


def test_catalogs_that_such_a_bucket_of_ceph_would_lose_are_refused_before_any_work(
    versioned: str, plain: str
) -> None:
    """Ceph 16 replaces there what If-None-Match protects, and never finds what If-Match names."""
    kept, other = ObjectLocation("s3", versioned, "store"), ObjectLocation("s3", plain, "store")
    with pytest.raises(StorageFailed, match="which keeps old versions, so several") as caught:
        Catalog.open(kept / "catalog", kept / "journal").refuse_unrecordable()
    assert "set catalog and journal to places in a bucket without" in caught.value.remedy
    with pytest.raises(StorageFailed, match="which keeps old versions"):
        Catalog.open(kept / "catalog", other / "journal").refuse_unrecordable()
    Catalog.open(other / "catalog", other / "journal").refuse_unrecordable()
    settings = Settings(
        store=str(kept), catalog=str(other / "catalog"), journal=str(other / "journal")
    )
    assert {check.state for check in [*buckets(settings)]} == {State.OK}
    (warning,) = versions_kept(settings)
    assert (warning.state, warning.detail.split()[0]) == (State.WARNING, f"s3://{versioned}")
