"""Objects, against a real server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage import s3
from roomreel.storage.location import parse

pytestmark = [pytest.mark.s3, pytest.mark.slow]


def test_what_is_written_is_found_read_listed_and_removed(bucket: str) -> None:
    url = f"s3://{bucket}/a folder/größe + 1.txt"
    etag = s3.write(url, b"hello", "text/plain")
    found = s3.look(url)
    assert found is not None
    assert (str(found.location), found.size_bytes, found.version) == (url, 5, etag)
    assert s3.read(url) == (b"hello", etag)
    assert s3.read_range(url, 1, 3, etag) == b"ell"
    assert s3.read_range(url, 3, 100, etag) == b"lo"
    assert [str(one.location) for one in s3.below(f"s3://{bucket}/a folder")] == [url]
    assert [str(one.location) for one in s3.below(f"s3://{bucket}/a")] == []
    s3.remove(url)
    s3.remove(url)
    assert s3.look(url) is None
    assert s3.read(url) is None


def test_a_listing_goes_on_past_the_first_page(bucket: str) -> None:
    urls = [f"s3://{bucket}/many/{number:04}" for number in range(1001)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda url: s3.write(url, b""), urls))
    assert [str(one.location) for one in s3.below(f"s3://{bucket}/many")] == urls


def test_a_version_that_was_replaced_is_not_read_on(bucket: str) -> None:
    url = f"s3://{bucket}/x"
    etag = s3.write(url, b"one")
    s3.write(url, b"two")
    with pytest.raises(StorageFailed, match="it was replaced meanwhile"):
        s3.read_range(url, 0, 3, etag)


def test_conditional_writes_have_one_winner(bucket: str) -> None:
    writes = s3.probe(f"s3://{bucket}/journal")
    url = f"s3://{bucket}/part"
    first = writes.write(parse(url), b"1", None)
    assert first is not None
    assert writes.write(parse(url), b"2", None) is None
    second = writes.write(parse(url), b"2", first)
    assert second is not None
    assert writes.write(parse(url), b"3", first) is None
    assert s3.read(url) == (b"2", second)
    assert list(s3.below(f"s3://{bucket}/journal")) == []


def test_a_condition_on_what_is_gone_is_lost(bucket: str) -> None:
    writes = s3.probe(f"s3://{bucket}")
    url = f"s3://{bucket}/part"
    etag = writes.write(parse(url), b"1", None)
    s3.remove(url)
    assert writes.write(parse(url), b"2", etag) is None
    assert s3.look(url) is None
