"""The words this room speaks: wishes (a port, an address), a published port, a network's segment, an attachment.

They import nothing heavy, so that the engine can name them before the first container needs the network.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Self, TypeAlias

from jupyter_containers.errors import InvalidParameter

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE | re.ASCII)
PROTOCOLS = ("tcp", "udp")

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address
Interface: TypeAlias = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A wish: make `container_port` reachable at the host.

    `host_ip` empty means every address, IPv4 and IPv6. `host_port` 0 means any free one; with `host_port_end` above it,
    the first free one of the range, both ends included.
    """

    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    host_port: int = 0
    host_port_end: int = 0

    @classmethod
    def parse(cls, container_port: str, host_ip: str = "", host_port: str = "") -> Self:
        """Read Docker's words: "80/tcp" or "80", an address or "", and "", "8080" or "8000-8010".

        Raises InvalidParameter.
        """
        number, _, protocol = container_port.partition("/")
        protocol = protocol.lower() or "tcp"
        if protocol not in PROTOCOLS:
            raise InvalidParameter(f"cannot publish port {container_port}: protocol must be tcp or udp")
        first, dash, last = host_port.partition("-")
        start = _port(first) if dash or first not in ("", "0") else 0
        end = _port(last) if dash else 0
        if dash and end < start:
            raise InvalidParameter(f"invalid range of host ports {host_port!r}: the end is below the start")
        return cls(_port(number), protocol, _host_ip(host_ip), start, end)


@dataclass(frozen=True, slots=True)
class Published:
    """A port that the host answers for a container. `host_ip` is an address: "0.0.0.0" and "::" for all of a kind."""

    container_port: int
    protocol: str
    host_ip: str
    host_port: int


@dataclass(frozen=True, slots=True)
class Pool:
    """Addresses of a network: `ip_range` is the part that is given out, `reserved` are never given out."""

    subnet: Network
    gateway: Address
    ip_range: Network | None = None
    reserved: tuple[Address, ...] = ()

    @property
    def gateway_interface(self) -> Interface:
        return ipaddress.ip_interface(f"{self.gateway}/{self.subnet.prefixlen}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A network as this room makes it: one IPv4 pool, at most one of IPv6.

    Without `icc` its containers cannot talk to each other; without `masquerade` they go out under their own addresses;
    an `internal` one has no way out or in. `host_binding` is where ports are published that name no address, "" for
    all; `mtu` 0 is the uplink's.

    With the `driver` macvlan or ipvlan there is no `bridge` but a `parent`, an interface of the host or empty for none,
    and a `mode` (sublink_options.MODES).
    """

    id: str
    bridge: str
    pool: Pool
    pool6: Pool | None = None
    internal: bool = False
    icc: bool = True
    masquerade: bool = True
    host_binding: str = ""
    mtu: int = 0
    driver: str = "bridge"
    parent: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A wish where a container goes: the interface's name, addresses and link address; empty is chosen.

    `ports` are published over this network; the default routes lead over it when it says so.
    """

    interface: str = "eth0"
    ip_address: str = ""
    ipv6_address: str = ""
    link_local: tuple[str, ...] = ()
    mac: str = ""
    ports: tuple[PortMapping, ...] = ()
    is_gateway: bool = True
    is_ipv6_gateway: bool = True

    @property
    def versions(self) -> list[int]:
        """The IP versions whose default routes lead over this network."""
        return [version for version, wanted in ((4, self.is_gateway), (6, self.is_ipv6_gateway)) if wanted]

    def check(self) -> None:
        """Raises InvalidParameter for what is no link address."""
        if self.mac and not _MAC.fullmatch(self.mac):
            raise InvalidParameter(
                f"invalid MAC address {self.mac!r}: must be six pairs of hexadecimal digits with colons"
            )


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container's place on a network; `host_interface` is the name of its link's host end.

    `network_id` is empty on the default bridge. Nothing is `published` but over the container's gateway.
    """

    endpoint_id: str
    ip_address: str
    prefix_length: int
    gateway: str
    mac_address: str
    host_interface: str
    published: tuple[Published, ...] = field(default=())
    network_id: str = ""
    interface: str = "eth0"
    ipv6_address: str = ""
    ipv6_prefix_length: int = 0
    ipv6_gateway: str = ""
    link_local: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return JSON values for a record; `from_json` reads them."""
        return asdict(self) | {
            "published": [asdict(port) for port in self.published],
            "link_local": list(self.link_local),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        published = tuple(Published(**port) for port in values["published"])
        return cls(**{**values, "published": published, "link_local": tuple(values.get("link_local", ()))})


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number < 65536:
        raise InvalidParameter(f"invalid port {text!r}: must be a number from 1 to 65535")
    return number


def _host_ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]"))) if text else ""
    except ValueError:
        raise InvalidParameter(f"invalid host address {text!r} of a published port") from None
