"""pyroute2's message classes, without the rest of it.

Whoever imports a part of pyroute2 gets all that the package offers, its database and its file server too: 130 modules,
9 MB and most of the time. So its name stands for an empty package while the parts are imported that are wanted here,
and its sockets' name for nothing; afterwards these names are free again, for anybody who wants the whole.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

_PACKAGE = "pyroute2"
# Our own netlink.py talks; these classes derive from pyroute2's sockets, which bring ten modules and 0.7 MB.
_SOCKETS = "pyroute2.netlink.nlsocket"
_DERIVED = "pyroute2.netlink.nfnetlink.nftsocket"


@contextmanager
def _alone() -> Iterator[None]:
    found = importlib.util.find_spec(_PACKAGE) if _PACKAGE not in sys.modules else None
    if found is None or found.submodule_search_locations is None:
        yield  # it is there already; or it is not installed, and the import says so
        return
    package = types.ModuleType(_PACKAGE)
    package.__path__ = list(found.submodule_search_locations)
    sockets = types.ModuleType(_SOCKETS)
    vars(sockets).update(NetlinkSocket=object, AsyncNetlinkSocket=object)
    sys.modules |= {_PACKAGE: package, _SOCKETS: sockets}
    try:
        yield
    finally:
        for name in (_PACKAGE, _SOCKETS, _DERIVED):
            sys.modules.pop(name, None)


with _alone():
    from pyroute2.netlink.nfnetlink import NFNL_SUBSYS_NFTABLES, nfgen_msg
    from pyroute2.netlink.nfnetlink.nftsocket import (
        NFT_MSG_DELRULE,
        NFT_MSG_DELSETELEM,
        NFT_MSG_DELTABLE,
        NFT_MSG_GETCHAIN,
        NFT_MSG_GETGEN,
        NFT_MSG_GETRULE,
        NFT_MSG_GETTABLE,
        NFT_MSG_NEWCHAIN,
        NFT_MSG_NEWRULE,
        NFT_MSG_NEWSET,
        NFT_MSG_NEWSETELEM,
        NFT_MSG_NEWTABLE,
        nft_chain_msg,
        nft_gen_msg,
        nft_rule_msg,
        nft_set_elem_list_msg,
        nft_set_msg,
        nft_table_msg,
    )
    from pyroute2.netlink.rtnl import (
        RTM_DELLINK,
        RTM_GETADDR,
        RTM_GETLINK,
        RTM_GETROUTE,
        RTM_NEWADDR,
        RTM_NEWLINK,
    )
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

__all__ = [
    "NFNL_SUBSYS_NFTABLES", "NFT_MSG_DELRULE", "NFT_MSG_DELSETELEM", "NFT_MSG_DELTABLE", "NFT_MSG_GETCHAIN",
    "NFT_MSG_GETGEN", "NFT_MSG_GETRULE", "NFT_MSG_GETTABLE", "NFT_MSG_NEWCHAIN", "NFT_MSG_NEWRULE", "NFT_MSG_NEWSET",
    "NFT_MSG_NEWSETELEM", "NFT_MSG_NEWTABLE", "RTM_DELLINK", "RTM_GETADDR", "RTM_GETLINK", "RTM_GETROUTE",
    "RTM_NEWADDR", "RTM_NEWLINK", "ifaddrmsg", "ifinfmsg", "nfgen_msg", "nft_chain_msg", "nft_gen_msg", "nft_rule_msg",
    "nft_set_elem_list_msg", "nft_set_msg", "nft_table_msg",
]  # fmt: skip
