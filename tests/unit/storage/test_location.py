"""Paths and places in S3."""

from pathlib import Path

import pytest

from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation, without_secrets
from roomreel.storage.location import local_path, location_of, parse

SECRET = "hunter2"  # noqa: S105


def test_a_place_is_written_as_it_was_read() -> None:
    for url in ("s3://bucket/a/b.mkv", "s3://b.u-c/größe + 1%20.mkv", "s3://bucket/"):
        assert str(parse(url)) == url
    assert str(parse("s3://bucket")) == "s3://bucket/"
    assert location_of("S3://bucket/x") == ObjectLocation("s3", "bucket", "x")
    assert location_of("a/b") == Path("a/b")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("file:///a/b%20c", "/a/b c"),
        ("FILE://localhost/a?b#c", "/a?b#c"),
        ("file:a", "file:a"),
        ("/a%20b", "/a%20b"),
        ("a:/b", "a:/b"),
    ],
)
def test_a_file_url_is_a_path(location: str, path: str) -> None:
    assert local_path(location) == path
    assert location_of(location) == Path(path)


@pytest.mark.parametrize(
    "location", ["http://host/a", "zip://a::/b", "file://host/a", "ftp://x", f"a://u:{SECRET}@h/b"]
)
def test_no_other_url_is_a_place(location: str) -> None:
    with pytest.raises(StorageFailed) as caught:
        location_of(location)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"s3://key:{SECRET}@bucket/x",
        f"s3://{SECRET}@bucket/x",
        f"s3://bucket/x?X-Amz-Signature={SECRET}",
        f"s3://bucket/x#{SECRET}",
        f"s3://bucket:9000/{SECRET}",
        f"s3:///{SECRET}",
        f"s3://Bucket/{SECRET}",
        f"s3://bucket/\n{SECRET}",
        f"s3://bucket/\udc80{SECRET}",
        f"s3://bucket/{SECRET}{'x' * 1024}",
    ],
)
def test_what_is_no_place_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(StorageFailed) as caught:
        parse(url)
    assert SECRET not in str(caught.value)


def test_places_are_built_like_paths() -> None:
    folder = parse("s3://bucket/store/")
    place = folder / "date=2026-11-20" / "CJ1.mp4"
    assert str(place) == "s3://bucket/store/date=2026-11-20/CJ1.mp4"
    assert str(place.with_suffix(".poster.jpg")) == str(place)[:-4] + ".poster.jpg"
    assert (place.name, str(place.parent)) == ("CJ1.mp4", "s3://bucket/store/date=2026-11-20")
    assert str(parse("s3://bucket") / "x") == "s3://bucket/x"


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("s3://bucket/rooms/a.mkv", True),
        ("s3://bucket/rooms/a/../b.mkv", True),
        ("s3://bucket/rooms//a.mkv", True),
        ("s3://bucket/rooms", True),
        ("s3://bucket/rooms-2/a.mkv", False),
        ("s3://bucket/rooms/../a.mkv", False),
        ("s3://bucket/rooms/../../other/rooms/a.mkv", False),
        ("s3://bucket/Rooms/a.mkv", False),
        ("s3://other/rooms/a.mkv", False),
    ],
)
def test_a_place_lies_below_a_folder_by_whole_names(url: str, inside: bool) -> None:
    assert parse(url).resolve().is_relative_to(parse("s3://bucket/rooms/").resolve()) is inside
    assert parse(url).resolve().is_relative_to(parse("s3://bucket")) is (url[5:11] == "bucket")


def test_secrets_are_not_shown() -> None:
    assert without_secrets(f"s3://key:{SECRET}@bucket/a@b.mkv") == "s3://bucket/a@b.mkv"
    assert without_secrets(f"https://host/x?sig={SECRET}#{SECRET}") == "https://host/x"
    assert without_secrets("really? a file #1@home.mkv") == "really? a file #1@home.mkv"
