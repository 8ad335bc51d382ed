"""A connection to a daemon, whatever the way: something that sends and receives as a socket does."""

from __future__ import annotations

import os
import socket
from typing import Any

from jupyter_containers.client import ssh, tls
from jupyter_containers.client.addresses import Address

CONNECT_SECONDS = 10.0


def dial(address: Address) -> Any:
    """Return a connected socket, or what behaves like one; the caller closes it. Raises OSError."""
    if address.ssh:
        return ssh.dial(address)
    sock = _connected(address)
    if address.tls is None:
        return sock
    try:
        secured = tls.TlsSocket(sock, tls.client_context(address.tls), address.host)
        sock.settimeout(CONNECT_SECONDS)
        secured.shake_hands()
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return secured


def _connected(address: Address) -> socket.socket:
    if address.path is None:
        sock = socket.create_connection((address.host, address.port), CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.settimeout(None)
        return sock
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(CONNECT_SECONDS)
        sock.connect(os.fspath(address.path))
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return sock
