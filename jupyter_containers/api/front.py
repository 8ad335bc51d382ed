"""What stands between a connection and aiohttp: the limits of a request's head, and connections that can be hijacked.

aiohttp's C parser throws away what stands behind a request that asks to upgrade to `tcp`, which to it is not a
protocol; its Python parser, 20 microseconds slower, keeps it. aiohttp waits for a head for ever, and closes the
connection when the client closes its writing half before the request has been answered.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.http_websocket import WebSocketReader
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE, RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest

from jupyter_containers.api.routing import json_answer
from jupyter_containers.api.tls import TlsTransport

_log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How much of a head, and for how long. dockerd has the same size, and waits 300 s in both cases.

    `first_seconds`: until the first byte of a connection; `head_seconds`: from then on to the end of the head.
    """

    first_seconds: float = 300.0
    head_seconds: float = 60.0
    head_bytes: int = 1024 * 1024
    header_lines: int = 1000


DEFAULT_PATIENCE = Patience()


class Site(web.SockSite):
    """A listening socket whose connections can be hijacked without losing a byte; with `context` they speak TLS."""

    def __init__(
        self, runner: web.AppRunner, listener: Any, *, backlog: int, patience: Patience, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(runner, listener, backlog=backlog)
        self._patience = patience
        self._context = context

    async def start(self) -> None:
        await web.BaseSite.start(self)
        loop, context = asyncio.get_running_loop(), self._context

        def secured() -> asyncio.Protocol:
            assert context is not None
            return TlsTransport(context, self._front)

        self._server = await loop.create_server(
            secured if context else self._front, sock=self._sock, backlog=self._backlog
        )

    def _front(self) -> asyncio.Protocol:
        server: Any = self._runner.server
        loop, patience = asyncio.get_running_loop(), self._patience
        # `_kwargs` are what the server itself would make its handlers of; aiohttp has no setting for the class of
        # those, nor for their parser.
        http: Any = _Http(server, loop=loop, **server._kwargs)
        http._parser = HttpRequestParserPy(
            http,
            loop,
            READ_BYTES,
            max_line_size=patience.head_bytes,
            max_field_size=patience.head_bytes,
            max_headers=patience.header_lines,
            payload_exception=RequestPayloadError,
            max_msg_queue_size=MAX_MSG_QUEUE_SIZE,
        )
        return cast(asyncio.Protocol, Front(http, patience))


class _Http(RequestHandler):
    """aiohttp's side of a connection, with Docker's form for what is no request."""

    __slots__ = ()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun, and an error has no place in it")
        if status >= 500:
            _log.error("%s %s failed", request.method, request.path, exc_info=exc)
        else:
            # One line, whatever it was: it is no fault of ours, and could fill the log.
            _log.info("not a request: %.200r", message)
        if isinstance(exc, LineTooLong) or message == "Too many headers received":
            status, message = 431, TOO_LARGE
        # What was wrong is quoted in the parser's words, which may be long.
        answer = json_answer({"message": (message or "bad request")[:300]}, status=status)
        answer.force_close()
        return answer


TOO_LARGE = "the header of the request is too large"


class Front:
    """Passes everything to aiohttp, except heads that do not end, and the end of input behind a request to upgrade."""

    def __init__(self, http: Any, patience: Patience) -> None:
        self._http = http
        self._parser = http._parser
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self.has_ended = False
        self.pause_writing = http.pause_writing
        self.resume_writing = http.resume_writing

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(self._patience.first_seconds, transport.close)
        self._http.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._http.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._http.data_received(data)
        parser = self._parser
        # What stands behind requests that wait for their turn may be whole ones.
        if (parser._lines or parser._tail) and parser._payload_parser is None and not self._http._messages:
            self._wait_for_head(len(data))
        elif self._timer is not None:
            self._stop_timer()
            self._head_bytes = 0

    def _wait_for_head(self, size: int) -> None:
        if not self._head_bytes:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(self._patience.head_seconds, self._transport.close)
        self._head_bytes += size
        if self._head_bytes > self._patience.head_bytes:
            self._stop_timer()
            self._transport.write(_too_large())
            self._http.force_close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def eof_received(self) -> bool:
        # A web socket does not outlive one of its halves.
        if not self._http._upgraded or isinstance(self._http._payload_parser, WebSocketReader):
            return bool(self._http.eof_received())
        self.has_ended = True
        # When the request is refused instead of hijacked, the connection ends with the answer.
        self._http.close()
        return True


def _too_large() -> bytes:
    body = json_answer({"message": TOO_LARGE}).body
    assert isinstance(body, bytes)
    head = (
        "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
