"""Lead 127.0.0.11 port 53 of a container to the ports where the name server really listens.

A server on port 53 itself would keep the container's own processes from using that port: bind(2) refuses 0.0.0.0:53
while 127.0.0.11:53 is taken. So the sockets have ports that the kernel chose, and a table of ours in the container's
own network namespace changes the destination; answers are changed back by connection tracking. As dockerd does.
"""

from __future__ import annotations

import socket
import struct
from functools import cache
from ipaddress import IPv4Address
from typing import Any

from jupyter_containers.network import expressions as nft
from jupyter_containers.network.kernel_messages import (
    NFNL_SUBSYS_NFTABLES,
    NFT_MSG_NEWCHAIN,
    NFT_MSG_NEWRULE,
    NFT_MSG_NEWTABLE,
    nfgen_msg,
    nft_chain_msg,
    nft_rule_msg,
    nft_table_msg,
)
from jupyter_containers.network.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, Netlink

TABLE = "jupyter-containers-dns"
ADDRESS = IPv4Address("127.0.0.11")
PORT = 53

_NFPROTO_IPV4 = 2
_GET_TABLE = NFNL_SUBSYS_NFTABLES << 8 | 1  # NFT_MSG_GETTABLE
_NFTA_TABLE_NAME = 1
_NFNL_MSG_BATCH_BEGIN = 0x10
_HOOK_OUTPUT = 3
_PRIORITY_DSTNAT = -100
_PROTOCOLS = (socket.IPPROTO_UDP, socket.IPPROTO_TCP)
_SAMPLES = (0xD5A1, 0xD5A2)


def redirect(netfilter: socket.socket, *, udp_port: int, tcp_port: int) -> None:
    """Make the table, unless it is there: an earlier daemon has led to the same sockets then.

    It is neither made anew nor tried to: for both the kernel waits 10 ms until nobody reads what it throws away.
    `netfilter` is a NETLINK_NETFILTER socket of the container's namespace, and stays open. Raises OSError; then
    nothing has changed.
    """
    netlink = Netlink(netfilter)
    if _is_there(netlink):
        return
    content, numbers = _template()
    for sample, port in zip(_SAMPLES, (udp_port, tcp_port), strict=True):
        content = content.replace(sample.to_bytes(2, "big"), port.to_bytes(2, "big"))
    netlink.transact(f"lead {ADDRESS} to its server", content, numbers)


def _is_there(netlink: Netlink) -> bool:
    name = TABLE.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(name), _NFTA_TABLE_NAME) + name + bytes(-len(name) % 4)
    try:
        # struct nfgenmsg: family, version, resource
        netlink.ask(f"table {TABLE}", struct.pack("=BBH", _NFPROTO_IPV4, 0, 0) + attribute, _GET_TABLE)
    except FileNotFoundError:
        return False
    return True


@cache
def _template() -> tuple[bytes, range]:
    """Return the transaction with sample ports: to write it takes 2 ms, and a container waits."""
    begin, end = nfgen_msg(), nfgen_msg()
    begin["res_id"] = end["res_id"] = NFNL_SUBSYS_NFTABLES
    messages = [_typed(_message(nft_table_msg, NAME=TABLE), NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL), _chain()]
    messages += [_rule(number, port) for number, port in zip(_PROTOCOLS, _SAMPLES, strict=True)]
    with Netlink.netfilter() as netlink:
        content, numbers = netlink.encoded((begin, _NFNL_MSG_BATCH_BEGIN), messages, end)
    assert [content.count(sample.to_bytes(2, "big")) for sample in _SAMPLES] == [1, 1]
    return content, numbers


def _chain() -> tuple[Any, int, int]:
    place = {"attrs": [("NFTA_HOOK_HOOKNUM", _HOOK_OUTPUT), ("NFTA_HOOK_PRIORITY", _PRIORITY_DSTNAT)]}
    message = _message(nft_chain_msg, TABLE=TABLE, NAME="output", HOOK=place, POLICY=nft.NF_ACCEPT, TYPE="nat")
    return _typed(message, NFT_MSG_NEWCHAIN, NLM_F_CREATE)


def _rule(protocol: int, port: int) -> tuple[Any, int, int]:
    rule = nft.sent_to(ADDRESS, protocol, PORT) + nft.redirect_to(ADDRESS, port)
    message = _message(nft_rule_msg, TABLE=TABLE, CHAIN="output", EXPRESSIONS=rule)
    return _typed(message, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)


def _typed(message: Any, kind: int, flags: int) -> tuple[Any, int, int]:
    return message, NFNL_SUBSYS_NFTABLES << 8 | kind, flags


def _message(message_class: Any, **attributes: Any) -> Any:
    message = message_class()
    message["nfgen_family"] = _NFPROTO_IPV4
    message["attrs"] = [(message_class.prefix + name, value) for name, value in attributes.items()]
    return message
