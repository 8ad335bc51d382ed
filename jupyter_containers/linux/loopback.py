"""Bring `lo` up: one request of 32 bytes, written by hand so that a container's first process can do it itself."""

from __future__ import annotations

import os
import socket
import struct

_RTM_NEWLINK = 16
_NLM_F_REQUEST = 0x1
_NLM_F_ACK = 0x4
_NLMSG_ERROR = 2
_IFF_UP = 1
_LOOPBACK_INDEX = 1  # the kernel makes it with the namespace, as the first

# struct nlmsghdr: length, type, flags, sequence, port; struct ifinfomsg: family, type, index, flags, change
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")


def bring_up(netlink: socket.socket) -> None:
    """Bring up `lo` of the namespace in which the NETLINK_ROUTE socket was opened; it stays the caller's.

    Raises OSError. Source: rtnetlink(7), RTM_NEWLINK.
    """
    size = _HEADER.size + _LINK.size
    header = _HEADER.pack(size, _RTM_NEWLINK, _NLM_F_REQUEST | _NLM_F_ACK, 0, 0)
    netlink.send(header + _LINK.pack(socket.AF_UNSPEC, 0, _LOOPBACK_INDEX, _IFF_UP, _IFF_UP))
    # The kernel has answered before `send` returned: this never waits, whether the socket blocks or not.
    answer = netlink.recv(4096)
    _size, kind, *_ = _HEADER.unpack_from(answer)
    code = -struct.unpack_from("=i", answer, _HEADER.size)[0]
    if kind != _NLMSG_ERROR or code:
        raise OSError(code, f"netlink bring up lo: {os.strerror(code)}")


def bring_own_up() -> None:
    """Bring up `lo` of the calling process's namespace. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        bring_up(netlink)
