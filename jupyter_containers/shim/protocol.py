"""What daemon and shim say to each other: JSON packets over SOCK_SEQPACKET, descriptors beside them.

    daemon ─▶ shim   {"id": 7, "op": "kill", "signal": 15, "target": ""}
    shim ─▶ daemon   {"id": 7, "ok": {}}      or   {"id": 7, "error": {kind, message, details}}
    shim ─▶ daemon   {"event": "network"} + netns and netlink descriptors, while a create is under way
    shim ─▶ daemon   {"event": "name_server"} + UDP, TCP and perhaps netfilter socket, before the answer to it
    shim ─▶ daemon   {"event": "exit", "target": "", …}     to every connection
    shim ─▶ daemon   {"event": "unmounted"}      after the answer to a delete, when nothing of it is mounted any more

`target` is "" for the container's first process, else an exec's id. Also read by supervisor/.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import descriptors

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2
# Larger than any environment that execve takes in practice; the socket's buffers are raised to hold it.
MAX_PACKET = 1 << 20
_SHORT_BYTES = 256
MAX_FDS = 5

STDIN, STDOUT, STDERR = 0, 1, 2

# Made once, in the zygote: shims share them.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Where a container's log goes, and when it is rotated; `max_bytes` 0 is never.

    `driver` is json-file or local; `attributes` a JSON object that each json-file entry has, or empty.
    """

    path: str
    max_bytes: int = 0
    max_files: int = 1
    driver: str = "json-file"
    compress: bool = False
    attributes: str = ""

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: 128 + signal when killed. `at_ns` is nanoseconds since the epoch; `reason` for odd ends.

    What a container's cgroup counted in all goes with the end of its first process; None: nobody counted.
    """

    exit_code: int
    at_ns: int
    oom_killed: bool = False
    reason: str = ""
    cpu_ns: int | None = None
    memory_peak_bytes: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        code, at_ns = int(data["exit_code"]), int(data["at_ns"])
        # Shims of older daemons do not count.
        cpu_ns, peak = data.get("cpu_ns"), data.get("memory_peak_bytes")
        return cls(code, at_ns, bool(data.get("oom_killed")), str(data.get("reason", "")), cpu_ns, peak)


def socket_path(run_root: Path, bundle_path: Path) -> Path:
    """Return where the shim of a bundle listens: short, because a socket's path has room for 107 bytes."""
    import hashlib  # which brings OpenSSL, for the daemon alone: shims are told

    return run_root / "s" / hashlib.blake2b(os.fsencode(bundle_path), digest_size=10).hexdigest()


def roomy(end: socket.socket) -> socket.socket:
    """Let the socket's buffer hold the largest packet; for others than root, as far as the kernel allows."""
    for option, forced in ((socket.SO_SNDBUF, 32), (socket.SO_RCVBUF, 33)):  # SO_SNDBUFFORCE, SO_RCVBUFFORCE
        try:
            end.setsockopt(socket.SOL_SOCKET, forced, 2 * MAX_PACKET)
        except OSError:
            end.setsockopt(socket.SOL_SOCKET, option, 2 * MAX_PACKET)
    return end


def send(end: socket.socket, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one packet. Raises InvalidParameter when it is too large, OSError when the other side is gone."""
    packet = _ENCODER.encode(message).encode()
    if len(packet) > MAX_PACKET:
        raise InvalidParameter(
            f"arguments and environment of {len(packet)} bytes are over the limit of {MAX_PACKET} bytes"
        )
    descriptors.send(end, packet, fds)


def receive(end: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Receive one packet and its descriptors, which the caller closes; None when the other side is gone.

    Raises BlockingIOError when there is none yet.
    """
    packet, fds = descriptors.receive(end, MAX_PACKET, MAX_FDS)
    return (_DECODER.decode(packet.decode()), fds) if packet else (None, fds)


def peek(end: socket.socket) -> dict[str, Any] | None:
    """Wait for the next packet and return it, but leave it there; None when it is a long one, or none will come."""
    try:
        packet = end.recv(_SHORT_BYTES, socket.MSG_PEEK)
    except ConnectionResetError:
        return None
    return _DECODER.decode(packet.decode()) if 0 < len(packet) < _SHORT_BYTES else None
