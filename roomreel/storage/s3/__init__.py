"""S3: what differs between AWS, Ceph and MinIO, and what their clients raise, ends here.

Locations are `s3://bucket/key`. Every failure is a `StorageFailed` in plain words.
"""

from roomreel.storage.location import parse
from roomreel.storage.s3.client import access_to, outage
from roomreel.storage.s3.conditional import ConditionalWrites, probe, try_write
from roomreel.storage.s3.link import LONGEST_S, presigned
from roomreel.storage.s3.objects import Found, below, look, read, read_range, remove, write
from roomreel.storage.s3.stream import RangeReader, pinned
from roomreel.storage.s3.upload import sweep_uploads, upload
from roomreel.storage.s3.versions import OldVersions, old_versions

__all__ = [
    "LONGEST_S",
    "ConditionalWrites",
    "Found",
    "OldVersions",
    "RangeReader",
    "access_to",
    "below",
    "look",
    "old_versions",
    "outage",
    "parse",
    "pinned",
    "presigned",
    "probe",
    "read",
    "read_range",
    "remove",
    "sweep_uploads",
    "try_write",
    "upload",
    "write",
]
