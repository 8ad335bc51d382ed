"""TLS on a server's connection, with halves that close on their own.

asyncio's own TLS closes the whole connection when the client says that it will send no more (close_notify), and cannot
say so itself. The docker CLI says it at the end of stdin, and goes on reading; so the records are made here, by
OpenSSL through two memory buffers, between TCP's transport and the protocol that speaks HTTP.

    TCP transport ◀─ciphertext─▶ TlsTransport ◀─plaintext─▶ HTTP protocol, later a hijacked Connection

Source: RFC 8446, section 6.1 (closure alerts: each direction ends on its own).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jupyter_containers.errors import InvalidParameter

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
_READ_BYTES = 64 * 1024
# What somebody hears who speaks HTTP to the port of TLS, as he speaks it.
NOT_PLAIN = (
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"message":"this port speaks TLS: use https, or --tlsverify"}\n'
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: whose signature clients need, our certificate, its key."""

    authority: Path
    certificate: Path
    key: Path


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the server's side of TLS 1.2 and up, which lets in only clients whose certificate `authority` signed.

    Raises InvalidParameter naming the file that is missing or makes no sense.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client that renegotiates could ask us to read before we may write.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.verify_mode = ssl.CERT_REQUIRED
    _load("--tlscacert", files.authority, lambda: context.load_verify_locations(files.authority))
    _load("--tlscert", files.certificate, lambda: None)
    _load("--tlskey", files.key, lambda: context.load_cert_chain(files.certificate, files.key, password=_no_password))
    return context


def _no_password() -> str:
    raise InvalidParameter("the key of --tlskey has a password; a daemon has nobody to ask: store it without")


def _load(flag: str, path: Path, load: Callable[[], None]) -> None:
    """Read a file first, because ssl does not tell which of two it means."""
    try:
        path.read_bytes()
        load()
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise InvalidParameter(f"cannot use {flag} {path}: {reason}") from error
    except OSError as error:
        raise InvalidParameter(f"cannot use {flag} {path}: {error.strerror}") from error


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """The protocol of a TCP transport, and the transport of the protocol that `make_protocol` makes after a handshake.

    `eof_received` of that protocol tells that the client will send no more; as with TCP, true keeps the connection
    open for writing.
    """

    def __init__(self, context: ssl.SSLContext, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        super().__init__({"sslcontext": context})
        self._make_protocol = make_protocol
        self._protocol: asyncio.BaseProtocol | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._reads = True
        self._has_ended = False
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None

    # What TCP's transport calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._tcp = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_SECONDS, self._tcp.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._protocol is not None:
            self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if self._protocol is None and not self._shake_hands():
            return
        self._read()

    def eof_received(self) -> bool:
        # Behind a close_notify it is the client closing for good; without one it has been cut off, or is no good TLS.
        if self._protocol is None or self._has_ended:
            return False
        return self._end()

    def pause_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.resume_writing()

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except (ssl.SSLError, ssl.CertificateError) as error:
            # The alert tells the client what was wrong.
            self._flush()
            if getattr(error, "reason", "") == "HTTP_REQUEST":
                self._tcp.write(NOT_PLAIN)
            _log.info("no TLS with %s: %s", self._tcp.get_extra_info("peername"), getattr(error, "reason", error))
            self._tcp.close()
            return False
        self._flush()
        self._stop_timer()
        protocol = self._make_protocol()
        self._protocol = protocol
        protocol.connection_made(self)
        return True

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read(self) -> None:
        """Hand on what has arrived, as long as it is wanted: the protocol may pause, end or change meanwhile."""
        while self._reads and not self._has_ended and not self._tcp.is_closing():
            try:
                content = self._tls.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                content = b""
            except ssl.SSLError as error:
                self._fail(error)
                return
            if not content:
                if not self._end():
                    self.close()
                return
            cast(asyncio.Protocol, self._protocol).data_received(content)
        # An update of the keys is answered.
        self._flush()

    def _fail(self, error: ssl.SSLError) -> None:
        if self._is_over:
            # Having said that we are done, OpenSSL takes what still comes for a mistake. The end of TCP will tell.
            self._incoming.read()
            return
        self._flush()
        _log.info("TLS with %s broke: %s", self._tcp.get_extra_info("peername"), error.reason)
        self._tcp.close()

    def _end(self) -> bool:
        self._has_ended = True
        return bool(cast(asyncio.Protocol, self._protocol).eof_received())

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._tcp.write(self._outgoing.read())

    # What the protocol calls:

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        own = super().get_extra_info(name)
        return self._tcp.get_extra_info(name, default) if own is None else own

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast(asyncio.BaseProtocol, self._protocol)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._tcp.is_closing() or self._is_over or not data:
            return
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._flush()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Say that no more will be written; reading goes on."""
        if self._is_over or self._tcp.is_closing():
            return
        self._is_over = True
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass  # it has been said; that the client has not said the same is no failure
        self._flush()

    def is_closing(self) -> bool:
        return self._tcp.is_closing()

    def close(self) -> None:
        self.write_eof()
        self._tcp.close()

    def abort(self) -> None:
        self._tcp.abort()

    def is_reading(self) -> bool:
        return self._reads and self._tcp.is_reading()

    def pause_reading(self) -> None:
        self._reads = False
        if not self._tcp.is_closing():
            self._tcp.pause_reading()

    def resume_reading(self) -> None:
        if self._reads:
            return
        self._reads = True
        if not self._tcp.is_closing():
            self._tcp.resume_reading()
            # What has been decrypted to a part waits here, and TCP knows nothing of it.
            asyncio.get_running_loop().call_soon(self._read)

    def get_write_buffer_size(self) -> int:
        return self._tcp.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._tcp.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._tcp.set_write_buffer_limits(high, low)
