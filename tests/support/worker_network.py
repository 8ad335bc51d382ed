"""A network for one worker of pytest-xdist: several may then have daemons with bridges, rules and ports on one host."""

from __future__ import annotations

from pyroute2.netlink.rtnl import RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.linux import loopback, namespaces
from jupyter_containers.network.bridge import address_message
from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink
from tests.support.lone_host import HOST, OUTSIDE, UPLINK


def move_in() -> None:
    """Leave the host's network for one with loopback, an address of its own, and a route to where nobody is.

    There is no default route: who asks a name server is told at once that there is none, and waits for nobody. It goes
    with the process. Threads and processes that are started from now on are in it, too. Raises OSError.
    """
    namespaces.unshare(namespaces.FLAGS["network"])
    loopback.bring_own_up()
    pair = ifinfmsg()
    pair["attrs"] = [
        ("IFLA_IFNAME", UPLINK),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [_peer()]})]}),
    ]
    with Netlink.route() as route:
        route.change("uplink", (pair, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))
        uplink, peer = (_index(route, name) for name in (UPLINK, _PEER))
        route.change("address", (address_message(uplink, HOST), RTM_NEWADDR, NLM_F_CREATE))
        route.change("up", *((_up(index), RTM_NEWLINK, 0) for index in (uplink, peer)))
        route.change("route", (_route_outside(), RTM_NEWROUTE, NLM_F_CREATE))


_PEER = "down0"


def _peer() -> tuple[str, object]:
    return "VETH_INFO_PEER", {"attrs": [("IFLA_IFNAME", _PEER)]}


def _index(route: Netlink, name: str) -> int:
    wanted = ifinfmsg()
    wanted["attrs"] = [("IFLA_IFNAME", name)]
    return int(route.get("link", wanted, RTM_GETLINK)["index"])


def _route_outside() -> rtmsg:
    message = rtmsg()
    message["family"], message["dst_len"], message["table"], message["proto"], message["type"] = 2, 24, 254, 3, 1
    message["attrs"] = [("RTA_DST", "192.0.2.0"), ("RTA_GATEWAY", str(OUTSIDE.ip))]
    return message


def _up(index: int) -> ifinfmsg:
    message = ifinfmsg()
    message["index"], message["flags"], message["change"] = index, 1, 1
    return message
