"""Settings that are set and change nothing, because of others that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from roomreel.settings import Reading, Settings
from roomreel.settings.reading import DEFAULT
from roomreel.storage.location import is_remote


@dataclass(frozen=True, slots=True)
class Need:
    """Settings, and what has to be so that they have an effect."""

    names: tuple[str, ...]
    is_met: Callable[[Settings], bool]
    unless: str


def _in_s3(settings: Settings) -> bool:
    places = settings.read_only
    stored = (settings.store, settings.compositions, settings.catalog, settings.journal)
    return any(is_remote(str(place)) for place in (*places, *stored))


NEEDS = (
    Need(("public_key",), lambda s: s.encryption != "none", "encryption is set"),
    Need(("dask_address",), lambda s: s.spread == "dask", 'spread is "dask"'),
    Need(("spread_shares", "spread_above_s"), lambda s: s.spread != "none", "spread is set"),
    Need(("shard_s",), lambda s: s.shards is not None, "shards is set"),
    Need(
        ("s3_endpoint", "s3_region", "s3_profile", "s3_credentials", "inputs", "cache_bytes"),
        _in_s3,
        "something is in S3",
    ),
)


def idle_settings(reading: Reading) -> Iterator[str]:
    """Yield a sentence for each setting that was given and has no effect."""
    given = [name for name, source in reading.sources.items() if source != DEFAULT]
    for need in NEEDS:
        if not need.is_met(reading.settings):
            for name in sorted(set(given).intersection(need.names)):
                yield f"{name} changes nothing unless {need.unless}"
