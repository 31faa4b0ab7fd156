"""S3: what differs between AWS, Ceph and MinIO, and what their clients raise, ends here.

Locations are `s3://bucket/key`. Every failure is a `StorageFailed` in plain words.
"""

from roomreel.storage.s3.client import environment, outage
from roomreel.storage.s3.conditional import ConditionalWrites, probe
from roomreel.storage.s3.link import LONGEST_S, presign
from roomreel.storage.s3.objects import below, look, read, read_range, remove, write
from roomreel.storage.s3.upload import clean_up_uploads, upload
from roomreel.storage.s3.versions import old_versions

__all__ = [
    "LONGEST_S",
    "ConditionalWrites",
    "below",
    "clean_up_uploads",
    "environment",
    "look",
    "old_versions",
    "outage",
    "presign",
    "probe",
    "read",
    "read_range",
    "remove",
    "upload",
    "write",
]
