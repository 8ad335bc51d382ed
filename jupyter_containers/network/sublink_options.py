"""The options of macvlan and ipvlan networks, in Docker's names and with Docker's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.network.options import MTU, parse_mtu
from jupyter_containers.network.values import Attachment, Place, Segment

DRIVERS = ("macvlan", "ipvlan")
MODES: Mapping[str, tuple[str, ...]] = {
    "macvlan": ("bridge", "private", "vepa", "passthru"),
    "ipvlan": ("l2", "l3", "l3s"),
}

_PREFIX = "com.docker.network."
_PARENT, _IPVLAN_FLAG = "parent", "ipvlan_flag"
_VLANS = range(1, 4095)


@dataclass(frozen=True, slots=True)
class SublinkOptions:
    """`parent` is an interface of the host, or `interface.number` for a VLAN on one; empty for none at all."""

    parent: str
    mode: str
    mtu: int = 0

    @classmethod
    def parse(cls, driver: str, options: Mapping[str, str]) -> SublinkOptions:
        """Read the options of a network. Raises InvalidParameter, Unsupported."""
        for name, value in options.items():
            if name.startswith(_PREFIX) and name != MTU:
                raise Unsupported(f"option {name}={value} of the {driver} driver is not supported: leave it out")
        if options.get(_IPVLAN_FLAG, "bridge") not in ("", "bridge"):
            raise Unsupported(
                f"option {_IPVLAN_FLAG}={options[_IPVLAN_FLAG]} of the {driver} driver is not supported: leave it out, "
                "containers on one parent see each other then"
            )
        modes = MODES[driver]
        mode = options.get(f"{driver}_mode", "") or modes[0]
        if mode not in modes:
            raise InvalidParameter(
                f"requested {driver} mode '{mode}' is not valid, '{modes[0]}' mode is the {driver} driver default"
            )
        parent = options.get(_PARENT, "")
        if parent == "lo":
            raise InvalidParameter(f"loopback interface is not a valid {driver} parent link")
        return cls(parent, mode, parse_mtu(options.get(MTU, "")))


def check_place(segment: Segment | None, place: Place) -> None:
    """Raises InvalidParameter in Docker's words for a link address of one's own where there is none."""
    if segment is not None and segment.driver == "ipvlan" and place.mac:
        raise InvalidParameter("ipvlan interfaces do not support custom mac address assignment")


def seen(segment: Segment | None, attachment: Attachment) -> Attachment:
    """Return an attachment as it is on a network: the host has no end of a link that hangs on a parent.

    What belongs to the parent is not the container's own. None is the default bridge.
    """
    if segment is None:
        return attachment
    if segment.driver in DRIVERS:
        attachment = replace(attachment, host_interface="")
    if segment.driver in DRIVERS and segment.internal:
        attachment = replace(attachment, gateway="", ipv6_gateway="")
    if segment.driver != "ipvlan":
        return attachment
    if has_no_router(segment):
        attachment = replace(attachment, gateway="", ipv6_gateway="")
    return replace(attachment, mac_address="")


def has_no_router(segment: Segment) -> bool:
    """Tell whether the host's own routing takes the packets: there is no gateway to name then."""
    return segment.driver == "ipvlan" and segment.mode != "l2"


def vlan_of(parent: str) -> tuple[str, int]:
    """Take the name of a VLAN's interface apart: `eth0.10`. Raises InvalidParameter in Docker's words."""
    interface, dot, number = parent.rpartition(".")
    if not dot or not interface or "." in interface:
        raise InvalidParameter(f"invalid subinterface vlan name {parent}, example formatting is eth0.10")
    if not re.fullmatch(r"\d{1,9}", number, re.ASCII):
        raise InvalidParameter(f"unable to parse a valid vlan id from: {number} (ex. eth0.10 for vlan 10)")
    if int(number) not in _VLANS:
        raise InvalidParameter(f"vlan id must be between 1-4094, received: {int(number)}")
    return interface, int(number)
