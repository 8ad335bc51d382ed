"""Do something in another network namespace: on a thread that goes there and ends, and takes its stay along.

This process stays where it is. What is opened inside (a socket, a file of /proc/sys/net) belongs to that namespace.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from jupyter_containers.linux import namespaces

T = TypeVar("T")


def run(netns_fd: int | None, action: Callable[[], T]) -> T:
    """Return what `action` does in the namespace of `netns_fd`, which stays the caller's; None is the one we are in.

    The caller waits, so `action` must be short. Raises OSError, and what `action` raises.
    """
    if netns_fd is None:
        return action()
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            namespaces.setns(netns_fd, namespaces.FLAGS["network"])
            results.append(action())
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, whole
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def route_socket(netns_fd: int) -> socket.socket:
    """Return a NETLINK_ROUTE socket of a namespace; the caller closes it. Raises OSError."""
    return run(netns_fd, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0))
