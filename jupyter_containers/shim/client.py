"""Somebody who is attached: a socket that gets output and gives input, each at its own speed."""

from __future__ import annotations

import socket
import struct

from jupyter_containers.shim.protocol import STDIN, STDOUT

# As much as a client may be behind before the container has to wait for it (dockerd's limit, too).
MAX_BEHIND = 1 << 20
# Source: Engine API, ContainerAttach, stream format.
_HEADER = struct.Struct(">BxxxL")


class Client:
    """`wants` holds STDIN, STDOUT, STDERR. Output goes out in stdcopy frames, or raw from a terminal. Owns `end`."""

    def __init__(self, end: socket.socket, wants: frozenset[int], *, raw: bool) -> None:
        end.setblocking(False)
        self.end = end
        self.raw = raw
        # Nothing more can be told to it.
        self.is_gone = False
        # Nothing more will be told to it but what waits.
        self.is_ending = False
        # There may be more input.
        self.gives_input = STDIN in wants
        self._wants = wants | {STDOUT} if raw and wants - {STDIN} else wants
        self._waiting = bytearray()

    @property
    def is_behind(self) -> bool:
        return len(self._waiting) > MAX_BEHIND

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def is_finished(self) -> bool:
        return self.is_gone or (self.is_ending and not self._waiting)

    def offer(self, stream: int, content: bytes) -> None:
        """Send output, now or as soon as the client reads."""
        if self.is_gone or self.is_ending or stream not in self._wants:
            return
        header = b"" if self.raw else _HEADER.pack(stream, len(content))
        if self._waiting:
            self._waiting += header
            self._waiting += content
            return
        sent = self._send(header, content)
        if sent < len(header) + len(content):
            self._waiting += (header + content)[sent:]

    def flush(self) -> None:
        """Send what waits, as far as the client reads."""
        if self._waiting:
            sent = self._send(self._waiting)
            del self._waiting[:sent]

    def read(self, size: int) -> bytes | None:
        """Return input, b"" at its end, None when there is none yet."""
        try:
            return self.end.recv(size)
        except BlockingIOError:
            return None
        except OSError:
            self.is_gone = True
            return b""

    def _send(self, *parts: bytes | bytearray) -> int:
        try:
            return self.end.sendmsg(parts, (), socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0
        except OSError:
            # Gone without a word. A container never suffers from that.
            self.is_gone = True
            self._waiting.clear()
            return sum(map(len, parts))
