"""The address guard: no form of an address of ours gets through."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roomreel.errors import CallbackRefused
from roomreel.service.callbacks.addresses import AddressGuard

STRICT = AddressGuard([])
PUBLIC = ("8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::200e")
OURS = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104  nothing listens
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
)


def hidden(address: IPv4Address) -> list[IPv6Address]:
    """Return the IPv6 addresses that some machine takes for an IPv4 one."""
    number = int(address)
    prefixes = ("::ffff:0:0", "::ffff:0:0:0", "::", "64:ff9b::", "64:ff9b:1::")
    plain = [IPv6Address(int(IPv6Address(prefix)) | number) for prefix in prefixes]
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80) | 1)
    teredo = IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))
    return [*plain, six_to_four, teredo]


def written(address: IPv4Address) -> list[str]:
    """Return other ways to write an IPv4 address, each of which inet_aton takes."""
    number, parts = int(address), [*address.packed]
    a, b, c, d = parts
    return [
        str(number),
        hex(number),
        oct(number).replace("0o", "0"),
        ".".join(f"{part:#x}" for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        f"{a}.{(b << 16) | (c << 8) | d}",
        f"{a}.{b}.{(c << 8) | d}",
        f"{a:#x}.{b}.0{c:o}.{d}",
    ]


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_of_the_internet_may_be_sent_to(text):
    STRICT.refuse_host(text)
    STRICT.refuse_addresses("example.org", [ip_address(text)])


@pytest.mark.parametrize("text", OURS)
def test_addresses_of_ours_may_not(text):
    with pytest.raises(CallbackRefused, match="callback_allow"):
        STRICT.refuse_host(text)
    public = [ip_address(PUBLIC[0])]
    with pytest.raises(CallbackRefused, match=r"example\.org is "):
        STRICT.refuse_addresses("example.org", [*public, ip_address(text)])


@given(st.ip_addresses(v=4))
@example(IPv4Address("127.0.0.1"))
@example(IPv4Address("8.8.8.8"))
def test_no_ipv4_address_hides_in_an_ipv6_one(address):
    for one in hidden(address):
        with pytest.raises(CallbackRefused):
            STRICT.refuse_host(str(one))


@given(st.ip_addresses(v=4))
@example(IPv4Address("127.0.0.1"))
@example(IPv4Address("169.254.169.254"))
def test_no_address_is_written_in_another_way(address):
    for text in written(address):
        if text != str(address):
            for end in ("", "."):
                with pytest.raises(CallbackRefused):
                    STRICT.refuse_host(text + end)


@given(st.ip_addresses())
def test_what_may_be_sent_to_is_global(address):
    try:
        STRICT.refuse_addresses("x", [address])
    except CallbackRefused:
        return
    assert address.is_global
    assert not any((address.is_multicast, address.is_loopback, address.is_link_local))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "a.localhost",
        "metadata.google.internal",
        "1.2.3",
        "a.0x1",
        "1.2.3.4.5",
    ],
)
def test_names_of_this_machine_and_numbers_are_refused_at_once(host):
    with pytest.raises(CallbackRefused):
        STRICT.refuse_host(host)


@pytest.mark.parametrize("host", ["example.org", "a1", "x.1a", "localhost.example.org", "0x.org"])
def test_other_names_are_looked_up(host):
    STRICT.refuse_host(host)


def test_the_operator_may_allow_networks_and_hosts():
    guard = AddressGuard(["10.0.0.0/24", "app.internal", "127.0.0.1/32", "fd00::/8"])
    for host in ("10.0.0.7", "app.internal", "APP.internal.".lower(), "127.0.0.1", "fd00::1"):
        guard.refuse_host(host)
    guard.refuse_addresses("app.internal", [ip_address("192.168.0.1")])
    guard.refuse_addresses("other.internal", [ip_address("10.0.0.9")])
    for host in ("10.0.1.7", "127.0.0.2", "::1", "2130706433", "::ffff:10.0.0.7"):
        with pytest.raises(CallbackRefused):
            guard.refuse_host(host)
    with pytest.raises(CallbackRefused, match=r"192\.168\.0\.1"):
        guard.refuse_addresses("app.internal.example.org", [ip_address("192.168.0.1")])


def test_a_host_without_an_address_is_refused():
    with pytest.raises(CallbackRefused, match="no address"):
        STRICT.refuse_addresses("example.org", [])
