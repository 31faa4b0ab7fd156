"""S3: what differs between AWS, Ceph and MinIO, and what their clients raise, ends here.

Locations are `s3://bucket/key`. Every failure is a `StorageFailed` in plain words.
"""

from roomreel.storage.s3.conditional import ConditionalWrites, probe
from roomreel.storage.s3.location import S3Location, is_s3, normal, parse
from roomreel.storage.s3.objects import Found, below, look, read, read_range, remove, write

__all__ = [
    "ConditionalWrites",
    "Found",
    "S3Location",
    "below",
    "is_s3",
    "look",
    "normal",
    "parse",
    "probe",
    "read",
    "read_range",
    "remove",
    "write",
]
