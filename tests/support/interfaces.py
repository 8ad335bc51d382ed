"""The network interfaces of this process's namespace, which /sys does not show: it belongs to who has mounted it."""

from __future__ import annotations

import socket

from jupyter_containers.network import route_messages
from jupyter_containers.network.kernel_messages import RTM_GETLINK
from jupyter_containers.network.netlink import Netlink


def names() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def ports(bridge: str) -> list[str]:
    """Return the names of what is plugged into a bridge. Raises OSError when there is no such interface."""
    index = socket.if_nametoindex(bridge)
    with Netlink.route() as route:
        links = map(route_messages.name_and_master, route.dump_bytes("links", route_messages.all_links(), RTM_GETLINK))
        return sorted(name for name, master in links if master == index)
