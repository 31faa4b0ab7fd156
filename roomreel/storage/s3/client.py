"""The S3 client: endpoint, region and credentials by the usual AWS means.

Nothing is passed in here. The environment (AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID ...),
a profile or the role of the machine say it all, so that child processes and other readers of S3
find the same store, and no credential passes through our hands. The settings `s3_endpoint`,
`s3_region` and `s3_profile` end up in that environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from roomreel.model.place import is_s3
from roomreel.storage.s3.failure import plain_words

VARIABLES = "AWS_"
OTHERS = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
)
"""Variables that a client goes by, and those it shares with others, in lower case, too."""

MOST_ATTEMPTS = 5
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 20
"""Of one request. A store that stalls is given up on before a render that reads from it counts as
stalled itself, which takes two minutes."""

CONNECTIONS = 32

_DEFAULT_REGION = "us-east-1"  # what Ceph and MinIO take, and AWS answers with the right one


def client() -> Any:
    """The client of this process for the environment as it is now; safe for threads.

    Raises:
        StorageFailed: the environment describes none.
    """
    about = tuple(sorted(item for item in os.environ.items() if item[0].startswith(VARIABLES)))
    with plain_words("use", "S3"):
        # A child that was forked must not share the connections of its parent.
        return _client(os.getpid(), about)


def access_to(paths: Iterable[str]) -> dict[str, str]:
    """Return the variables by which a process reaches S3, where one of the paths is in it.

    They hold credentials: they are for a process that reads there, and for no other.
    """
    if not any(map(is_s3, paths)):
        return {}
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(VARIABLES) or name.upper() in OTHERS
    }


@lru_cache(maxsize=8)
def _client(_pid: int, _about: tuple[tuple[str, str], ...]) -> Any:
    import boto3  # takes a fifth of a second, which a run without S3 need not spend

    session = boto3.session.Session()
    # boto3 itself reads AWS_DEFAULT_REGION and the profile only.
    region = os.environ.get("AWS_REGION") or session.region_name or _DEFAULT_REGION
    made = session.client("s3", region_name=region, config=_config("auto"))
    if _is_aws(made.meta.endpoint_url):
        return made
    # bucket.host is a name that nobody has told the resolver of a store of one's own.
    return session.client("s3", region_name=region, config=_config("path"))


def _config(addressing: str) -> Any:
    from botocore.config import Config

    return Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": MOST_ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": addressing},
        # Each write has a Content-MD5, which every store checks; Ceph 16 does not know the
        # trailing checksums that are the client's default.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _is_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
