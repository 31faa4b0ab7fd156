"""Addresses that callbacks may be sent to: none of this machine, of its networks, or of its cloud.

Whoever may ask for compositions says where callbacks go, and is not to reach through us what only
this machine reaches. A name is looked up once for each try, every address of it is checked, and the
connection goes to an address that was (`roomreel.service.callbacks.sending`).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from roomreel.errors import CallbackRefused

Address = IPv4Address | IPv6Address

_SPECIAL = tuple(
    (ip_network(network), words)
    for network, words in (
        ("127.0.0.0/8", "of this machine"),
        ("::1/128", "of this machine"),
        ("0.0.0.0/8", "of no machine"),
        ("::/128", "of no machine"),
        ("168.63.129.16/32", "of the metadata of a cloud"),
        ("169.254.169.254/32", "of the metadata of a cloud"),
        ("fd00:ec2::/32", "of the metadata of a cloud"),
        ("100.100.100.200/32", "of the metadata of a cloud"),
        ("169.254.0.0/16", "of a single link"),
        ("fe80::/10", "of a single link"),
        ("100.64.0.0/10", "shared by customers of a provider"),
        ("10.0.0.0/8", "of a private network"),
        ("172.16.0.0/12", "of a private network"),
        ("192.168.0.0/16", "of a private network"),
        ("fc00::/7", "of a private network"),
        ("fec0::/10", "of a private network"),
        ("224.0.0.0/4", "of many machines"),
        ("ff00::/8", "of many machines"),
        ("::ffff:0:0/96", "with an IPv4 address in it"),
        ("::ffff:0:0:0/96", "with an IPv4 address in it"),
        ("::/96", "with an IPv4 address in it"),
        ("64:ff9b::/96", "with an IPv4 address in it"),
        ("64:ff9b:1::/48", "with an IPv4 address in it"),
        ("2002::/16", "with an IPv4 address in it"),
        ("2001::/32", "with an IPv4 address in it"),
        ("192.88.99.0/24", "of a relay"),
        # Not all of them are known to the standard library of each version.
        ("192.0.0.0/24", "that is not of the internet"),
        ("3fff::/20", "that is not of the internet"),
        ("5f00::/16", "that is not of the internet"),
    )
)
"""Networks, and what their addresses are; beside them, all that are not global."""

_LOCAL_NAMES = frozenset({"localhost", "metadata.google.internal", "metadata"})
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_REMEDY = "whoever runs this service can name the host or its network in callback_allow"


class AddressGuard:
    """The addresses that callbacks may go to.

    Args:
        allowed: hosts, and networks as `ip_network` writes them, that may be sent to all the same.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._hosts = set[str]()
        self._networks = []
        for one in allowed:
            try:
                self._networks.append(ip_network(one))
            except ValueError:
                self._hosts.add(one.lower().rstrip("."))

    def refuse_host(self, host: str) -> None:
        """See that a host is not clearly forbidden, before anything is looked up.

        Args:
            host: in lower case, without brackets.

        Raises:
            CallbackRefused: it is.
        """
        if self._is_named(host):
            return
        name = host.rstrip(".")
        is_local = name in _LOCAL_NAMES or name.endswith(".localhost")
        if is_local and not self._networks:
            raise CallbackRefused(f"{name} is a name of this machine or of its cloud", _REMEDY)
        found = _address(host)
        if found is not None:
            self.refuse_addresses(host, [found])
        elif ":" in host:
            raise CallbackRefused(f"{host} is no address that can be sent to", _REMEDY)
        elif _NUMBER.fullmatch(name.rpartition(".")[2]):
            self._refuse_number(host)

    def refuse_addresses(self, host: str, addresses: Sequence[Address]) -> None:
        """See that all addresses of a host may be sent to.

        Raises:
            CallbackRefused: one of them may not, or there is none.
        """
        if not addresses:
            raise CallbackRefused(f"{host} has no address", _REMEDY)
        if self._is_named(host):
            return
        for address in addresses:
            words = self._forbidden(address)
            if words:
                shown = host if host == str(address) else f"{host} is {address}, which"
                raise CallbackRefused(f"{shown} is an address {words}", _REMEDY)

    def _is_named(self, host: str) -> bool:
        return host.rstrip(".") in self._hosts

    def _forbidden(self, address: Address) -> str:
        """Return of which kind an address is that is not sent to, or ""."""
        if isinstance(address, IPv6Address) and address.scope_id:
            return "of a single link"
        if any(address in network for network in self._networks):
            return ""
        for network, words in _SPECIAL:
            if address in network:
                return words
        return (
            "" if address.is_global and not address.is_multicast else "that is not of the internet"
        )

    def _refuse_number(self, host: str) -> None:
        """Refuse what ends in a number: some libraries take it for an address, others do not.

        Raises:
            CallbackRefused: always.
        """
        try:
            meant = IPv4Address(socket.inet_aton(host.rstrip(".")))
        except (OSError, ValueError):
            raise CallbackRefused(f"{host} is no address", _REMEDY) from None
        raise CallbackRefused(f"{host} is another way to write {meant}", "write it so")


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
