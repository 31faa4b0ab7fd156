"""One try: the host is looked up once, and the connection goes to what was checked."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roomreel.service.callbacks import sending
from roomreel.service.callbacks.addresses import AddressGuard
from roomreel.service.callbacks.callback_url import parse_target
from roomreel.service.callbacks.sending import REFUSED, Message, Sender

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from receiver import receiver

HOST = "app.example.org"
HELLO = Message("POST", {"X": "y"}, b"a=b")


@pytest.fixture
def app(tmp_path):
    with receiver(tmp_path / "received") as one:
        yield one


@pytest.fixture
def names(monkeypatch):
    """The answers of a name server, one after the other, and how often it was asked."""
    answers, asked = [], []

    def look_up(host, port, **_):
        asked.append(host)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, float):
            time.sleep(found)
            found = ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(sending.socket, "getaddrinfo", look_up)
    return answers, asked


def send(*urls, allowed=("127.0.0.1/32",)):
    async def work():
        async with Sender(AddressGuard(allowed)) as sender:
            return [await sender.send(parse_target(url), HELLO) for url in urls]

    return asyncio.run(work())


def test_a_name_is_looked_up_once_and_its_host_is_named(names, app):
    answers, asked = names
    answers.append(["127.0.0.1"])
    (answer,) = send(app.url("/ok", HOST))
    assert (answer.status, answer.body) == (200, b"ok")
    assert asked == [HOST]
    (one,) = app.requests()
    assert one["headers"]["host"] == f"{HOST}:{app.port}"
    assert one["headers"]["connection"] == "close"


def test_a_name_that_changes_between_look_ups_leads_nowhere_else(names, app):
    answers, asked = names
    # The receiver listens at the second address, too.
    answers += [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]]
    url = app.url("/ok", HOST)
    first, second, third = send(url, url, url)
    assert (first.status, second.status, third.status) == (200, None, 200)
    assert second.failure == REFUSED
    assert "127.0.0.2" in second.error
    assert len(asked) == 3
    assert len(app.requests()) == 2


def test_one_forbidden_address_among_others_is_enough(names, app):
    answers, _ = names
    answers.append(["127.0.0.1", "169.254.169.254"])
    (answer,) = send(app.url("/ok", HOST))
    assert answer.failure == REFUSED
    assert app.requests() == []


def test_the_next_address_is_tried_where_the_first_does_not_answer(names, app):
    answers, _ = names
    answers.append(["127.0.0.3", "127.0.0.1"])
    (answer,) = send(app.url("/ok", HOST), allowed=["127.0.0.0/8"])
    assert answer.status == 200


def test_a_redirect_is_not_followed(names, app):
    answers, asked = names
    answers.append(["127.0.0.1"])
    (answer,) = send(app.url(f"/redirect/http://127.0.0.2:{app.port}/ok", HOST))
    assert answer.status == 302
    assert asked == [HOST]
    assert len(app.requests()) == 1


def test_a_name_server_that_does_not_answer_costs_the_limit_alone(names, app):
    answers, asked = names
    answers.append(3.0)
    url = app.url("/ok#ct=200", HOST)

    async def work():
        async with Sender(AddressGuard(["127.0.0.1/32"])) as sender:
            target = parse_target(url)
            return await asyncio.gather(*(sender.send(target, HELLO) for _ in range(5)))

    found = asyncio.run(work())
    assert {(one.status, one.failure, one.error) for one in found} == {
        (None, "ct", "no connection within 200 ms")
    }
    # Five who wait for one look-up.
    assert asked == [HOST]
    assert app.requests() == []


def certificate(folder, name):
    """A certificate of a name that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return files


@pytest.fixture
def encrypted(tmp_path, monkeypatch):
    """A server with the certificate of HOST, and the names that clients asked it for."""
    chain, key = certificate(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    asked = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
                with context.wrap_socket(connection, server_side=True) as secured:
                    came = b""
                    # All of it: a connection that is closed before would be reset.
                    while not came.endswith(HELLO.body):
                        came += secured.recv(65536)
                    secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1], asked
    listening.close()


def test_certificates_are_checked_by_the_name_not_by_the_address(names, encrypted):
    answers, _ = names
    answers.append(["127.0.0.1"])
    port, asked = encrypted
    right, wrong = send(f"https://{HOST}:{port}/", f"https://other.example.org:{port}/")
    assert right.status == 204
    assert (wrong.status, wrong.failure) == (None, "ct")
    assert "certificate" in wrong.error.lower()
    assert asked == [HOST, "other.example.org"]


def test_whoever_does_not_speak_tls_is_no_receiver(names, app):
    answers, _ = names
    answers.append(["127.0.0.1"])
    (answer,) = send(f"https://{HOST}:{app.port}/")
    assert (answer.status, answer.failure) == (None, "ct")
    assert answer.error
