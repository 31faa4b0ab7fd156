"""URLs of folders in buckets of others: what is taken, and why the rest is not."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.buckets import S3Account, parse_s3_account
from roomreel.documents.external_url import LONGEST_FOLDER, parse_external
from roomreel.errors import DocumentInvalid
from roomreel.model.location import ObjectLocation

AWS = S3Account("key", "secret", None, None, "eu-west-1", ("media", "my.media"))
OWN = S3Account("key", "secret", None, "http://s3.example:7480", "us-east-1", ("media", "my.media"))

NAMES = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"), exclude_characters="/?#"
    ),
    min_size=1,
    max_size=20,
).filter(lambda name: name not in {".", ".."})
FOLDERS = st.lists(NAMES, max_size=4)
BUCKETS = st.sampled_from(AWS.buckets)
HOSTS = st.sampled_from(
    [
        (AWS, "https://{bucket}.s3.amazonaws.com"),
        (AWS, "https://{bucket}.s3-eu-west-1.amazonaws.com"),
        (AWS, "https://{bucket}.s3.eu-west-1.amazonaws.com:443"),
        (AWS, "https://s3.eu-west-1.amazonaws.com/{bucket}"),
        (AWS, "https://s3.amazonaws.com/{bucket}"),
        (OWN, "http://s3.example:7480/{bucket}"),
        (OWN, "http://{bucket}.S3.Example:7480"),
    ]
)


@given(bucket=BUCKETS, names=FOLDERS, host=HOSTS, end=st.sampled_from(["", "/"]))
def test_every_way_to_write_a_folder_leads_there(
    bucket: str, names: list[str], host: tuple[S3Account, str], end: str
) -> None:
    account, form = host
    url = "/".join([form.format(bucket=bucket), *(quote(name, safe="") for name in names)])
    found = parse_external(url + end, account)
    assert found.folder == ObjectLocation("s3", bucket, "/".join(names))
    assert found.url == url


@given(
    bucket=st.from_regex(r"[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]", fullmatch=True),
    names=FOLDERS,
    host=HOSTS,
)
def test_no_url_leads_out_of_the_buckets(
    bucket: str, names: list[str], host: tuple[S3Account, str]
) -> None:
    account, form = host
    url = "/".join([form.format(bucket=bucket), *(quote(name, safe="") for name in names)])
    try:
        found = parse_external(url, account)
    except ValueError:
        return
    assert found.folder.bucket in account.buckets
    assert found.folder.resolve() == found.folder


@given(text=st.one_of(st.text(), st.from_regex(r"https?://[^/]*/.*")))
def test_whatever_is_written_is_taken_or_refused_in_words(text: str) -> None:
    for account in (AWS, OWN):
        words = ""
        try:
            assert parse_external(text, account).folder.bucket in account.buckets
        except ValueError as error:
            words = str(error) or "nothing is said"
        assert words.partition(" ")[0] in {"", "is", "has", "lies"}


REFUSED = [
    ("", "https URL"),
    ("s3://media/x", "https URL"),
    ("http://media.s3.amazonaws.com", "https URL"),
    ("https://me:pw@media.s3.amazonaws.com/x", "without a user"),
    ("https://media.s3.amazonaws.com/x?versionId=1", "query"),
    ("https://media.s3.amazonaws.com/x#y", "query"),
    ("https://media.s3.amazonaws.com/x?", "query"),
    ("https://media.s3.amazonaws.com/a//b", "empty"),
    ("https://media.s3.amazonaws.com/../other/x", "a dot or two"),
    ("https://media.s3.amazonaws.com/%2e%2e/x", "a dot or two"),
    ("https://media.s3.amazonaws.com/a%2F..%2Fb", "a dot or two"),
    ("https://media.s3.amazonaws.com/a%00", "not printable"),
    ("https://media.s3.amazonaws.com/a%3Fb", "not printable"),
    ("https://media.s3.amazonaws.com/%ff", "no UTF-8"),
    ("https://media.s3.amazonaws.com/\n", "https URL"),
    (f"https://media.s3.amazonaws.com/{'x' * (LONGEST_FOLDER + 1)}", "900 bytes"),
    ("https://media.s3-us-west-2.amazonaws.com", "us-west-2"),
    ("https://other.s3.amazonaws.com/media", "no bucket"),
    ("https://s3.amazonaws.com", "no bucket"),
    ("https://media.s3.amazonaws.com.evil.example", "not of AWS"),
    ("https://media.evil.example/s3.amazonaws.com", "not of AWS"),
    ("https://media.s3.amazonaws.com:8443", "not of AWS"),
    ("https://[::1", "no URL"),
    ("https://media.s3.amazonaws.com:99999", "no URL"),
]


@pytest.mark.parametrize(("url", "words"), REFUSED)
def test_what_is_refused_says_why(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_external(url, AWS)


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.example/media",
        "http://s3.example:80/media",
        "http://media.other.example:7480",
        "http://media.evils3.example:7480",
        "http://media.s3.amazonaws.com",
    ],
)
def test_another_server_than_that_of_the_keys_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="another server"):
        parse_external(url, OWN)


GOOD = {
    "schema": "roomreel.buckets/1",
    "aws_access_key_id": "AKIAEXAMPLE",
    "aws_secret_access_key": "top/secret",
    "buckets": ["media", "media", "a.b"],
}


def test_keys_are_read_with_their_defaults() -> None:
    found = parse_s3_account(json.dumps(GOOD | {"endpoint": None}).encode(), "file")
    assert found == S3Account(
        "AKIAEXAMPLE", "top/secret", None, None, "us-east-1", ("a.b", "media")
    )
    assert "top/secret" not in repr(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"buckets": []}, "buckets"),
        ({"buckets": ["Media"]}, "bucket"),
        ({"buckets": "media"}, "array"),
        ({"aws_access_key_id": ""}, "aws_access_key_id"),
        ({"aws_secret_access_key": None}, "aws_secret_access_key"),
        ({"endpoint": "s3.example"}, "endpoint"),
        ({"endpoint": "https://u:top/secret@h"}, "endpoint"),
        ({"endpoint": "https://h/path"}, "endpoint"),
        ({"region": "EU West"}, "region"),
        ({"aws_secret_acces_key": "top/secret"}, "did you mean"),
        ({"schema": "roomreel.buckets/2"}, "schema"),
    ],
)
def test_what_is_wrong_with_keys_is_said_without_them(
    change: dict[str, object], words: str
) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        parse_s3_account(json.dumps(GOOD | change).encode(), "file")
    said = "\n".join(map(str, caught.value.violations))
    assert words in said
    if "endpoint" not in change:
        assert "top/secret" not in said
