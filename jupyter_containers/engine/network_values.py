"""The words of networks: what somebody asks for, what there is, and a container's place on it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_containers.network.options import BridgeOptions, interface_prefix
from jupyter_containers.network.sublink_options import DRIVERS, SublinkOptions
from jupyter_containers.network.values import Pool, Segment

# The networks that are always there, and their drivers.
PREDEFINED: Mapping[str, str] = {"bridge": "bridge", "host": "host", "none": "null"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running container's place on a network; addresses are empty on `host` and `none`."""

    container_name: str
    endpoint_id: str
    mac_address: str
    ip_address: str
    prefix_length: int
    ipv6_address: str = ""
    ipv6_prefix_length: int = 0


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """One IPAM configuration, as asked for or as it is. `auxiliary` are addresses that others have, by name."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    auxiliary: Mapping[str, str] = field(default_factory=dict, hash=False)

    def pool(self) -> Pool:
        """Return the settled configuration in the network room's words."""
        return Pool(
            subnet=ipaddress.ip_network(self.subnet),
            gateway=ipaddress.ip_address(self.gateway),
            ip_range=ipaddress.ip_network(self.ip_range) if self.ip_range else None,
            reserved=tuple(ipaddress.ip_address(text) for text in self.auxiliary.values()),
        )


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """A network that somebody asks for."""

    name: str
    driver: str = "bridge"
    internal: bool = False
    attachable: bool = False
    ipv4: bool = True
    ipv6: bool = False
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    ipam_driver: str = "default"
    ipam_options: Mapping[str, str] | None = field(default=None, hash=False)
    pools: tuple[PoolSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """One network, as the database keeps it. `pools` is empty where there is none, and before the bridge's first use.

    Subnets of IPv6 are kept and shown also without `ipv6`, as dockerd does, and mean nothing then.

    Static addresses are only for networks that `has_own_subnets`: others may get another subnet when they are made
    again.
    """

    name: str
    id: str
    driver: str
    created_at: str
    internal: bool = False
    attachable: bool = False
    ipv6: bool = False
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    ipam_options: Mapping[str, str] | None = field(default=None, hash=False)
    pools: tuple[PoolSettings, ...] = ()
    has_own_subnets: bool = False
    bridge_name: str = ""
    mtu: str = ""

    @property
    def is_predefined(self) -> bool:
        return self.name in PREDEFINED

    @property
    def has_addresses(self) -> bool:
        """Whether containers get an interface with addresses on it."""
        return self.driver not in ("host", "null")

    @property
    def leads_outside(self) -> bool:
        """Whether a default route may lead over it: a network that hangs on no interface of the host is for itself."""
        has_way = self.driver == "bridge" or (self.driver in DRIVERS and bool(self.options.get("parent")))
        return has_way and not self.internal

    @property
    def has_gateway(self) -> bool:
        """Whether somebody answers at its gateway's address: the bridge itself, or a router on the parent's network."""
        return self.driver == "bridge" or self.leads_outside

    @property
    def segment_id(self) -> str:
        """How the network room calls it: the default bridge has no id there."""
        return "" if self.is_predefined else self.id

    @property
    def interface_prefix(self) -> str:
        """What the names of containers' interfaces on it begin with."""
        return interface_prefix(self.options)

    def keeps_unused(self, address: str) -> bool:
        """Tell whether an address is of a subnet that the network has and does not use: IPv6 is not switched on."""
        unused = [settings.subnet for settings in self.pools if ":" in settings.subnet and not self.ipv6]
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False) for subnet in unused)

    def segment(self) -> Segment:
        """Return a user-defined network in the network room's words."""
        used = [settings for settings in self.pools if self.ipv6 or ":" not in settings.subnet]
        pools = {pool.subnet.version: pool for pool in (settings.pool() for settings in used)}
        if self.driver in DRIVERS:
            hanging = SublinkOptions.parse(self.driver, self.options)
            return Segment(
                id=self.id,
                bridge="",
                pool=pools[4],
                pool6=pools.get(6),
                internal=not self.leads_outside,
                mtu=hanging.mtu,
                driver=self.driver,
                parent=hanging.parent,
                mode=hanging.mode,
            )
        options = BridgeOptions.parse(self.options)
        return Segment(
            id=self.id,
            bridge=self.bridge_name,
            pool=pools[4],
            pool6=pools.get(6),
            internal=self.internal,
            icc=options.icc,
            masquerade=options.masquerade,
            host_binding=options.host_binding,
            mtu=options.mtu,
        )
