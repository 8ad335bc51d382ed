from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from pyroute2.netlink.nfnetlink.nftsocket import nft_rule_msg

from jupyter_containers.network import expressions as nft


def on_the_wire(rule: list[nft.Expression]) -> bytes:
    message: Any = nft_rule_msg()
    message["attrs"] = [("NFTA_RULE_EXPRESSIONS", rule)]
    message.encode()
    return bytes(message.data)


def test_an_interface_is_compared_by_its_whole_name() -> None:
    assert b"jc0".ljust(16, b"\0") in on_the_wire(nft.incoming("jc0"))
    assert on_the_wire(nft.incoming("jc0")) != on_the_wire(nft.outgoing("jc0"))
    assert on_the_wire(nft.incoming("jc0")) != on_the_wire(nft.incoming("jc0", equal=False))


def test_a_network_is_masked_and_compared() -> None:
    wire = on_the_wire(nft.source_in(IPv4Network("10.1.0.0/16")))
    assert b"\xff\xff\x00\x00" in wire
    assert b"\x0a\x01\x00\x00" in wire
    assert wire != on_the_wire(nft.destination_in(IPv4Network("10.1.0.0/16")))


def test_the_address_type_is_asked_of_the_destination() -> None:
    # NFTA_FIB_RESULT (2) is 3, the address type; NFTA_FIB_FLAGS (3) is 2, the destination; each big-endian.
    wire = on_the_wire(nft.destination_is_local())
    assert b"\x08\x00\x02\x00\x00\x00\x00\x03" in wire
    assert b"\x08\x00\x03\x00\x00\x00\x00\x02" in wire


def test_a_verdict_can_name_a_chain() -> None:
    assert b"elsewhere\0" in on_the_wire(nft.verdict(nft.NFT_JUMP, "elsewhere"))
    assert on_the_wire(nft.verdict(nft.NF_ACCEPT)) != on_the_wire(nft.verdict(nft.NF_DROP))
