"""What is wrong with a store or its credentials is said in words, with what to do about it."""

from __future__ import annotations

import json

import pytest
from ceph import Ceph, environment, s3_client
from faulty import Fault, Faulty

from roomreel.cli.doctor import State, buckets
from roomreel.errors import StorageFailed
from roomreel.settings import Settings
from roomreel.storage import discover, read_bytes, s3

pytestmark = [pytest.mark.s3, pytest.mark.slow]

OTHER = ("anotherkey", "another-secret")


@pytest.fixture(scope="session")
def other(ceph: Ceph) -> tuple[str, str]:
    """A second user, who may do what a bucket's policy allows and no more."""
    keys = ("--access-key", OTHER[0], "--secret-key", OTHER[1])
    ceph.admin("user", "create", "--uid=other", "--display-name=other", *keys)
    return OTHER


def allow(bucket: str, *actions: str) -> None:
    """Let the second user do these things in a bucket."""
    principal = {"AWS": ["arn:aws:iam:::user/other"]}
    where = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    rule = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": where}
    policy = {"Version": "2012-10-17", "Statement": [rule]}
    s3_client().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def become(monkeypatch: pytest.MonkeyPatch, ceph: Ceph, key: str, secret: str) -> None:
    for name, value in environment(ceph.endpoint, key, secret).items():
        monkeypatch.setenv(name, value)


DOING = {
    "read": ("s3:GetObject", lambda bucket: s3.read(f"s3://{bucket}/x")),
    "look": ("s3:GetObject", lambda bucket: s3.look(f"s3://{bucket}/x")),
    "write": ("s3:PutObject", lambda bucket: s3.write(f"s3://{bucket}/y", b"y")),
    "remove": ("s3:DeleteObject", lambda bucket: s3.remove(f"s3://{bucket}/x")),
    "list": ("s3:ListBucket", lambda bucket: list(s3.below(f"s3://{bucket}"))),
}


@pytest.mark.parametrize("name", DOING)
def test_a_missing_permission_is_named(
    name: str, ceph: Ceph, other: tuple[str, str], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.write(f"s3://{bucket}/x", b"x")
    permission, do = DOING[name]
    allow(bucket, *({one for one, _ in DOING.values()} - {permission}))
    become(monkeypatch, ceph, *other)
    with pytest.raises(StorageFailed, match="permission denied") as caught:
        do(bucket)
    assert caught.value.remedy == f"allow the credentials {permission} there"
    for others, (needed, do) in DOING.items():
        if needed != permission and others != "remove":
            do(bucket)


@pytest.mark.parametrize(
    ("key", "secret", "message"),
    [
        ("nobody", "hunter2", "access key is not known"),
        ("roomreeltest", "hunter2", "secret key is wrong"),
    ],
)
def test_wrong_credentials(
    ceph: Ceph, bucket: str, monkeypatch: pytest.MonkeyPatch, key: str, secret: str, message: str
) -> None:
    become(monkeypatch, ceph, key, secret)
    for _, do in DOING.values():
        with pytest.raises(StorageFailed, match=message) as caught:
            do(bucket)
        assert secret not in str(caught.value)


def test_no_credentials(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageFailed, match="there are no credentials"):
        s3.read(f"s3://{bucket}/x")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageFailed, match="no such AWS profile"):
        s3.read(f"s3://{bucket}/x")


def test_no_bucket(bucket: str) -> None:
    for _, do in DOING.values():
        with pytest.raises(StorageFailed, match="there is no such bucket"):
            do(f"{bucket}-gone")


def test_no_server(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3.client, "PATIENT", s3.client.IMPATIENT)
    for endpoint, message in (
        ("http://127.0.0.1:9", "the endpoint does not answer"),
        ("no url", "the endpoint is not a URL"),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        with pytest.raises(StorageFailed, match=message):
            s3.read(f"s3://{bucket}/x")


def test_no_document(bucket: str) -> None:
    s3.write(f"s3://{bucket}/rooms/a/room.json", b"{}")
    s3.write(f"s3://{bucket}/rooms/b.txt", b"")
    url = f"s3://{bucket}/rooms"
    assert discover(url) == discover(f"{url}/") == [f"{url}/a/room.json"]
    assert discover(f"{url}/**/*.json") == discover(f"{url}/a/r*.json") == [f"{url}/a/room.json"]
    assert discover(f"{url}/*.json") == []
    assert discover(f"{url}/b.txt") == [f"{url}/b.txt"]
    assert read_bytes(f"{url}/a/room.json") == b"{}"
    assert read_bytes(f"{url}/b.txt") == b""
    with pytest.raises(StorageFailed, match="it does not exist"):
        read_bytes(f"{url}/a")
    with pytest.raises(StorageFailed, match="larger than 1 bytes"):
        read_bytes(f"{url}/a/room.json", 1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut-answer", times=3),
        Fault("answer", times=2),
        Fault("answer", status=500, code="InternalError"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.code}",
)
def test_a_read_that_breaks_is_done_again(bucket: str, proxy: Faulty, fault: Fault) -> None:
    etag = s3.write(f"s3://{bucket}/x", b"x" * 100_000)
    proxy.faults.append(fault)
    assert s3.read(f"s3://{bucket}/x") == (b"x" * 100_000, etag)
    assert proxy.met


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("cut-answer", times=None), "the connection broke"),
        (Fault("answer", times=None, status=400, code="ExpiredToken"), "credentials have expired"),
        (Fault("answer", times=None, status=403, code="RequestTimeTooSkewed"), "clocks"),
        (Fault("answer", times=None, status=418, code="T\x1b[31m"), "the store answers"),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
def test_what_keeps_going_wrong_is_told(
    bucket: str, proxy: Faulty, fault: Fault, message: str
) -> None:
    s3.write(f"s3://{bucket}/x", b"x" * 100_000)
    proxy.faults.append(fault)
    with pytest.raises(StorageFailed, match=message) as caught:
        s3.read(f"s3://{bucket}/x")
    assert str(caught.value).isprintable()


def test_an_expired_token_is_told_where_the_answer_has_no_body(bucket: str, proxy: Faulty) -> None:
    s3.write(f"s3://{bucket}/x", b"x")
    for method in ("HEAD", "GET"):
        proxy.faults.append(Fault("answer", method, "", None, 400, "ExpiredToken"))
    with pytest.raises(StorageFailed, match="credentials have expired"):
        s3.look(f"s3://{bucket}/x")


def test_a_store_whose_conditions_do_nothing_is_refused(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from roomreel.storage.s3 import conditional

    put = conditional.put
    unconditional = {"IfMatch", "IfNoneMatch"}
    monkeypatch.setattr(
        conditional,
        "put",
        lambda place, data, **more: put(
            place, data, **{name: more[name] for name in more.keys() - unconditional}
        ),
    )
    with pytest.raises(StorageFailed, match="conditional writes do not work"):
        s3.probe(f"s3://{bucket}/journal")
    assert list(s3.below(f"s3://{bucket}")) == []


def test_doctor_tells_what_the_credentials_may_not_do(
    ceph: Ceph, other: tuple[str, str], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"s3://{bucket}/store"
    settings = Settings(manifests=f"s3://{bucket}/rooms", store=place)
    assert [(check.state, check.detail) for check in buckets(settings)] == [
        (State.OK, f"s3://{bucket}/rooms"),
        (State.OK, f"{place}/compositions"),
        (State.OK, f"{place}/journal"),
    ]
    allow(bucket, "s3:ListBucket")
    become(monkeypatch, ceph, *other)
    checks = list(buckets(settings))
    assert [check.state for check in checks] == [State.OK, State.MISSING, State.MISSING]
    assert {check.remedy for check in checks[1:]} <= {
        "allow the credentials s3:PutObject there",
        "allow the credentials s3:DeleteObject there",
    }
    assert list(s3.below(place)) == []
