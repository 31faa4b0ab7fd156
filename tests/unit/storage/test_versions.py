"""Which rules of a bucket end old versions, and when."""

from __future__ import annotations

from typing import Any

import pytest

from roomreel.storage.s3.versions import days_of

WEEK: dict[str, Any] = {
    "Status": "Enabled",
    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
}


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ([], None),
        ([WEEK], 7),
        ([WEEK | {"Filter": {}}], 7),
        ([WEEK | {"Filter": {"Prefix": "store/"}}], 7),
        ([WEEK | {"Prefix": "store/"}], 7),  # as rules were written before they had filters
        ([WEEK | {"Filter": {"And": {"Prefix": "store/"}}}], 7),
        ([WEEK | {"Filter": {"Prefix": "other/"}}], None),
        ([WEEK | {"Filter": {"Prefix": "store/catalog/"}}], None),
        ([WEEK | {"Filter": {"Tag": {"Key": "a", "Value": "b"}}}], None),
        ([WEEK | {"Filter": {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}}}], None),
        ([WEEK | {"Status": "Disabled"}], None),
        ([{"Status": "Enabled", "Expiration": {"Days": 1}}], None),
        (
            [
                WEEK
                | {
                    "NoncurrentVersionExpiration": {
                        "NoncurrentDays": 7,
                        "NewerNoncurrentVersions": 2,
                    }
                }
            ],
            None,
        ),
        ([WEEK, WEEK | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}], 1),
    ],
)
def test_a_rule_counts_where_it_ends_every_old_version(
    rules: list[dict[str, Any]], days: int | None
) -> None:
    assert days_of(rules, "store/") == days
