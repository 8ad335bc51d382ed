"""TLS on a client's connection, whose input can end while its output goes on.

Python's own sockets of TLS end both directions at once; the end of stdin is one direction's (close_notify, RFC 8446,
section 6.1). So the records are made by OpenSSL through two memory buffers, beside a plain socket.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_containers.client.addresses import Tls
from jupyter_containers.errors import InvalidParameter

T = TypeVar("T")
_READ_BYTES = 64 * 1024


def client_context(tls: Tls) -> ssl.SSLContext:
    """Return the client's side. Raises InvalidParameter for a file that makes no sense."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority, certificate, key = (tls.folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority.exists():
        _load(authority, lambda: context.load_verify_locations(authority))
    else:
        context.load_default_certs()
    if certificate.exists() or key.exists():
        _load(certificate, lambda: context.load_cert_chain(certificate, key))
    return context


def _load(path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:
        reason = (error.reason or "").lower().replace("_", " ") if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidParameter(f"cannot use the certificates in {path.parent} ({path.name}): {reason}") from error


class TlsSocket:
    """A connected socket with TLS on it, for one thread at a time. Owns the socket.

    Has what http.client, urllib3 and RawStream use of a socket. `has_pending`: bytes wait here that no selector sees;
    `has_unsent`: bytes wait here that are still to be sent, which the next `send` will do first.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._unsent = b""

    def shake_hands(self) -> None:
        """Raises ssl.SSLError, TimeoutError as the socket's is, and ConnectionError."""
        self._with_input(self._tls.do_handshake)

    def _with_input(self, act: Callable[[], T]) -> T:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
                continue
            except ssl.SSLError:
                self._flush()
                raise
            self._flush()
            return done

    def _feed(self) -> None:
        content = self._sock.recv(_READ_BYTES)
        if content:
            self._incoming.write(content)
        else:
            self._incoming.write_eof()

    def _flush(self, flags: int = 0) -> None:
        self._unsent += self._outgoing.read()
        if flags:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent, flags) :]
        elif self._unsent:
            content, self._unsent = self._unsent, b""
            self._sock.sendall(content)

    @property
    def has_pending(self) -> bool:
        return bool(self._incoming.pending or self._tls.pending())

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    def recv(self, size: int) -> bytes:
        """Return what is there, empty at the end. Raises BlockingIOError or TimeoutError as the socket would."""
        try:
            return self._with_input(lambda: self._tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def send(self, content: Any, flags: int = 0) -> int:
        """Take all of the content, unless older bytes are still unsent: then BlockingIOError."""
        self._flush(flags)
        if len(content):
            self._tls.write(content)
            try:
                self._flush(flags)
            except BlockingIOError:
                pass  # it is taken, and waits in `_unsent`
        return len(content)

    def sendall(self, content: Any) -> None:
        self.send(content)

    def shutdown(self, how: int) -> None:
        """End the input of the other side; with SHUT_RDWR the connection."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass  # it has been said; the other side ends its half when it will
        self._flush()
        if how != socket.SHUT_WR:
            self._sock.shutdown(how)

    def makefile(self, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), _READ_BYTES)

    def fileno(self) -> int:
        return self._sock.fileno()

    def settimeout(self, seconds: float | None) -> None:
        self._sock.settimeout(seconds)

    def gettimeout(self) -> float | None:
        return self._sock.gettimeout()

    def setblocking(self, blocks: bool) -> None:
        self._sock.setblocking(blocks)

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    """The receiving half as a file; closing it closes nothing else."""

    def __init__(self, sock: TlsSocket) -> None:
        self._tls_socket = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        try:
            content = self._tls_socket.recv(len(buffer))
        except BlockingIOError:
            return None
        buffer[: len(content)] = content
        return len(content)
