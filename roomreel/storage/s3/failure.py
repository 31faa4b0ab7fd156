"""The one place where what an S3 client raises becomes `StorageFailed`, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from roomreel.errors import StorageFailed, StoreUnreachable
from roomreel.model.location import ObjectLocation
from roomreel.storage.accounts import CHECK_CREDENTIAL, account_of, has_account
from roomreel.storage.s3.gate import gate

_CREDENTIALS = (
    "check the AWS variables, the profile (s3_profile) or the Secret block (s3_credentials)"
)
CHECK_ENDPOINT = "check s3_endpoint and the network"
_LATER = "it was tried several times; run it again later"
_CREATE = "create it, or check its name and s3_endpoint"
_REGION = "set s3_region to that of the bucket"

_OF_ACCOUNTS: Mapping[str, str] = {
    _CREDENTIALS: CHECK_CREDENTIAL,
    CHECK_ENDPOINT: "check the endpoint in the file of its credential, and the network",
    _CREATE: "create it, or check the endpoint in the file of its credential",
    _REGION: "name that region in the file of its credential",
}
"""By what is to be done where the bucket has no account of its own."""

_SAID: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": ("there is no such bucket", _CREATE),
    "NoSuchKey": ("it does not exist", "check the URL"),
    "NoSuchUpload": ("another process ended the upload", "run it again"),
    "AccessDenied": ("permission denied", "allow the credentials {permission} there"),
    "AccountProblem": ("the account is suspended", _CREDENTIALS),
    "InvalidAccessKeyId": ("the access key is not known there", _CREDENTIALS),
    "SignatureDoesNotMatch": ("the secret key is wrong", _CREDENTIALS),
    "ExpiredToken": ("the credentials have expired", "renew them and run it again"),
    "InvalidToken": ("the session token is wrong", _CREDENTIALS),
    "RequestTimeTooSkewed": ("the clocks of store and machine differ", "set the clock"),
    "PermanentRedirect": ("the bucket is in another region", _REGION),
    "InvalidObjectState": ("it is archived", "restore it to a class that can be read"),
    "BadDigest": ("the bytes that arrived differ from those sent", _LATER),
    "PreconditionFailed": ("it was replaced meanwhile", "run it again"),
    "QuotaExceeded": ("the store is full", "make room there, or raise the quota"),
    "SlowDown": ("the store is overloaded or down", _LATER),
    "NotImplemented": ("the store cannot do this", "use another S3 server"),
}

_ALIKE: Mapping[str, str] = {
    # What answers to HEAD carry instead of a code.
    "301": "PermanentRedirect",
    "403": "AccessDenied",
    "404": "NoSuchKey",
    "412": "PreconditionFailed",
    "416": "InvalidRange",
    "500": "SlowDown",
    "502": "SlowDown",
    "503": "SlowDown",
    "504": "SlowDown",
    "507": "QuotaExceeded",
    # The same in the words of other stores and versions.
    "AuthorizationHeaderMalformed": "PermanentRedirect",
    "ConditionalRequestConflict": "PreconditionFailed",
    "EntityTooLarge": "QuotaExceeded",
    "Forbidden": "AccessDenied",
    "IllegalLocationConstraintException": "PermanentRedirect",
    "InsufficientCapacity": "QuotaExceeded",
    "InternalError": "SlowDown",
    "InternalFailure": "SlowDown",
    "InvalidDigest": "BadDigest",
    "NotFound": "NoSuchKey",
    "RequestExpired": "ExpiredToken",
    "RequestLimitExceeded": "SlowDown",
    "RequestTimeout": "SlowDown",
    "ServiceUnavailable": "SlowDown",
    "Throttling": "SlowDown",
    "ThrottlingException": "SlowDown",
    "TokenRefreshRequired": "ExpiredToken",
    "TooManyRequests": "SlowDown",
    "UserSuspended": "AccountProblem",
    "XAmzContentChecksumMismatch": "BadDigest",
    "XAmzContentSHA256Mismatch": "BadDigest",
    "XMinioStorageFull": "QuotaExceeded",
}

_PERMISSIONS: Mapping[str, str] = {
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "DeleteObjects": "s3:DeleteObject",
}
"""By operation; the others are called as they are permitted."""

# Of two that fit the first counts: a subclass stands before what it is derived from.
_RAISED: tuple[tuple[type[Exception], str, str], ...] = (
    (boto.NoCredentialsError, "there are no credentials", _CREDENTIALS),
    (boto.PartialCredentialsError, "half of the credentials is missing", _CREDENTIALS),
    (boto.CredentialRetrievalError, "the credentials cannot be fetched", _CREDENTIALS),
    (boto.ProfileNotFound, "there is no such AWS profile", "check s3_profile and AWS_PROFILE"),
    (boto.SSOError, "the single sign-on has expired", "sign on again"),
    (boto.NoRegionError, "no region is set", "set s3_region"),
    (boto.SSLError, "the certificate of the endpoint is not trusted", CHECK_ENDPOINT),
    (boto.EndpointConnectionError, "the endpoint does not answer", CHECK_ENDPOINT),
    (boto.ConnectTimeoutError, "the endpoint does not answer in time", CHECK_ENDPOINT),
    (boto.ReadTimeoutError, "the endpoint does not answer in time", CHECK_ENDPOINT),
    (boto.ProxyConnectionError, "the proxy does not answer", CHECK_ENDPOINT),
    (boto.HTTPClientError, "the connection broke", _LATER),
    (boto.IncompleteReadError, "the connection broke", _LATER),
    (boto.ResponseStreamingError, "the connection broke", _LATER),
    (HTTPError, "the connection broke", _LATER),
    (boto.ParamValidationError, "the store does not take this location", "check the URL"),
)

_UNREACHABLE = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.ReadTimeoutError,
    boto.ProxyConnectionError,
)


def code_of(error: ClientError) -> str:
    """Return the code of an answer, the same for the same trouble whatever store gives it."""
    code = str(error.response.get("Error", {}).get("Code") or _status(error))
    return _ALIKE.get(code, code)


@contextmanager
def s3_errors(doing: str, place: object) -> Iterator[None]:
    """Turn what the S3 client raises inside the block into `StorageFailed`.

    Neither credentials nor signatures get into the message: it has words of its own.

    Args:
        doing: the verb, as in "cannot <doing> <place>".
        place: the location it is done to.

    Raises:
        StorageFailed: the store refused, failed, or could not be reached.
    """
    try:
        yield
    except ClientError as error:
        words, remedy = _words_of(error)
        remedy = remedy_for(_bucket_of(place), remedy)
        raise StorageFailed(f"cannot {doing} {place}: {words}", remedy) from error
    except (BotoCoreError, boto.HTTPClientError, HTTPError) as error:
        words, remedy = next(
            ((words, remedy) for kind, words, remedy in _RAISED if isinstance(error, kind)),
            (type(error).__name__, CHECK_ENDPOINT),
        )
        bucket = _bucket_of(place)
        remedy = remedy_for(bucket, remedy)
        if isinstance(error, _UNREACHABLE):
            if bucket:
                gate(account_of(bucket)).shut(bucket)
            raise StoreUnreachable(f"cannot {doing} {place}: {words}", remedy) from error
        raise StorageFailed(f"cannot {doing} {place}: {words}", remedy) from error
    except ValueError as error:  # an endpoint that is no URL
        raise StorageFailed(
            f"cannot {doing} {place}: the endpoint is not a URL", CHECK_ENDPOINT
        ) from error


def remedy_for(bucket: str, remedy: str) -> str:
    """Return what to do about a failure: for a bucket with an account of its own, no settings."""
    return _OF_ACCOUNTS.get(remedy, remedy) if has_account(bucket) else remedy


def _bucket_of(place: object) -> str:
    return place.bucket if isinstance(place, ObjectLocation) else ""


def _words_of(error: ClientError) -> tuple[str, str]:
    code, operation = code_of(error), error.operation_name
    words, remedy = _SAID.get(code, (f"the store answers {code[:60]!a}", ""))
    permission = _PERMISSIONS.get(operation, f"s3:{operation}")
    return words, remedy.format(permission=permission)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
