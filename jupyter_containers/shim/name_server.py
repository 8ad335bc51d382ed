"""The sockets of the container's name server, opened in its network namespace for the daemon, which may not go there.

The shim keeps them: a question that comes while there is no daemon waits in a socket for the next one.
Source: netdevice(7).
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_containers.linux import namespaces

ADDRESS = "127.0.0.11"

_SIOCSIFFLAGS = 0x8914  # linux/sockios.h
_IFF_UP = 1
_NETLINK_NETFILTER = 12
_BACKLOG = 16


class NameServer:
    """Opens the sockets when they are first asked for. `port` 0 lets the kernel choose."""

    def __init__(self) -> None:
        self._wanted_port = -1
        self._kept: tuple[socket.socket, ...] = ()

    @contextmanager
    def sockets(self, pid: int, port: int) -> Iterator[tuple[int, ...]]:
        """Give descriptors of UDP and TCP socket, the same as last time unless another port is asked for.

        `pid` is a process of the container. With port 0 there is a NETLINK_NETFILTER socket beside them, to lead port
        53 to them. All stay ours. Raises OSError.
        """
        if self._wanted_port != port:
            self.close()
        with _network_of(pid):
            if not self._kept:
                self._kept, self._wanted_port = _open(port), port
            netfilter = None if port else socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        try:
            given = self._kept if netfilter is None else (*self._kept, netfilter)
            yield tuple(sock.fileno() for sock in given)
        finally:
            if netfilter is not None:
                netfilter.close()

    def close(self) -> None:
        """Close them; they live on as long as the daemon has copies."""
        for sock in self._kept:
            sock.close()
        self._kept = ()


def _open(port: int) -> tuple[socket.socket, ...]:
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # The daemon may not have come to this yet. While the link is down the kernel takes the address for none of its
        # own: answers would go out from 127.0.0.1.
        fcntl.ioctl(datagrams, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _IFF_UP))
        for sock in (datagrams, listener):
            sock.bind((ADDRESS, port))
        listener.listen(_BACKLOG)
    except BaseException:
        datagrams.close()
        listener.close()
        raise
    return datagrams, listener


@contextmanager
def _network_of(pid: int) -> Iterator[None]:
    netns_fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with namespaces.visiting("network", netns_fd):
            yield
    finally:
        os.close(netns_fd)
