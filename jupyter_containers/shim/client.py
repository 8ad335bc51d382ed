"""Somebody who is attached: a socket that gets output and gives input, each at its own speed."""

from __future__ import annotations

import socket
import struct

from jupyter_containers.shim.protocol import STDERR, STDIN, STDOUT

# As much as a client may be behind before the container has to wait for it (dockerd's limit, too).
MAX_BEHIND = 1 << 20
_HEADER = struct.Struct(">BxxxL")


class Client:
    """`wants` holds STDIN, STDOUT, STDERR. Output goes out in stdcopy frames, or raw from a terminal."""

    def __init__(self, end: socket.socket, wants: frozenset[int], *, raw: bool) -> None:
        end.setblocking(False)
        self.end = end
        self.wants = wants
        self.raw = raw
        self.is_gone = False
        # No more output will come: the socket is closed once what waits has gone out.
        self.is_ending = False
        self.gives_input = STDIN in wants
        self._waiting = bytearray()

    @property
    def is_behind(self) -> bool:
        return len(self._waiting) > MAX_BEHIND

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    def offer(self, stream: int, content: bytes) -> None:
        """Send output, now or as soon as the client reads."""
        if self.is_gone or (stream not in self.wants and not (self.raw and STDOUT in self.wants)):
            return
        if not self.raw:
            content = _HEADER.pack(stream, len(content)) + content
        if self._waiting:
            self._waiting += content
            return
        sent = self._send(content)
        if sent < len(content):
            self._waiting += content[sent:]

    def flush(self) -> None:
        """Send what waits, as far as the client reads."""
        if self._waiting:
            del self._waiting[: self._send(self._waiting)]

    def read(self, size: int) -> bytes | None:
        """Return input, b"" at its end, None when there is none yet."""
        try:
            return self.end.recv(size)
        except BlockingIOError:
            return None
        except OSError:
            self.is_gone = True
            return b""

    def _send(self, content: bytes | bytearray) -> int:
        try:
            return self.end.send(content, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0
        except OSError:
            # Gone without a word. A container never suffers from that.
            self.is_gone = True
            self._waiting.clear()
            return len(content)


OUTPUTS = frozenset({STDOUT, STDERR})
