"""What other programs' packet filters do to the bridge: look, never touch.

Every base chain of a hook sees a packet, and the first drop ends it; an accept ends only its own table. So when another
table's forward chain drops what it does not know (dockerd sets that policy), no rule of ours can let a packet through.
Opening that table is the decision of the host's owner; we say what to type.
Source: nft(8), "Chains" and "Verdict statement".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.network.kernel_messages import (
    NFNL_SUBSYS_NFTABLES,
    NFT_MSG_GETCHAIN,
    NFT_MSG_GETGEN,
    NFT_MSG_GETRULE,
    nft_chain_msg,
    nft_gen_msg,
    nft_rule_msg,
)
from jupyter_containers.network.netlink import Netlink

_FAMILIES = {1: "inet", 2: "ip"}
_HOOK_FORWARD = 2
_NF_DROP = 0
_BRIDGED_PACKETS_ARE_FILTERED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in the way. `tables` drop what is forwarded; `bridged` when even packets between containers are.

    `bridges` are those for which no rule opens the tables. `own_table` tells whether ours is there: `nft flush ruleset`
    takes it away together with all others.
    """

    tables: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    bridged: bool = False
    has_docker_user: bool = False
    own_table: bool = True

    def __bool__(self) -> bool:
        return bool(self.tables)

    def sentence(self) -> str:
        """Return what is lost and what to type, or "" when nothing is in the way."""
        if not self.tables:
            return ""
        lost = "the outside or each other" if self.bridged else "the outside"
        chain = "DOCKER-USER" if self.has_docker_user else "FORWARD"
        remedies = [f"iptables -I {chain} {way} {name} -j ACCEPT" for name in self.bridges for way in ("-i", "-o")]
        return (
            f"another program's firewall ({', '.join(self.tables)}) drops all forwarded packets that it does not know: "
            f"containers on {', '.join(self.bridges)} cannot reach {lost}; this host, its services and published ports "
            f"work. To allow it: {' && '.join(remedies)}"
        )


def generation(netfilter: Netlink) -> int:
    """Return a number that changes with every change of any table of this host, by anyone. Raises OSError."""
    message = netfilter.get("generation", nft_gen_msg(), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN)
    return int(message.get_attr("NFTA_GEN_ID"))


def inspect(
    netfilter: Netlink, *, own_table: str, bridges: Sequence[str], bridged: Path = _BRIDGED_PACKETS_ARE_FILTERED
) -> Verdict:
    """Look for forward chains of other tables whose policy is drop, and that no rule opens for one of the bridges.

    A rule that names a bridge is taken for one that opens it. Rules of the old iptables (not nftables) are not seen.
    Raises OSError.
    """
    chains = netfilter.dump("chains", nft_chain_msg(), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN)
    closed = [chain for chain in chains if _drops_forwarded(chain) and chain.get_attr("NFTA_CHAIN_TABLE") != own_table]
    unnamed = {id(chain): _unnamed(netfilter, chain, bridges) for chain in closed}
    closed = [chain for chain in closed if unnamed[id(chain)]]
    own = any(chain.get_attr("NFTA_CHAIN_TABLE") == own_table for chain in chains)
    if not closed:
        return Verdict(own_table=own)
    tables = {f"table {_FAMILIES[chain['nfgen_family']]} {chain.get_attr('NFTA_CHAIN_TABLE')}" for chain in closed}
    shut = tuple(name for name in bridges if any(name in unnamed[id(chain)] for chain in closed))
    docker_user = any(chain.get_attr("NFTA_CHAIN_NAME") == "DOCKER-USER" for chain in chains)
    return Verdict(tuple(sorted(tables)), shut, _is_on(bridged), docker_user, own)


def _drops_forwarded(chain: Any) -> bool:
    return (
        chain["nfgen_family"] in _FAMILIES
        and chain.get_attr("NFTA_CHAIN_POLICY") == _NF_DROP
        and chain.get_nested("NFTA_CHAIN_HOOK", "NFTA_HOOK_HOOKNUM") == _HOOK_FORWARD
    )


def _unnamed(netfilter: Netlink, chain: Any, bridges: Sequence[str]) -> list[str]:
    """Return the bridges that no rule of the chain's table names."""
    wanted = nft_rule_msg()
    wanted["nfgen_family"] = chain["nfgen_family"]
    wanted["attrs"] = [("NFTA_RULE_TABLE", chain.get_attr("NFTA_CHAIN_TABLE"))]
    # Not decoded: Docker hosts have hundreds of rules, and the interface's name stands in a rule as it is.
    rules = netfilter.dump_bytes("rules", wanted, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE)
    return [name for name in bridges if not any(name.encode() + b"\0" in rule for rule in rules)]


def _is_on(switch: Path) -> bool:
    return switch.exists() and switch.read_text().strip() != "0"
