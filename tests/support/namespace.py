"""A network namespace for tests: a child process lives in it, and hands out sockets that belong there.

The child is a fresh interpreter with one thread; the test does all talking itself, on the sockets it receives.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from typing import Any, Self

_CLONE_NEWNET = 0x40000000


class Namespace:
    """A namespace with `netns_fd` and a NETLINK_ROUTE socket `netlink` from inside. Use as a context manager."""

    def __enter__(self) -> Self:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            command = [sys.executable, "-I", "-S", __file__, str(there.fileno())]
            self._child = subprocess.Popen(command, pass_fds=[there.fileno()])
        self._control = here
        self.netns_fd = self._ask("namespace")[1][0]
        self.netlink = self.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.netlink.close()
        os.close(self.netns_fd)
        self.end()

    def end(self) -> None:
        """End the child. The namespace lives on while somebody holds one of its sockets."""
        self._control.close()
        assert self._child.wait(10) == 0

    def new_socket(
        self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM, protocol: int = 0
    ) -> socket.socket:
        """Return a new socket of the namespace, which the caller closes."""
        return socket.socket(fileno=self._ask("socket", family, kind, protocol)[1][0])

    def listen(self, address: tuple[str, int]) -> socket.socket:
        """Return a listening TCP socket in the namespace."""
        sock = self.new_socket()
        sock.bind(address)
        sock.listen()
        sock.settimeout(5)
        return sock

    def datagrams(self, address: tuple[str, int]) -> socket.socket:
        """Return a bound UDP socket in the namespace."""
        sock = self.new_socket(kind=socket.SOCK_DGRAM)
        sock.bind(address)
        sock.settimeout(5)
        return sock

    def read(self, path: str) -> str:
        """Return the text of a file as it reads inside, such as /proc/net/dev."""
        return str(self._ask("read", path)[0])

    def write(self, path: str, text: str) -> None:
        self._ask("write", path, text)

    def _ask(self, *request: Any) -> tuple[Any, list[int]]:
        self._control.send(json.dumps(request).encode())
        answer, fds, _flags, _address = socket.recv_fds(self._control, 1 << 20, 1)
        result = json.loads(answer)
        if "error" in result:
            raise OSError(*result["error"])
        for fd in fds:
            os.set_inheritable(fd, False)
        return result["value"], list(fds)


def _live_inside(control: socket.socket) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    while request := control.recv(1 << 16):
        try:
            value, fd = _answer(*json.loads(request))
        except OSError as error:
            control.send(json.dumps({"error": [error.errno, error.strerror]}).encode())
            continue
        message = [json.dumps({"value": value}).encode()]
        if fd is None:
            control.send(message[0])
        else:
            socket.send_fds(control, message, [fd])
            os.close(fd)


def _answer(verb: str, *arguments: Any) -> tuple[Any, int | None]:
    if verb == "namespace":
        return None, os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    if verb == "socket":
        return None, socket.socket(*arguments).detach()
    path = arguments[0]
    if verb == "read":
        with open(path.replace("/proc/net", "/proc/self/net")) as file:
            return file.read(), None
    with open(path, "w") as file:
        file.write(arguments[1])
    return None, None


if __name__ == "__main__":
    _live_inside(socket.socket(fileno=int(sys.argv[1])))
