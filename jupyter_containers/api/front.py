"""What stands between a connection and aiohttp: the limits of a request's head, and connections that can be hijacked.

aiohttp's C parser throws away what stands behind a request that asks to upgrade to `tcp`, which to it is not a
protocol; its Python parser, 20 microseconds slower, keeps it, and now and then forgets the rest of a body. aiohttp
waits for a head for ever, and closes the connection when the client closes its writing half before the request has
been answered.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.http_parser import HttpRequestParserPy, RawRequestMessage
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE, RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest

from jupyter_containers.api.hangups import HangupWatch, has_hung_up
from jupyter_containers.api.routing import INTRODUCTION, json_answer
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
        http.input_has_ended = False
        http._parser = _Parser(
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


class _Parser(HttpRequestParserPy):
    def parse_message(self, lines: list[bytes]) -> RawRequestMessage:
        message = super().parse_message(lines)
        if message.version.major != 1:
            raise UnknownProtocol("unsupported protocol version: expected HTTP/1.0 or HTTP/1.1")
        if message.url.absolute and not _has_host(message):
            # aiohttp asks for it before it could tell of a fault, and the connection would hear nothing for ever.
            raise BadHttpMessage("the host of the request's target is none")
        return message


def _has_host(message: RawRequestMessage) -> bool:
    try:
        return message.url.host is not None
    except ValueError:
        return False


class UnknownProtocol(BadHttpMessage):
    """Looks like HTTP, of a version that is not spoken here."""


class _Http(RequestHandler):
    """aiohttp's side of a connection, with Docker's form for what is no request."""

    __slots__ = ("input_has_ended",)

    input_has_ended: bool

    async def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if self.input_has_ended or request.method == "CONNECT" or resp.status == 417:
            # The rest of a body that will never come is not waited for.
            self._lingering_time = 0
        result = await super().finish_response(request, resp, start_time)
        if self.input_has_ended and not self._messages:
            self.close()
        return result

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
        elif isinstance(exc, UnknownProtocol):
            status = 505
        # What was wrong is quoted in the parser's words, which may be long.
        answer = json_answer({"message": (message or "bad request")[:300]}, status=status)
        answer.headers.update(INTRODUCTION)
        answer.force_close()
        return answer


TOO_LARGE = "the header of the request is too large"


class Front:
    """Passes everything to aiohttp, except heads that do not end, and the end of input behind requests."""

    def __init__(self, http: Any, patience: Patience) -> None:
        self._http = http
        self._parser = http._parser
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._hangup: HangupWatch | None = None
        self.has_ended = False
        self.pause_writing = http.pause_writing
        self.resume_writing = http.resume_writing

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(self._patience.first_seconds, transport.close)
        self._http.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.let_go()
        self._http.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._http.data_received(data)
        parser = self._parser
        if parser._payload_has_more_data and not self._http._reading_paused:
            # A pause that came with the end of a chunk is taken for one of now when the next chunk comes; nobody would
            # ask for what was put aside then, which may be the end of the body. Only once: who closes takes nothing.
            self._http.data_received(b"")
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
        """Let a client that has closed its writing half have the answers to what it asked; one that is gone, not."""
        http = self._http
        if http._upgraded:
            # When the request is refused instead of hijacked, the connection ends with the answer.
            self.has_ended = http.input_has_ended = True
            http.close()
            return True
        is_idle = not http._request_count or (http._waiter is not None and not http._waiter.done())
        is_cut = self._parser._payload_parser is not None
        if is_idle or is_cut or has_hung_up(self._transport):
            return False
        self.has_ended = http.input_has_ended = True
        self._hangup = HangupWatch(self._transport, self._transport.abort)
        return True

    def let_go(self) -> bool:
        """Take no more part in the connection; return whether its input has ended."""
        self._stop_timer()
        self._stop_watch()
        return self.has_ended

    def _stop_watch(self) -> None:
        if self._hangup is not None:
            self._hangup.stop()
            self._hangup = None


def _too_large() -> bytes:
    body = json_answer({"message": TOO_LARGE}).body
    assert isinstance(body, bytes)
    head = (
        "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
