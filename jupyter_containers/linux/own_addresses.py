"""Hosts of URLs that lead to this machine, in every form that the C library takes for an address, or by a name here.

A name that a name server leads here is not seen: nothing is asked.
"""

from __future__ import annotations

import ipaddress
import socket

from jupyter_containers.linux.hosts_file import is_led_to_loopback


def is_own(host: str) -> bool:
    """Say whether a host is this machine's loopback, by its file of hosts, too, or "any address", which leads there."""
    name = _plain(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    if address is None:
        return bool(name) and is_led_to_loopback(name)
    return address.is_loopback or address.is_unspecified


def _plain(host: str) -> str:
    """Return a host as it is looked up: letters of other alphabets may be digits there."""
    name = host.partition("%")[0].rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        # Also 127.1, 0x7f000001 and the like. Source: inet(3).
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError):
        pass
    try:
        address = ipaddress.IPv6Address(name)
    except ValueError:
        return None
    return address.ipv4_mapped or address
