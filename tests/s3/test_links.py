"""Temporary links, against a real server: it checks signatures and expiry."""

import time
import urllib.error
import urllib.request

import pytest

from roomreel.cli.media import location
from roomreel.errors import NotFound, StorageFailed
from roomreel.storage import s3

pytestmark = [pytest.mark.s3, pytest.mark.slow]


@pytest.fixture
def url(bucket: str) -> str:
    url = f"s3://{bucket}/store/CJ01.mp4"
    s3.write(url, b"moving pictures", "video/mp4")
    return url


def answer(link: str) -> tuple[int, bytes, str | None, str | None]:
    try:
        with urllib.request.urlopen(link) as got:  # noqa: S310
            headers = got.headers
            return got.status, got.read(), headers["Content-Type"], headers["Content-Disposition"]
    except urllib.error.HTTPError as error:
        return error.code, b"", None, None


def test_anybody_with_the_link_gets_a_file_to_save(url: str) -> None:
    link = location(url, 600, inline=False)
    named = 'attachment; filename="CJ01.mp4"'
    assert answer(link) == (200, b"moving pictures", "video/mp4", named)


def test_or_one_that_plays(url: str) -> None:
    assert answer(location(url, 600, inline=True))[3] == 'inline; filename="CJ01.mp4"'


def test_a_link_that_was_changed_opens_nothing(url: str, bucket: str) -> None:
    s3.write(f"s3://{bucket}/store/CJ02.mp4", b"another's")
    link = location(url, 600, inline=False)
    assert answer(link.replace("CJ01.mp4?", "CJ02.mp4?"))[0] == 403
    assert answer(link.replace("X-Amz-Expires=600", "X-Amz-Expires=3600"))[0] == 403


def test_a_link_expires(url: str) -> None:
    link = location(url, 1, inline=False)
    time.sleep(2.5)
    assert answer(link)[0] == 403


def test_there_is_no_link_to_nothing(url: str) -> None:
    with pytest.raises(NotFound):
        location(url + ".gone", 600, inline=False)
    for seconds in (0, 3601):
        with pytest.raises(StorageFailed, match="1 to 3600"):
            location(url, seconds, inline=False)
