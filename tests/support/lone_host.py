"""A host of its own for network tests: this thread moves into a fresh network namespace with an uplink to an `outside`.

Threads that are started meanwhile are born there too. No firewall of the real host is in the way, and whatever a test
leaves behind dies with the namespace.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Interface
from typing import Self

from pyroute2.netlink.rtnl import RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.linux import loopback, namespaces
from jupyter_containers.network.bridge import address_message
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink
from tests.support.namespace import Namespace

HOST = IPv4Interface("198.51.100.2/24")
OUTSIDE = IPv4Interface("198.51.100.1/24")
UPLINK = "up0"


class LoneHost:
    """Use as a context manager. `outside` is the namespace at the other end of the uplink, the default gateway."""

    def __enter__(self) -> Self:
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.outside = Namespace().__enter__()
        namespaces.unshare(namespaces.FLAGS["network"])
        with Netlink.route() as route:
            loopback.bring_up(route._socket)
            _uplink(route, self.outside)
        return self

    def __exit__(self, *_: object) -> None:
        namespaces.setns(self._home, namespaces.FLAGS["network"])
        os.close(self._home)
        self.outside.__exit__()


def _uplink(route: Netlink, outside: Namespace) -> None:
    peer = {"attrs": [("IFLA_IFNAME", "eth0"), ("IFLA_NET_NS_FD", outside.netns_fd)]}
    pair = {"attrs": [("VETH_INFO_PEER", peer)]}
    message = ifinfmsg()
    message["attrs"] = [
        ("IFLA_IFNAME", UPLINK),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", pair)]}),
    ]
    route.change("uplink", (message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))
    loopback.bring_up(outside.netlink)
    for netlink, name, address in ((route, UPLINK, HOST), (Netlink(outside.netlink), "eth0", OUTSIDE)):
        wanted = ifinfmsg()
        wanted["attrs"] = [("IFLA_IFNAME", name)]
        index = netlink.get("link", wanted, RTM_GETLINK)["index"]
        up = ifinfmsg()
        up["index"], up["flags"], up["change"] = index, 1, 1
        netlink.change("address", (address_message(index, address), RTM_NEWADDR, NLM_F_CREATE), (up, RTM_NEWLINK, 0))
    default = rtmsg()
    default["family"], default["table"], default["proto"], default["type"] = 2, 254, 3, 1
    default["attrs"] = [("RTA_GATEWAY", str(OUTSIDE.ip))]
    route.change("default route", (default, RTM_NEWROUTE, NLM_F_CREATE))
