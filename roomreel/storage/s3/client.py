"""The S3 clients: endpoint, region and credentials by the usual AWS means, or by an account.

Nothing is passed in here. Which bucket has an account of its own, `accounts` says. For all others
the environment (AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID ...),
a profile or the role of the machine say it all, so that child processes and other readers of S3
find the same store, and no credential passes through our hands. The settings `s3_endpoint`,
`s3_region` and `s3_profile` end up in that environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from roomreel.documents.buckets import AWS_REGION, S3Account
from roomreel.errors import StorageFailed, StoreUnreachable
from roomreel.storage.accounts import account_of, list_accounts
from roomreel.storage.s3.failure import CHECK_ENDPOINT, remedy_for, s3_errors
from roomreel.storage.s3.gate import PREFIX, gate, surroundings

OTHERS = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
)
"""Variables that a client goes by, and those it shares with others, in lower case, too."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The timeouts of a client, and its number of attempts."""

    attempts: int
    connect_s: float
    read_s: float


PATIENT = Patience(attempts=5, connect_s=10, read_s=20)
"""A store that stalls is given up on before a render that reads from it counts as stalled itself,
which takes two minutes."""

IMPATIENT = Patience(attempts=1, connect_s=5, read_s=5)

CONNECTIONS = 32


def client(bucket: str) -> Any:
    """Return the client of this process for a bucket as things are now; safe for threads.

    Raises:
        StorageFailed: the environment describes none; or the keys of the bucket cannot be read.
        StoreUnreachable: the store did not answer a moment ago, and does not now.
    """
    account = account_of(bucket)
    if error := _outage(account):
        raise error
    return _made(PATIENT, account)


def outage(bucket: str | None = None) -> StoreUnreachable | None:
    """Return what every request to the store of a bucket would end with; None where it answers.

    Args:
        bucket: unset: any of those that have accounts of their own, or the environment's.
    """
    accounts = [account_of(bucket)] if bucket else [None, *list_accounts()]
    return next((error for account in accounts if (error := _outage(account))), None)


def _outage(account: S3Account | None) -> StoreUnreachable | None:
    bucket = gate(account).silent(partial(_answers, account))
    if bucket is None:
        return None
    return StoreUnreachable(
        f"the store of bucket {bucket} does not answer", remedy_for(bucket, CHECK_ENDPOINT)
    )


def _answers(account: S3Account | None, bucket: str) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _made(IMPATIENT, account).head_bucket(Bucket=bucket)
    except ClientError:
        return True
    except (BotoCoreError, StorageFailed):
        return False
    return True


def _made(patience: Patience, account: S3Account | None) -> Any:
    with s3_errors("use", "S3"):
        # A child that was forked must not share the connections of its parent.
        return _client(os.getpid(), surroundings(), account, patience)


def environment() -> dict[str, str]:
    """Return the variables by which a process reaches S3; they hold credentials."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) or name.upper() in OTHERS
    }


@lru_cache(maxsize=32)
def _client(
    _pid: int,
    _about: tuple[tuple[str, str], ...],
    account: S3Account | None,
    patience: Patience,
) -> Any:
    # Takes a fifth of a second, which a run without S3 need not spend.
    from botocore.config import Config
    from botocore.session import Session

    from roomreel.storage.s3.whole import believe_whole_answers

    session = Session()
    # The session itself reads AWS_DEFAULT_REGION and the profile only.
    configured = session.get_config_variable("region")
    region = os.environ.get("AWS_REGION") or configured or AWS_REGION

    def make(addressing: str) -> Any:
        config = _config(addressing, patience)
        if account is None:
            return session.create_client("s3", region_name=region, config=config)
        # Where the account says no endpoint it is AWS, whatever the environment says.
        return session.create_client(
            "s3",
            region_name=account.region,
            endpoint_url=account.endpoint,
            aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key,
            aws_session_token=account.session_token,
            config=config.merge(Config(ignore_configured_endpoint_urls=True)),
        )

    made = make("auto")
    if not _is_aws(made.meta.endpoint_url):
        # bucket.host is a name that the resolver of a store of one's own does not know.
        made = make("path")
    believe_whole_answers(made)
    return made


def _config(addressing: str, patience: Patience) -> Any:
    from botocore.config import Config

    return Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
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
