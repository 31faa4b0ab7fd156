"""Files into S3: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ceph import s3_client
from faulty import Fault, Faulty

from roomreel.errors import StorageFailed
from roomreel.storage import clean_up_unfinished, publish, s3
from roomreel.storage.location import parse
from roomreel.storage.s3.upload import PART_BYTES

pytestmark = [pytest.mark.s3, pytest.mark.slow]

SIZE = 2 * PART_BYTES + 12345
PART_1, PART_2 = "partNumber=1", "partNumber=2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three parts, the last of them short."""
    path = tmp_path / "composition.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


def unfinished(bucket: str) -> int:
    return len(s3_client().list_multipart_uploads(Bucket=bucket).get("Uploads", []))


def test_a_file_in_parts_arrives_as_it_was(bucket: str, file: Path) -> None:
    data = file.read_bytes()
    place = parse(f"s3://{bucket}/store/CJ01.mp4")
    publish(file, place, {"x-amz-key": "wrapped"})
    assert not file.exists()
    found = s3.look(str(place))
    assert found is not None
    assert (found.size_bytes, dict(found.metadata)) == (SIZE, {"x-amz-key": "wrapped"})
    assert found.version.endswith("-3")
    assert s3.read(str(place)) == (data, found.version)
    head = s3_client().head_object(Bucket=bucket, Key="store/CJ01.mp4")
    assert head["ContentType"] == "video/mp4"
    assert head["ContentDisposition"] == 'attachment; filename="CJ01.mp4"'
    assert unfinished(bucket) == 0


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1])
def test_sizes_at_the_edge(bucket: str, tmp_path: Path, size: int) -> None:
    file = tmp_path / "poster.jpg"
    file.write_bytes(b"x" * size)
    s3.upload(file, f"s3://{bucket}/poster.jpg")
    found = s3.look(f"s3://{bucket}/poster.jpg")
    assert found is not None
    assert found.size_bytes == size


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut-request", "PUT", PART_2),
        Fault("cut-answer", "PUT", PART_2),
        Fault("answer", "PUT", PART_2, times=2),
        Fault("answer", "POST", "?uploads", status=500, code="InternalError"),
        Fault("spoil-request", "PUT", PART_1, times=2),
        Fault("cut-answer", "POST", "uploadId="),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.method}-{fault.part}",
)
def test_what_goes_wrong_once_is_done_again(
    bucket: str, proxy: Faulty, file: Path, fault: Fault
) -> None:
    proxy.faults.append(fault)
    url = f"s3://{bucket}/CJ01.mp4"
    data = file.read_bytes()
    s3.upload(file, url)
    assert proxy.met
    found = s3.read(url)
    assert found is not None
    assert found[0] == data


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("answer", "PUT", PART_2, None), "overloaded or down"),
        (Fault("cut-request", "PUT", PART_2, None), "connection broke"),
        (Fault("spoil-request", "PUT", PART_2, None), "differ from those sent"),
        (Fault("answer", "PUT", PART_2, None, 400, "ExpiredToken"), "credentials have expired"),
        (Fault("answer", "PUT", PART_2, None, 403, "AccessDenied"), "permission denied"),
        (Fault("answer", "PUT", PART_2, None, 403, "QuotaExceeded"), "the store is full"),
    ],
    ids=lambda value: f"{value.kind}-{value.code}" if isinstance(value, Fault) else "",
)
def test_what_keeps_going_wrong_leaves_what_was_there(
    bucket: str, proxy: Faulty, file: Path, fault: Fault, message: str
) -> None:
    url = f"s3://{bucket}/CJ01.mp4"
    s3.write(url, b"the one before")
    proxy.faults.append(fault)
    with pytest.raises(StorageFailed, match=message):
        publish(file, parse(url))
    proxy.faults.clear()
    assert s3.read(url) == (b"the one before", s3.look(url).version)
    assert unfinished(bucket) == 0
    assert file.exists()


LONGEST_S = 3.0
"""From the start of an upload to well past its end on a busy machine."""

UPLOADER = """
import sys
from pathlib import Path
from roomreel.storage import s3
print("ready", flush=True)
s3.upload(Path(sys.argv[1]), sys.argv[2])
print("done", flush=True)
"""


@contextmanager
def started(file: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that begins to upload; it is ended with the block."""
    argv = [sys.executable, "-c", UPLOADER, str(file), url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        yield child
        child.kill()


ASKED, ENDED = "?uploads", "uploadId="
MOMENTS = [
    (fault, method, part)
    for method, part in (
        ("POST", ASKED),
        *(("PUT", f"partNumber={number}") for number in (1, 2, 3)),
        ("POST", ENDED),
    )
    for fault in ("hold", "hang")
]
"""The requests of an upload, before the store gets each and after it has answered."""


@pytest.mark.parametrize(("fault", "method", "part"), MOMENTS)
def test_a_killed_upload_is_not_to_be_seen_and_is_swept(
    bucket: str, proxy: Faulty, file: Path, fault: str, method: str, part: str
) -> None:
    url = f"s3://{bucket}/store/CJ01.mp4"
    proxy.faults.append(Fault(fault, method, part))
    with started(file, url) as child:
        assert proxy.waiting.wait(60)
        child.kill()
    found = s3.look(url)
    assert (found is not None) == ((fault, part) == ("hang", ENDED))
    assert found is None or found.size_bytes == SIZE
    left = unfinished(bucket)
    assert left == (found is None and (fault, part) != ("hold", ASKED))
    assert clean_up_unfinished(parse(f"s3://{bucket}/store")) == 0  # it may still be under way
    soon = datetime.now(UTC) + timedelta(seconds=5)
    assert s3.clean_up_uploads(f"s3://{bucket}/other", soon) == 0
    assert s3.clean_up_uploads(f"s3://{bucket}/store", soon, dry_run=True) == left
    assert s3.clean_up_uploads(f"s3://{bucket}/store", soon) == left
    assert unfinished(bucket) == 0
    s3.upload(file, url)
    assert s3.look(url).size_bytes == SIZE


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_uploads_killed_at_any_moment_lose_nothing(bucket: str, file: Path) -> None:
    kills = 100
    folder = f"s3://{bucket}/store"
    whole = file.read_bytes()
    chance = random.Random(1)
    for number in range(kills):
        with started(file, f"{folder}/{number}.mp4"):
            time.sleep(chance.uniform(0, LONGEST_S))
    seen = list(s3.below(folder))
    swept = s3.clean_up_uploads(folder, datetime.now(UTC) + timedelta(seconds=5))
    assert unfinished(bucket) == 0
    assert 0 < len(seen) < kills
    assert swept
    for found in seen:
        assert s3.read(str(found.location)) == (whole, found.version)
