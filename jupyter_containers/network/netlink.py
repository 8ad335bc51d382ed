"""One conversation with the kernel over a netlink socket, possibly one that was opened in another network namespace.

pyroute2's message classes give the wire format. The talking is done here and is synchronous: the kernel answers
rtnetlink and nftables requests before `send` returns, so nothing is ever waited for, and a socket that belongs to the
caller stays as it was. Source: netlink(7); kernel documentation "Introduction to Netlink".
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self

NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_REPLACE = 0x100
NLM_F_EXCL = 0x200
NLM_F_CREATE = 0x400
NLM_F_APPEND = 0x800
NLM_F_DUMP = 0x300

_NETLINK_ROUTE = 0
_NETLINK_NETFILTER = 12
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_CAPPED = 0x100
_NLM_F_ACK_TLVS = 0x200
_NLMSGERR_ATTR_MSG = 1
_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_NETLINK_EXT_ACK = 11
_HEADER = struct.Struct("=IHHII")
_BUFFER_SIZE = 1 << 18
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_LARGEST_TRANSACTION = 1 << 24


class Netlink:
    """A netlink socket and its sequence numbers. A context manager; closes the socket only if it opened it."""

    def __init__(self, sock: socket.socket, *, owned: bool = False) -> None:
        self._socket = sock
        self._owned = owned
        self._sequence = 0
        sock.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
        sock.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)

    @classmethod
    def route(cls) -> Self:
        """Open a socket for links, addresses and routes in this process's namespace. Raises OSError."""
        return cls._open(_NETLINK_ROUTE)

    @classmethod
    def netfilter(cls) -> Self:
        """Open a socket for nftables in this process's namespace. Raises OSError."""
        return cls._open(_NETLINK_NETFILTER)

    @classmethod
    def _open(cls, protocol: int) -> Self:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        try:
            # A transaction goes out in one piece: the usual 200 kB are the rules of some fifty networks.
            for option in (_SO_SNDBUFFORCE, _SO_RCVBUFFORCE):
                sock.setsockopt(socket.SOL_SOCKET, option, _LARGEST_TRANSACTION)
        except OSError:
            sock.close()
            raise
        return cls(sock, owned=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._owned:
            self._socket.close()

    def beside(self, sock: socket.socket) -> Netlink:
        """Return a conversation over a socket of somebody else, who keeps it."""
        return Netlink(sock)

    @property
    def sock(self) -> socket.socket:
        """The socket, for another conversation over it, one after the other."""
        return self._socket

    def change(self, what: str, *messages: tuple[Any, int, int]) -> None:
        """Send (message, type, flags) together and wait for every acknowledgement.

        A message is one of pyroute2's, or bytes (route_messages).
        The kernel goes through them in order and does not stop at a failure. Raises OSError for the first one, with
        the kernel's own words where it has some; `what` names the request there.
        """
        content, numbers = bytearray(), []
        for message, kind, flags in messages:
            content += self._encode(message, kind, flags | NLM_F_ACK)
            numbers.append(self._sequence)
        self._socket.send(content)
        self._acknowledge(what, numbers, awaited=numbers)

    def batch(self, what: str, begin: tuple[Any, int], messages: Sequence[tuple[Any, int, int]], end: Any) -> None:
        """Send an nftables transaction: all of it happens or nothing. Raises OSError for the first refused message.

        A message may be the result of `body`.
        """
        self.transact(what, *self.encoded(begin, messages, end))

    def encoded(
        self, begin: tuple[Any, int], messages: Sequence[tuple[Any, int, int]], end: Any
    ) -> tuple[bytes, range]:
        """Return an nftables transaction as `transact` takes it, any number of times and on any socket."""
        start, subsystem_type = begin
        content = bytearray(self._encode(start, subsystem_type, 0))
        first = self._sequence + 1
        for number, (message, kind, flags) in enumerate(messages, 1):
            # Failures are told in any case; as many acknowledgements as messages would not fit the socket's buffer.
            content += self._encode(message, kind, flags | (NLM_F_ACK if number == len(messages) else 0))
        numbers = range(first, self._sequence + 1)
        content += self._encode(end, subsystem_type + 1, 0)
        return bytes(content), numbers

    def transact(self, what: str, content: bytes, numbers: range) -> None:
        """Send what `encoded` returned. Raises as `batch`."""
        self._socket.send(content)
        self._acknowledge(what, numbers, awaited=numbers[-1:])

    def get(self, what: str, message: Any, kind: int) -> Any:
        """Ask for one object and return it decoded. Raises OSError (ENODEV, ENOENT when it is not there)."""
        self._socket.send(self._encode(message, kind, 0))
        for found_kind, _flags, _sequence, content in self._receive():
            if found_kind == _NLMSG_ERROR:
                raise _error(what, content)
            return _decode(type(message), content)
        raise OSError(f"netlink {what}: no answer")

    def dump(self, what: str, message: Any, kind: int) -> list[Any]:
        """Ask for all objects of a kind and return them decoded. Raises OSError."""
        return [_decode(type(message), content) for content in self.dump_bytes(what, message, kind)]

    def dump_bytes(self, what: str, message: Any, kind: int) -> list[bytes]:
        """Ask for all objects of a kind and return their messages as they came. Raises OSError."""
        self._socket.send(self._encode(message, kind, NLM_F_DUMP))
        found: list[bytes] = []
        while True:
            for found_kind, _flags, sequence, content in self._receive():
                if sequence != self._sequence:
                    continue
                if found_kind == _NLMSG_DONE:
                    return found
                if found_kind == _NLMSG_ERROR:
                    raise _error(what, content)
                found.append(content)

    def ask(self, what: str, message: bytes, kind: int) -> bytes:
        """Ask for one object and return its message without the header. Raises as `get`."""
        self._socket.send(self._encode(message, kind, 0))
        for found_kind, _flags, _sequence, content in self._receive():
            if found_kind == _NLMSG_ERROR:
                raise _error(what, content)
            return content[_HEADER.size :]
        raise OSError(f"netlink {what}: no answer")

    def _encode(self, message: Any, kind: int, flags: int) -> bytes:
        self._sequence += 1
        if isinstance(message, bytes):
            size = _HEADER.size + len(message)
            return _HEADER.pack(size, kind, flags | NLM_F_REQUEST, self._sequence, 0) + message
        header = message["header"]
        header["type"] = kind
        header["flags"] = flags | NLM_F_REQUEST
        header["sequence_number"] = self._sequence
        message.reset()
        message.encode()
        return bytes(message.data)

    def _acknowledge(self, what: str, numbers: Collection[int], *, awaited: Collection[int]) -> None:
        """Read all that has been answered, and see that it was enough."""
        failure: OSError | None = None
        missing = set(awaited)
        while (answers := self._receive_if_any()) is not None:
            for kind, _flags, sequence, content in answers:
                if kind != _NLMSG_ERROR or sequence not in numbers:
                    continue
                missing.discard(sequence)
                if failure is None and struct.unpack_from("=i", content, _HEADER.size)[0]:
                    failure = _error(what, content)
        if failure is not None:
            raise failure
        if missing:
            raise OSError(errno.ENOBUFS, f"netlink {what}: the kernel has answered more than the socket could hold")

    def _receive_if_any(self) -> list[tuple[int, int, int, bytes]] | None:
        while True:
            try:
                return list(self._receive())
            except BlockingIOError:
                return None
            except OSError as error:
                # Told once when answers were dropped; those that were kept follow, and have to be taken away.
                if error.errno != errno.ENOBUFS:
                    raise

    def _receive(self) -> Iterator[tuple[int, int, int, bytes]]:
        # The kernel has answered before `send` returned: what is not there now will never come.
        content = self._socket.recv(_BUFFER_SIZE, socket.MSG_DONTWAIT)
        offset = 0
        while offset + _HEADER.size <= len(content):
            length, kind, flags, sequence, _port = _HEADER.unpack_from(content, offset)
            yield kind, flags, sequence, content[offset : offset + length]
            offset += length + 3 & ~3


def body(message: Any) -> bytes:
    """Return a message without its header, which can be sent any number of times in place of it.

    Putting one together takes pyroute2 half a millisecond.
    """
    message.reset()
    message.encode()
    return bytes(message.data)[_HEADER.size :]


def _decode(message_class: Any, content: bytes) -> Any:
    message = message_class(content)
    message.decode()
    return message


def _error(what: str, content: bytes) -> OSError:
    number = -struct.unpack_from("=i", content, _HEADER.size)[0]
    words = _kernel_words(content)
    return OSError(number, f"netlink {what}: {os.strerror(number)}" + (f" ({words})" if words else ""))


def _kernel_words(content: bytes) -> str:
    _length, _kind, flags, _sequence, _port = _HEADER.unpack_from(content)
    if not flags & _NLM_F_ACK_TLVS:
        return ""
    offset = _HEADER.size + 4
    # With CAP_ACK only the header of the refused request comes back; without it the whole request.
    offset += _HEADER.size if flags & _NLM_F_CAPPED else struct.unpack_from("=I", content, offset)[0] + 3 & ~3
    while offset + 4 <= len(content):
        length, kind = struct.unpack_from("=HH", content, offset)
        if kind == _NLMSGERR_ATTR_MSG:
            return content[offset + 4 : offset + length].rstrip(b"\0").decode("utf-8", "replace")
        offset += max(length, 4) + 3 & ~3
    return ""
