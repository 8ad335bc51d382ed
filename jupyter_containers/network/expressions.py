"""The words of nftables rules: what a rule loads, compares, looks up and does, as pyroute2 encodes them.

A rule is a list of these. Values travel in registers of four bytes: KEY and the following ones.
Source: linux/netfilter/nf_tables.h; nft(8), "Expressions" and "Statements".
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

Expression = Mapping[str, Any]

NF_DROP = 0
NF_ACCEPT = 1
NFT_JUMP = -3

KEY = 8  # NFT_REG32_00; its bytes are those of NFT_REG_1
_VERDICT = 0  # NFT_REG_VERDICT

_META_IIFNAME = 6
_META_OIFNAME = 7
_META_L4PROTO = 16
_NETWORK_HEADER = 1
_TRANSPORT_HEADER = 2
_CT_STATE = 0
_CT_STATUS = 2
_CMP_EQ = 0
_CMP_NEQ = 1
_RTN_LOCAL = 2
_NFPROTO_IPV4 = 2
_DNAT = 1
_INTERFACE_NAME_SIZE = 16

CT_ESTABLISHED_OR_RELATED = 0b110  # the bits of NF_CT_STATE_BIT(IP_CT_ESTABLISHED) and (IP_CT_RELATED)
CT_IS_DNAT = 1 << 5  # IPS_DST_NAT


def incoming(interface: str, *, equal: bool = True) -> list[Expression]:
    """Match packets that came in by an interface (or by any other)."""
    return [_meta(_META_IIFNAME, KEY), _compare_name(interface, equal)]


def outgoing(interface: str, *, equal: bool = True) -> list[Expression]:
    """Match packets that go out by an interface (or by any other)."""
    return [_meta(_META_OIFNAME, KEY), _compare_name(interface, equal)]


def source_in(network: IPv4Network | IPv6Network) -> list[Expression]:
    offset, size = (12, 4) if network.version == 4 else (8, 16)
    return [_payload(_NETWORK_HEADER, offset, size, KEY), *_in_network(network, equal=True)]


def destination_in(network: IPv4Network, *, equal: bool = True) -> list[Expression]:
    return [_payload(_NETWORK_HEADER, 16, 4, KEY), *_in_network(network, equal=equal)]


def destination_is_local() -> list[Expression]:
    """Match packets to an address of this host."""
    # pyroute2 has the types of these two attributes crossed: it reads the result as a set of bits, whose value 3 is
    # NFT_FIB_RESULT_ADDRTYPE, and the flags as a number, 2 being NFTA_FIB_F_DADDR.
    address_type = {"NFT_FIB_RESULT_UNSPEC", "NFT_FIB_RESULT_OIF"}
    look = _expression("fib", NFTA_FIB_DREG=KEY, NFTA_FIB_RESULT=address_type, NFTA_FIB_FLAGS=2)
    return [look, _compare(_RTN_LOCAL.to_bytes(4, sys.byteorder), _CMP_EQ)]


def connection_state(bits: int) -> list[Expression]:
    """Match packets whose connection is in one of the states."""
    return [_expression("ct", NFTA_CT_DREG=KEY, NFTA_CT_KEY=_CT_STATE), *_any_bit(bits)]


def connection_status(bits: int) -> list[Expression]:
    """Match packets whose connection has one of the status bits."""
    return [_expression("ct", NFTA_CT_DREG=KEY, NFTA_CT_KEY=_CT_STATUS), *_any_bit(bits)]


def redirect_by_port(map_name: str, *, with_address: bool) -> list[Expression]:
    """Look the packet's [address,] protocol and port up in a map, and send it to the address and port found there."""
    load, register = [], KEY
    if with_address:
        load.append(_payload(_NETWORK_HEADER, 16, 4, register))
        register += 1
    load.append(_meta(_META_L4PROTO, register))
    load.append(_payload(_TRANSPORT_HEADER, 2, 2, register + 1))
    return [
        *load,
        _expression("lookup", NFTA_LOOKUP_SET=map_name, NFTA_LOOKUP_SREG=KEY, NFTA_LOOKUP_DREG=KEY),
        _expression(
            "nat",
            NFTA_NAT_TYPE=_DNAT,
            NFTA_NAT_FAMILY=_NFPROTO_IPV4,
            NFTA_NAT_REG_ADDR_MIN=KEY,
            NFTA_NAT_REG_PROTO_MIN=KEY + 1,
        ),
    ]


def sent_to(address: IPv4Address, protocol: int, port: int) -> list[Expression]:
    """Match packets of a protocol (IPPROTO_UDP, IPPROTO_TCP) to one address and port."""
    return [
        _meta(_META_L4PROTO, KEY),
        _compare(bytes([protocol]), _CMP_EQ),
        _payload(_NETWORK_HEADER, 16, 4, KEY),
        _compare(address.packed, _CMP_EQ),
        _payload(_TRANSPORT_HEADER, 2, 2, KEY),
        _compare(port.to_bytes(2, "big"), _CMP_EQ),
    ]


def redirect_to(address: IPv4Address, port: int) -> list[Expression]:
    """Send the packet to another address and port."""
    return [
        _load(KEY, address.packed),
        _load(KEY + 1, port.to_bytes(2, "big")),
        _expression(
            "nat",
            NFTA_NAT_TYPE=_DNAT,
            NFTA_NAT_FAMILY=_NFPROTO_IPV4,
            NFTA_NAT_REG_ADDR_MIN=KEY,
            NFTA_NAT_REG_PROTO_MIN=KEY + 1,
        ),
    ]


def masquerade() -> list[Expression]:
    """Give the packet the address of the interface it leaves by."""
    return [_expression("masq")]


def verdict(code: int, chain: str = "") -> list[Expression]:
    """End with NF_ACCEPT or NF_DROP, or NFT_JUMP to a chain."""
    attributes = [("NFTA_VERDICT_CODE", code)] + ([("NFTA_VERDICT_CHAIN", chain)] if chain else [])
    decision = {"attrs": [("NFTA_DATA_VERDICT", {"attrs": attributes})]}
    return [_expression("immediate", NFTA_IMMEDIATE_DREG=_VERDICT, NFTA_IMMEDIATE_DATA=decision)]


def _expression(name: str, **attributes: Any) -> Expression:
    # The order of the keywords is the order on the wire; keyword arguments keep it.
    content = {"attrs": list(attributes.items())}
    return {"attrs": [("NFTA_EXPR_NAME", name), ("NFTA_EXPR_DATA", content)]}


def _meta(key: int, register: int) -> Expression:
    return _expression("meta", NFTA_META_DREG=register, NFTA_META_KEY=key)


def _payload(base: int, offset: int, length: int, register: int) -> Expression:
    return _expression(
        "payload",
        NFTA_PAYLOAD_DREG=register,
        NFTA_PAYLOAD_BASE=base,
        NFTA_PAYLOAD_OFFSET=offset,
        NFTA_PAYLOAD_LEN=length,
    )


def _compare(value: bytes, operation: int) -> Expression:
    return _expression("cmp", NFTA_CMP_SREG=KEY, NFTA_CMP_OP=operation, NFTA_CMP_DATA=_value(value))


def _load(register: int, value: bytes) -> Expression:
    return _expression("immediate", NFTA_IMMEDIATE_DREG=register, NFTA_IMMEDIATE_DATA=_value(value))


def _compare_name(interface: str, equal: bool) -> Expression:
    return _compare(interface.encode().ljust(_INTERFACE_NAME_SIZE, b"\0"), _CMP_EQ if equal else _CMP_NEQ)


def _in_network(network: IPv4Network | IPv6Network, *, equal: bool) -> list[Expression]:
    operation = _CMP_EQ if equal else _CMP_NEQ
    return [_mask(network.netmask.packed), _compare(network.network_address.packed, operation)]


def _any_bit(bits: int) -> list[Expression]:
    # Connection bits are numbers in the host's byte order.
    return [_mask(bits.to_bytes(4, sys.byteorder)), _compare(bytes(4), _CMP_NEQ)]


def _mask(mask: bytes) -> Expression:
    return _expression(
        "bitwise",
        NFTA_BITWISE_SREG=KEY,
        NFTA_BITWISE_DREG=KEY,
        NFTA_BITWISE_LEN=len(mask),
        NFTA_BITWISE_MASK=_value(mask),
        NFTA_BITWISE_XOR=_value(bytes(len(mask))),
    )


def _value(content: bytes) -> Expression:
    return {"attrs": [("NFTA_DATA_VALUE", content)]}
