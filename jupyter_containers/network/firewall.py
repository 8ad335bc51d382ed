"""The nftables table that is all ours: address translation, published ports, and what may reach a container.

    guard        prerouting, raw       what only 127.0.0.1 itself may do, containers may not
    prerouting   nat                   from outside and from containers: published port → container
    output       nat                   from this host: published port → container, 127.0.0.1 included
    postrouting  nat                   container → outside, and back to the bridge, under the host's address
    forward      filter                into a bridge only answers, published ports and its own containers

An internal network's bridge forwards nothing, in or out. Networks with IPv6 have a table of the same name in that
family, with the last two chains: published ports reach their containers through a relay.

Published ports are elements of two maps, so that publishing is one message and never a new rule. Every change is one
transaction. `build` replaces the whole table, whatever was there; `rewrite` only its rules. An accept here does not
overrule a drop in another program's chain of the same hook: the kernel asks them all, and the first drop ends it (see
foreign.py).
Source: nft(8); linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

from jupyter_containers.network import expressions as nft
from jupyter_containers.network.kernel_messages import (
    NFNL_SUBSYS_NFTABLES,
    NFT_MSG_DELRULE,
    NFT_MSG_DELSETELEM,
    NFT_MSG_DELTABLE,
    NFT_MSG_GETTABLE,
    NFT_MSG_NEWCHAIN,
    NFT_MSG_NEWRULE,
    NFT_MSG_NEWSET,
    NFT_MSG_NEWSETELEM,
    NFT_MSG_NEWTABLE,
    nfgen_msg,
    nft_chain_msg,
    nft_rule_msg,
    nft_set_elem_list_msg,
    nft_set_msg,
    nft_table_msg,
)
from jupyter_containers.network.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, Netlink, body
from jupyter_containers.network.values import Published

_NFPROTO_IPV4 = 2
_NFPROTO_IPV6 = 10
_NFNL_MSG_BATCH_BEGIN = 0x10
_LOOPBACK = IPv4Network("127.0.0.0/8")

_HOOKS = {"prerouting": 0, "forward": 2, "output": 3, "postrouting": 4}
_PRIORITY_RAW = -300
_PRIORITY_DSTNAT = -100
_PRIORITY_FILTER = 0
_PRIORITY_SRCNAT = 100

# Type numbers are only for those who print the table; concatenations carry six bits for each part.
_TYPE_ADDRESS, _TYPE_PROTOCOL, _TYPE_PORT = 7, 12, 13
_PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
_ANY_ADDRESS = "0.0.0.0"

_PORTS = "ports"
_PORTS_OF_ADDRESS = "ports-of-address"

_KEPT_BODIES = 8192
_KEPT_ZONES = 1024
_ELEMENTS_AT_ONCE = 500
_CHAINS = ("guard", "prerouting", "output", "postrouting", "forward")
_CHAINS_OF_IPV6 = ("postrouting", "forward")

Message = tuple[Any, int, int]
Rule = tuple[str, list[nft.Expression]]


@dataclass(frozen=True, slots=True)
class Redirection:
    """A published port and the container's address behind it."""

    published: Published
    address: IPv4Address

    def __str__(self) -> str:
        port = self.published
        return f"{port.protocol} {port.host_ip}:{port.host_port} -> {self.address}:{port.container_port}"


@dataclass(frozen=True, slots=True)
class Zone:
    """One bridge and its subnets. See values.Segment for the words."""

    bridge: str
    subnet: IPv4Network
    subnet6: IPv6Network | None = None
    internal: bool = False
    icc: bool = True
    masquerade: bool = True


class Firewall:
    """The table of all bridges. Every method raises OSError when the kernel refuses, and then nothing has changed."""

    def __init__(self, netfilter: Netlink, table: str) -> None:
        self._netfilter = netfilter
        self._table = table
        self._has_ipv6_table: bool | None = None
        self._bodies: dict[tuple[int, int], tuple[Rule, bytes]] = {}

    def build(self, zones: Sequence[Zone], redirections: Iterable[Redirection], *, from_outside: bool = True) -> None:
        """Replace the table by the one for this state. Without `from_outside` only this host itself is redirected."""
        messages = [*self._removal(), (self._message(nft_table_msg, NAME=self._table), NFT_MSG_NEWTABLE, NLM_F_CREATE)]
        messages += [self._map(_PORTS_OF_ADDRESS, with_address=True), self._map(_PORTS, with_address=False)]
        messages += self._chains()
        messages += self._rules(_rules(zones, from_outside), _NFPROTO_IPV4)
        messages += self._elements(redirections, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL)
        zones6 = [zone for zone in zones if zone.subnet6 is not None]
        if zones6 or self._find_ipv6_table():
            messages += self._removal(_NFPROTO_IPV6)
        if zones6:
            messages += self._table_of_ipv6(zones6)
        self._commit("build", messages)
        self._has_ipv6_table = bool(zones6)

    def rewrite(self, zones: Sequence[Zone], *, from_outside: bool = True) -> None:
        """Replace the rules of a table that is there, and keep its published ports; ENOENT when it is not.

        It is a fraction of the work: pyroute2 takes half a millisecond for each message that it has to put together.
        """
        messages = [self._flush(chain) for chain in _CHAINS]
        messages += self._rules(_rules(zones, from_outside), _NFPROTO_IPV4)
        zones6 = [zone for zone in zones if zone.subnet6 is not None]
        if zones6 and self._find_ipv6_table():
            messages += [self._flush(chain, _NFPROTO_IPV6) for chain in _CHAINS_OF_IPV6]
            messages += self._rules(_rules_of_ipv6(zones6), _NFPROTO_IPV6)
        elif zones6:
            messages += self._table_of_ipv6(zones6)
        elif self._find_ipv6_table():
            messages += self._removal(_NFPROTO_IPV6)
        self._commit("rewrite", messages)
        self._has_ipv6_table = bool(zones6)

    def _flush(self, chain: str, family: int = _NFPROTO_IPV4) -> Message:
        return self._message(nft_rule_msg, family, TABLE=self._table, CHAIN=chain), NFT_MSG_DELRULE, 0

    def _find_ipv6_table(self) -> bool:
        """Tell whether there is one, which an earlier daemon may have left. A kernel without IPv6 has none."""
        if self._has_ipv6_table is None:
            wanted = self._message(nft_table_msg, _NFPROTO_IPV6, NAME=self._table)
            try:
                self._netfilter.get("table", wanted, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE)
            except OSError:
                self._has_ipv6_table = False
            else:
                self._has_ipv6_table = True
        return self._has_ipv6_table

    def _table_of_ipv6(self, zones: Sequence[Zone]) -> list[Message]:
        table = self._message(nft_table_msg, _NFPROTO_IPV6, NAME=self._table)
        return [
            (table, NFT_MSG_NEWTABLE, NLM_F_CREATE),
            self._chain("postrouting", "nat", "postrouting", _PRIORITY_SRCNAT, family=_NFPROTO_IPV6),
            self._chain("forward", "filter", "forward", _PRIORITY_FILTER, family=_NFPROTO_IPV6),
            *self._rules(_rules_of_ipv6(zones), _NFPROTO_IPV6),
        ]

    def _rules(self, rules: Iterable[Rule], family: int) -> list[Message]:
        flags = NLM_F_CREATE | NLM_F_APPEND
        return [(self._rule(rule, family), NFT_MSG_NEWRULE, flags) for rule in rules]

    def _rule(self, rule: Rule, family: int) -> bytes:
        """Put a rule together, once: they are sent again with every network that comes or goes."""
        # By identity: a zone has the same rules each time, and one that is kept here gives its id to no other.
        kept = self._bodies.get((family, id(rule)))
        if kept is None:
            if len(self._bodies) >= _KEPT_BODIES:
                self._bodies.clear()
            chain, expressions = rule
            message = self._message(nft_rule_msg, family, TABLE=self._table, CHAIN=chain, EXPRESSIONS=expressions)
            kept = self._bodies[family, id(rule)] = (rule, body(message))
        return kept[1]

    def publish(self, redirections: Iterable[Redirection]) -> None:
        """Add redirections to a table that is there."""
        self._commit("publish", self._elements(redirections, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL))

    def withdraw(self, redirections: Iterable[Redirection]) -> None:
        """Take redirections out again; harmless when they or the table are gone."""
        # One by one: a transaction would keep all of them when somebody else has removed one.
        for redirection in redirections:
            try:
                self._commit("withdraw", self._elements([redirection], NFT_MSG_DELSETELEM, 0))
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise

    def remove(self) -> None:
        """Remove the table; harmless when it is not there."""
        of_ipv6 = self._removal(_NFPROTO_IPV6) if self._find_ipv6_table() else []
        self._commit("remove", [*self._removal(), *of_ipv6])
        self._has_ipv6_table = False

    def _removal(self, family: int = _NFPROTO_IPV4) -> list[Message]:
        # Deleting a missing table fails, and a failure ends the transaction: make sure that it is there first.
        return [
            (self._message(nft_table_msg, family, NAME=self._table), NFT_MSG_NEWTABLE, NLM_F_CREATE),
            (self._message(nft_table_msg, family, NAME=self._table), NFT_MSG_DELTABLE, 0),
        ]

    def _chains(self) -> list[Message]:
        return [
            self._chain("guard", "filter", "prerouting", _PRIORITY_RAW),
            self._chain("prerouting", "nat", "prerouting", _PRIORITY_DSTNAT),
            self._chain("output", "nat", "output", _PRIORITY_DSTNAT),
            self._chain("postrouting", "nat", "postrouting", _PRIORITY_SRCNAT),
            self._chain("forward", "filter", "forward", _PRIORITY_FILTER),
        ]

    def _chain(self, name: str, kind: str, hook: str, priority: int, *, family: int = _NFPROTO_IPV4) -> Message:
        place = {"attrs": [("NFTA_HOOK_HOOKNUM", _HOOKS[hook]), ("NFTA_HOOK_PRIORITY", priority)]}
        attributes = {"TABLE": self._table, "NAME": name, "HOOK": place, "POLICY": nft.NF_ACCEPT, "TYPE": kind}
        return self._message(nft_chain_msg, family, **attributes), NFT_MSG_NEWCHAIN, NLM_F_CREATE

    def _map(self, name: str, *, with_address: bool) -> Message:
        key_type, key_length = _TYPE_PROTOCOL << 6 | _TYPE_PORT, 8
        if with_address:
            key_type, key_length = _TYPE_ADDRESS << 12 | key_type, 12
        message = self._message(
            nft_set_msg,
            TABLE=self._table,
            NAME=name,
            FLAGS={"NFT_SET_MAP"},
            KEY_TYPE=key_type,
            KEY_LEN=key_length,
            DATA_TYPE=_TYPE_ADDRESS << 6 | _TYPE_PORT,
            DATA_LEN=8,
            ID=int(with_address) + 1,
        )
        return message, NFT_MSG_NEWSET, NLM_F_CREATE

    def _elements(self, redirections: Iterable[Redirection], kind: int, flags: int) -> list[Message]:
        elements: dict[str, list[Mapping[str, Any]]] = {}
        for redirection in redirections:
            name = _PORTS if redirection.published.host_ip == _ANY_ADDRESS else _PORTS_OF_ADDRESS
            elements.setdefault(name, []).append(_element(redirection))
        return [
            (self._message(nft_set_elem_list_msg, TABLE=self._table, SET=name, ELEMENTS=found), kind, flags)
            for name, every in elements.items()
            for found in _in_pieces(every)
        ]

    @staticmethod
    def _message(message_class: Any, family: int = _NFPROTO_IPV4, **attributes: Any) -> Any:
        message = message_class()
        message["nfgen_family"] = family
        message["attrs"] = [(message_class.prefix + name, value) for name, value in attributes.items()]
        return message

    def _commit(self, what: str, messages: list[Message]) -> None:
        if not messages:
            return
        begin, end = nfgen_msg(), nfgen_msg()
        begin["res_id"] = end["res_id"] = NFNL_SUBSYS_NFTABLES
        typed = [(message, NFNL_SUBSYS_NFTABLES << 8 | kind, flags) for message, kind, flags in messages]
        self._netfilter.batch(f"{what} nftables table {self._table}", (begin, _NFNL_MSG_BATCH_BEGIN), typed, end)


def _rules(zones: Sequence[Zone], from_outside: bool) -> list[Rule]:
    rules = list(_redirections(from_outside, tuple(zone.bridge for zone in zones if not zone.icc)))
    for zone in zones:
        rules += _translation(zone)
    # First what no accept may overrule.
    for zone in zones:
        rules += _closed(zone)
    for zone in zones:
        rules += _entrance(zone, redirected=True)
    return rules


@lru_cache(_KEPT_ZONES)
def _redirections(from_outside: bool, apart: tuple[str, ...]) -> list[Rule]:
    """Return what sends packets to published ports; `apart` are the bridges whose neighbours are kept apart."""
    local = nft.destination_is_local()
    rules = [
        ("output", local + nft.redirect_by_port(_PORTS_OF_ADDRESS, with_address=True)),
        ("output", local + nft.redirect_by_port(_PORTS, with_address=False)),
    ]
    if from_outside:
        # Never for 127.0.0.0/8: only this host may use such addresses, and its packets do not pass here.
        outside = local + nft.destination_in(_LOOPBACK, equal=False)
        # Where neighbours are kept apart, the bridge would keep them from each other's published ports, too, when
        # br_netfilter redirects within it: those calls are left to the ports' own sockets.
        rules += [("prerouting", nft.incoming(bridge) + nft.verdict(nft.NF_ACCEPT)) for bridge in apart]
        rules += [
            ("prerouting", outside + nft.redirect_by_port(_PORTS_OF_ADDRESS, with_address=True)),
            ("prerouting", outside + nft.redirect_by_port(_PORTS, with_address=False)),
        ]
    return rules


def _rules_of_ipv6(zones: Sequence[Zone]) -> list[Rule]:
    rules: list[Rule] = []
    for zone in zones:
        rules += _translation_of_ipv6(zone)
        rules += _closed(zone)
    for zone in zones:
        rules += _entrance(zone, redirected=False)
    return rules


@lru_cache(_KEPT_ZONES)
def _translation_of_ipv6(zone: Zone) -> list[Rule]:
    if zone.internal or not zone.masquerade or zone.subnet6 is None:
        return []
    leaving = nft.source_in(zone.subnet6) + nft.outgoing(zone.bridge, equal=False)
    return [("postrouting", leaving + nft.masquerade())]


@lru_cache(_KEPT_ZONES)
def _translation(zone: Zone) -> list[Rule]:
    drop, into_bridge = nft.verdict(nft.NF_DROP), nft.outgoing(zone.bridge)
    from_subnet = nft.source_in(zone.subnet)
    rules = [
        # route_localnet on the bridge would let containers talk to what listens on the host's loopback only.
        ("guard", nft.incoming(zone.bridge) + nft.destination_in(_LOOPBACK) + drop),
        ("guard", nft.incoming(zone.bridge) + nft.source_in(_LOOPBACK) + drop),
        # A container that calls a published port of its neighbour must get the answer back through this host, which
        # alone knows that it was redirected; and 127.0.0.1 is nobody's address on the bridge.
        ("postrouting", into_bridge + from_subnet + nft.connection_status(nft.CT_IS_DNAT) + nft.masquerade()),
        ("postrouting", into_bridge + nft.source_in(_LOOPBACK) + nft.masquerade()),
    ]
    if zone.masquerade and not zone.internal:
        rules.append(("postrouting", from_subnet + nft.outgoing(zone.bridge, equal=False) + nft.masquerade()))
    return rules


@lru_cache(_KEPT_ZONES)
def _closed(zone: Zone) -> list[Rule]:
    """Return what an internal network forbids: to forward anything in or out."""
    if not zone.internal:
        return []
    drop = nft.verdict(nft.NF_DROP)
    inside, outside = nft.incoming(zone.bridge), nft.outgoing(zone.bridge, equal=False)
    return [
        ("forward", inside + outside + drop),
        ("forward", nft.outgoing(zone.bridge) + nft.incoming(zone.bridge, equal=False) + drop),
    ]


@lru_cache(_KEPT_ZONES)
def _entrance(zone: Zone, *, redirected: bool) -> list[Rule]:
    accept, drop, into_bridge = nft.verdict(nft.NF_ACCEPT), nft.verdict(nft.NF_DROP), nft.outgoing(zone.bridge)
    rules = [("forward", into_bridge + nft.connection_state(nft.CT_ESTABLISHED_OR_RELATED) + accept)]
    if redirected:
        rules.append(("forward", into_bridge + nft.connection_status(nft.CT_IS_DNAT) + accept))
    if zone.icc:
        rules.append(("forward", into_bridge + nft.incoming(zone.bridge) + accept))
    # A neighbour of this host could set a route to the subnet and reach ports that were never published; and other
    # networks are other networks.
    return [*rules, ("forward", into_bridge + drop)]


def _in_pieces(elements: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """All elements of a message are one attribute, whose length has 16 bits."""
    for start in range(0, len(elements), _ELEMENTS_AT_ONCE):
        yield elements[start : start + _ELEMENTS_AT_ONCE]


def _element(redirection: Redirection) -> Mapping[str, Any]:
    published = redirection.published
    protocol = bytes([_PROTOCOLS[published.protocol]]).ljust(4, b"\0")
    key = protocol + published.host_port.to_bytes(2, "big").ljust(4, b"\0")
    if published.host_ip != _ANY_ADDRESS:
        key = IPv4Address(published.host_ip).packed + key
    target = redirection.address.packed + published.container_port.to_bytes(2, "big").ljust(4, b"\0")
    return {
        "attrs": [
            ("NFTA_SET_ELEM_KEY", {"attrs": [("NFTA_DATA_VALUE", key)]}),
            ("NFTA_SET_ELEM_DATA", {"attrs": [("NFTA_DATA_VALUE", target)]}),
        ]
    }
