"""The conversation between the parent and the process it has cloned, one method for each message.

    inside                          outside
                      ◀────────────  tell_fate           to one born ahead: its bundle (streams)
    announce_birth    ────────────▶               of an exec, by the one who carries it in: its pid (terminal)
    tell_calls        ────────────▶               what was asked of the kernel so far, when that is recorded
    announce_ready    ────────────▶               all is set up (durations, terminal, mount namespace)
                      ◀────────────  let_go              execve
    announce_failure  ────────────▶               at any time, last
    (closed by execve)

The sockets are close-on-exec: their end is the sign that `execve` has happened. Messages are JSON of one packet each.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.errors import ContainersError, from_data, to_data
from jupyter_containers.linux import descriptors

# Made once, in the zygote: one for each message would cost every shim some pages.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder()
_LARGEST = 64 << 10
# A call is some 100 bytes, and 1500 at most.
_CALLS_AT_ONCE = 40
_CALLS_OF_AN_EXEC = 200
Call = list[Any]


@dataclass(frozen=True, slots=True)
class Message:
    """`word` is ready, failed or, at the end of the conversation, "" (execve, or death)."""

    word: str
    body: dict[str, Any] = field(default_factory=dict)
    fds: tuple[int, ...] = ()

    def fd(self, name: str) -> int | None:
        """Return the descriptor that came under a name: "terminal", or "mounts", a mount namespace."""
        names = self.body.get("fds", ())
        return self.fds[names.index(name)] if name in names else None

    def error(self) -> ContainersError:
        return from_data(self.body)


class Channel:
    """One end of the conversation; owns its socket.

    `calls`, on the outside: None where none are taken, since whoever is on the other side may be another's by then.
    """

    __slots__ = ("_socket", "calls")

    def __init__(self, end: socket.socket, calls: list[Call] | None = None) -> None:
        self._socket = end
        self.calls = calls

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return (outside, inside)."""
        outside, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(outside, []), cls(inside)

    @classmethod
    def of(cls, fd: int) -> Channel:
        """Take over the descriptor of an end, as `release` gave it."""
        return cls(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=fd))

    def fileno(self) -> int:
        return self._socket.fileno()

    def release(self) -> int:
        """Return the descriptor and forget it: the caller closes it."""
        return self._socket.detach()

    def close(self) -> None:
        self._socket.close()

    # What the inside says.

    def announce_ready(
        self,
        durations_us: Sequence[int],
        fds: Mapping[str, int],
        pid: int | None = None,
        *,
        cgroup: str = "",
        preceding: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Say that all is set up, and give what is to be kept: `fds` by their names, see Message.fd.

        `pid` when another process than this one goes on; `cgroup` and `preceding`, steps with their durations, are told
        by one that was born ahead.
        """
        body: dict[str, Any] = {"word": "ready", "durations": list(durations_us), "fds": list(fds)}
        if pid is not None:
            body["pid"] = pid
        if cgroup:
            body |= {"cgroup": cgroup, "preceding": list(preceding)}
        self._send(body, *fds.values())

    def announce_birth(self, pid: int, terminal_fd: int | None, calls: Sequence[Call] = ()) -> None:
        body = {"word": "born", "pid": pid, **({"calls": list(calls[:_CALLS_OF_AN_EXEC])} if calls else {})}
        self._send(body, *(() if terminal_fd is None else (terminal_fd,)))

    def announce_failure(self, error: BaseException, step: str, durations_us: Sequence[int] = ()) -> None:
        body = to_data(_in_words(error))
        body["details"] = {"step": step, **body["details"]}
        self._send({"word": "failed", "durations": list(durations_us), **body})

    def tell_calls(self, calls: Sequence[Call]) -> None:
        """Say what was asked of the kernel; before "ready" or "failed"."""
        for first in range(0, len(calls), _CALLS_AT_ONCE):
            self._send({"word": "calls", "calls": list(calls[first : first + _CALLS_AT_ONCE])})

    # What the outside says.

    def tell_fate(self, bundle: str, stdio_fds: Sequence[int], *, gives_mounts: bool = False) -> None:
        self._send({"word": "become", "bundle": bundle, "gives_mounts": gives_mounts}, *stdio_fds)

    def let_go(self) -> None:
        self._send({"word": "go"})

    def receive(self) -> Message:
        """Wait for the next message; the caller closes its descriptors. A vanished peer is the word ""."""
        while True:
            packet, fds = descriptors.receive(self._socket, _LARGEST, max_fds=3)
            if not packet:
                return Message("")
            body = _DECODER.decode(packet.decode())
            word = body.pop("word")
            if word != "calls" or self.calls is None:
                return Message(word, body, tuple(fds))
            self.calls += body["calls"]

    def expect(self, word: str) -> None:
        """Wait for one word. A parent that is gone takes this process with it: nobody is left to report to."""
        if self.receive().word != word:
            os._exit(1)

    def _send(self, body: dict[str, Any], *fds: int) -> None:
        descriptors.send(self._socket, _ENCODER.encode(body).encode(), fds)


def _in_words(error: BaseException) -> BaseException:
    """Say an OSError as "syscall: reason: path", without Python's brackets."""
    if not isinstance(error, OSError):
        return error
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else None
    text = str(error.strerror or error) + (f": {path}" if path else "")
    return ContainersError(text, errno=error.errno, path=path)
