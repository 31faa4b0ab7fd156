"""Documents of the operator's: keys of a store of S3, and the buckets that they are for."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomreel.documents.document import Kind, check_document
from roomreel.errors import DocumentInvalid

BUCKETS = "roomreel.buckets/1"
AWS_REGION = "us-east-1"
"""Where nobody has said another one: AWS answers with the right one, others do not care."""


@dataclass(frozen=True, slots=True)
class S3Account:
    """Keys of a store of S3, and where it is.

    Attributes:
        endpoint: URL without a path; None: AWS.
        buckets: that the keys are for, sorted.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    endpoint: str | None
    region: str
    buckets: tuple[str, ...]


def parse_s3_account(data: bytes, file: str) -> S3Account:
    """Read a document of keys and buckets; no message repeats a key.

    Raises:
        DocumentInvalid: with every broken rule.
    """
    document = check_document(data, file, _BUCKETS)
    return S3Account(
        document["aws_access_key_id"],
        document["aws_secret_access_key"],
        document.get("aws_session_token"),
        document.get("endpoint"),
        document.get("region") or AWS_REGION,
        tuple(sorted(set(document["buckets"]))),
    )


_BUCKETS = Kind("buckets-1.schema.json", lambda _document: (), DocumentInvalid)
