"""The options of a bridge network, in Docker's names. Pure.

Docker keeps options that it does not know and does nothing with them. That is harmless for other people's notes; one in
Docker's own name space is a wish, and refused by name when we do not fulfil it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter, Unsupported

_PREFIX = "com.docker.network."
_BRIDGE = f"{_PREFIX}bridge."
NAME, ICC, MASQUERADE = f"{_BRIDGE}name", f"{_BRIDGE}enable_icc", f"{_BRIDGE}enable_ip_masquerade"
HOST_BINDING, MTU = f"{_BRIDGE}host_binding_ipv4", f"{_PREFIX}driver.mtu"
DEFAULT_BRIDGE = f"{_BRIDGE}default_bridge"
INTERFACE = f"{_PREFIX}endpoint.ifname"
PREFIX = f"{_PREFIX}container_iface_prefix"
# How packets find the way in and out; there is the usual way only.
MODES = (f"{_BRIDGE}gateway_mode_ipv4", f"{_BRIDGE}gateway_mode_ipv6")
_KNOWN = frozenset({NAME, ICC, MASQUERADE, HOST_BINDING, MTU, DEFAULT_BRIDGE, PREFIX, *MODES})

_TRUE, _FALSE = (
    frozenset({"1", "t", "T", "true", "TRUE", "True"}),
    frozenset({"0", "f", "F", "false", "FALSE", "False"}),
)
# Room for a number is left.
_INTERFACE_PREFIX = re.compile(r"[^\s/:%]{1,12}")
_INTERFACE_NAME = re.compile(r"[^\s/:%]{1,15}")
_SMALLEST_MTU, _LARGEST_MTU = 68, 65535  # RFC 791


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """See values.Segment; `name` is the bridge's, empty for one of our choice; interfaces begin with `prefix`."""

    name: str = ""
    icc: bool = True
    masquerade: bool = True
    host_binding: str = ""
    mtu: int = 0
    prefix: str = "eth"

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> BridgeOptions:
        """Read the options of a network. Raises InvalidParameter in Docker's words, Unsupported."""
        for name, value in options.items():
            if (name.startswith(_PREFIX) and name not in _KNOWN) or (name in MODES and value != "nat"):
                raise Unsupported(f"option {name}={value} of the bridge driver is not supported: leave it out")
        if _flag(options, DEFAULT_BRIDGE, default=False):
            raise InvalidParameter(f"option {DEFAULT_BRIDGE}=true is the default bridge's alone: leave it out")
        return cls(
            name=_name(options.get(NAME, "")),
            icc=_flag(options, ICC, default=True),
            masquerade=_flag(options, MASQUERADE, default=True),
            host_binding=_host_binding(options.get(HOST_BINDING, "")),
            mtu=parse_mtu(options.get(MTU, "")),
            prefix=interface_prefix(options),
        )


def interface_prefix(options: Mapping[str, str]) -> str:
    """Return what the names of containers' interfaces on a network begin with. Raises InvalidParameter."""
    prefix = options.get(PREFIX) or "eth"
    if not _INTERFACE_PREFIX.fullmatch(prefix) or prefix in (".", "..", "lo"):
        raise InvalidParameter(f"invalid beginning of an interface's name: {PREFIX}={prefix}")
    return prefix


def interface_option(options: Mapping[str, str]) -> str:
    """Return the interface's name that an endpoint's options ask for, or "". Raises InvalidParameter, Unsupported."""
    for name, value in options.items():
        if name.startswith(_PREFIX) and name != INTERFACE:
            raise Unsupported(f"option {name}={value} of an endpoint is not supported: leave it out")
    wanted = options.get(INTERFACE, "")
    if wanted and (not _INTERFACE_NAME.fullmatch(wanted) or wanted in (".", "..", "lo")):
        raise InvalidParameter(f"invalid name of an interface: {INTERFACE}={wanted}")
    return wanted


def _name(text: str) -> str:
    if text and (not _INTERFACE_NAME.fullmatch(text) or text in (".", "..")):
        raise InvalidParameter(
            f"invalid bridge name {text!r}: 1 to 15 characters without blanks and slashes are expected"
        )
    return text


def _flag(options: Mapping[str, str], name: str, *, default: bool) -> bool:
    if name not in options:
        return default
    text = options[name]
    if text not in _TRUE | _FALSE:
        raise InvalidParameter(
            f'failed to parse {name} value: {text} (strconv.ParseBool: parsing "{text}": invalid syntax)'
        )
    return text in _TRUE


def _host_binding(text: str) -> str:
    if not text:
        return ""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise InvalidParameter(f"failed to parse {HOST_BINDING} value: {text} (nil ip)") from None
    return str(address)


def parse_mtu(text: str) -> int:
    """Return the size of packets that an option asks for, 0 for none. Raises InvalidParameter in Docker's words."""
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise InvalidParameter(f'failed to parse {MTU} value: {text} (strconv.Atoi: parsing "{text}": invalid syntax)')
    if int(text) != 0 and not _SMALLEST_MTU <= int(text) <= _LARGEST_MTU:
        raise InvalidParameter(f"invalid MTU number: {text}")
    return int(text)
