import os

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage import resolve_media_path, stat


@pytest.fixture
def place(tmp_path):
    """A root with a room, a neighbour whose name begins alike, and links in and out."""
    for name in ("root/room/one.mkv", "root/other/two.mkv", "root-2/secret.mkv", "secret.mkv"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"media")
    root = tmp_path / "root"
    (root / "room" / "in.mkv").symlink_to(root / "other" / "two.mkv")
    (root / "room" / "out.mkv").symlink_to(tmp_path / "secret.mkv")
    (root / "room" / "gone.mkv").symlink_to(tmp_path / "no-such-file.mkv")
    (root / "room" / "outside").symlink_to(tmp_path / "root-2")
    (root / "room" / "loop").symlink_to(root / "room" / "loop")
    (tmp_path / "alias").symlink_to(root)
    return tmp_path


def resolve(place, media, roots=("root",)):
    folders = [str(place / root) for root in roots]
    return resolve_media_path(f"{place}/root/room/manifest.json", media, folders)


INSIDE = [
    ("one.mkv", "root/room/one.mkv"),
    ("./one.mkv", "root/room/one.mkv"),
    ("../other/two.mkv", "root/other/two.mkv"),
    ("in.mkv", "root/other/two.mkv"),
    ("missing.mkv", "root/room/missing.mkv"),
    ("it's 100%: 漢字 😀 \u202e.mkv", "root/room/it's 100%: 漢字 😀 \u202e.mkv"),
    ("%2e%2e/one.mkv", "root/room/%2e%2e/one.mkv"),
    ("c:one.mkv", "root/room/c:one.mkv"),
    ("{place}/root/room/one.mkv", "root/room/one.mkv"),
    ("{place}/alias/room/one.mkv", "root/room/one.mkv"),
    ("file://{place}/root/room/one.mkv", "root/room/one.mkv"),
    ("file://localhost{place}/root/room/on%65.mkv", "root/room/one.mkv"),
]

OUTSIDE = [
    "../../secret.mkv",
    "../../no-such-file.mkv",
    "../../root-2/secret.mkv",
    "../../../../../../../../../etc/passwd",
    "one.mkv/../../../secret.mkv",
    "/etc/passwd",
    "//etc/passwd",
    "/no/such/file",
    "{place}/root-2/secret.mkv",
    "{place}/secret.mkv",
    "out.mkv",
    "gone.mkv",
    "outside/secret.mkv",
    "outside/no-such-file.mkv",
    "file:///etc/passwd",
    "file://{place}/root/%2e%2e/secret.mkv",
    "file://elsewhere{place}/root/room/one.mkv",
    "s3://bucket/one.mkv",
    "http://169.254.169.254/latest",
    "FTP://host/one.mkv",
    "pipe://one.mkv",
    "file://[one.mkv",
    "nul\0.mkv",
    "file:///%00",
    "\ud800.mkv",
]


@pytest.mark.parametrize(("media", "expected"), INSIDE)
def test_a_place_inside_a_root_is_resolved(place, media, expected):
    media = media.replace("{place}", str(place))
    assert resolve(place, media, ("alias", "root")) == place / expected


@pytest.mark.parametrize("media", OUTSIDE)
def test_a_place_outside_is_refused_in_the_same_words(place, media):
    media = media.replace("{place}", str(place))
    with pytest.raises(StorageFailed) as caught:
        resolve(place, media)
    assert caught.value.message == f"the media path {media!r} leads outside the media roots"


def test_any_of_the_roots_will_do(place):
    assert resolve(place, "../../root-2/secret.mkv", ("root", "root-2")).name == "secret.mkv"


def test_without_roots_nothing_is_inside(place):
    with pytest.raises(StorageFailed, match="outside"):
        resolve(place, "one.mkv", ())


def test_roots_and_manifests_may_be_relative(place, monkeypatch):
    monkeypatch.chdir(place)
    assert (
        resolve_media_path("alias/room/m.json", "one.mkv", ["root"]) == place / "root/room/one.mkv"
    )
    with pytest.raises(StorageFailed, match="outside"):
        resolve_media_path("alias/room/m.json", "../../secret.mkv", ["root"])


def test_a_long_name_is_cut_in_the_message(place):
    with pytest.raises(StorageFailed) as caught:
        resolve(place, "/" + "x" * 10_000)
    assert len(caught.value.message) < 300


def test_stat_tells_size_and_version(place):
    file = place / "root/room/one.mkv"
    before = stat(file)
    assert (before.location, before.size_bytes) == (str(file), 5)
    os.utime(file, ns=(1, 1))
    assert stat(file).version != before.version


def test_stat_of_nothing_is_none(place):
    assert stat(place / "root/room/missing.mkv") is None


def test_only_a_plain_file_is_a_medium(place):
    pipe = place / "root" / "pipe.mkv"
    os.mkfifo(pipe)
    for path in (pipe, place / "root", place / "alias"):
        with pytest.raises(StorageFailed, match="not a regular file"):
            stat(path)


@pytest.mark.parametrize("media", ["one.mkv/deeper", "x" * 300, "loop"])
def test_a_path_that_cannot_be_looked_at_is_an_error(place, media):
    with pytest.raises(StorageFailed, match=r"cannot (look at|use)"):
        stat(resolve(place, media))


S3_ROOTS = ("s3://calls/rooms", "s3://more")


@pytest.mark.parametrize(
    ("media", "place"),
    [
        ("one.mkv", "s3://calls/rooms/monday/one.mkv"),
        ("./a/../one.mkv", "s3://calls/rooms/monday/one.mkv"),
        ("../one.mkv", "s3://calls/rooms/one.mkv"),
        ("%2e%2e/x y.mkv", "s3://calls/rooms/monday/%2e%2e/x y.mkv"),
        ("s3://calls/rooms/x.mkv", "s3://calls/rooms/x.mkv"),
        ("S3://more/x.mkv", "s3://more/x.mkv"),
    ],
)
def test_media_beside_a_manifest_in_s3(media: str, place: str) -> None:
    assert str(resolve_media_path("s3://calls/rooms/monday/room.json", media, S3_ROOTS)) == place


@pytest.mark.parametrize(
    "media",
    [
        "../../other/x.mkv",
        "../../../../calls2/x.mkv",
        "s3://calls/rooms-2/x.mkv",
        "s3://calls/rooms/../x.mkv",
        "s3://calls2/rooms/x.mkv",
        "s3://key:hunter2@calls/rooms/x.mkv",
        "s3://calls/rooms/x.mkv?versionId=1",
        "x.mkv#1",
        "a\0b.mkv",
        "\udc80.mkv",
        "x" * 2000,
        "/etc/passwd",
        "file:///etc/passwd",
        "https://calls/rooms/x.mkv",
    ],
)
def test_what_leads_out_of_s3_roots_is_refused(media: str) -> None:
    with pytest.raises(StorageFailed, match="leads outside the media roots") as caught:
        resolve_media_path("s3://calls/rooms/monday/room.json", media, S3_ROOTS)
    assert "hunter2" not in str(caught.value)


def test_a_manifest_of_the_disk_may_name_media_in_s3_and_the_other_way_round(place):
    roots = [*S3_ROOTS, str(place / "root")]
    file = place / "root/room/one.mkv"
    assert (
        str(resolve_media_path(str(place / "m.json"), "s3://more/x.mkv", roots))
        == "s3://more/x.mkv"
    )
    assert resolve_media_path("s3://calls/rooms/m.json", str(file), roots) == file
    with pytest.raises(StorageFailed, match="leads outside"):
        resolve_media_path(str(place / "m.json"), "s3://more/x.mkv", [str(place)])
