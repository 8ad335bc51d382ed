"""Requests to a daemon, and connections taken over as raw streams.

requests does HTTP; an upgraded connection is taken from http.client, because requests gives none away. One Transport
keeps its idle connections and may be used from several threads.
"""

from __future__ import annotations

import http.client
import json as json_text
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.dialing import dial
from jupyter_containers.client.failures import connection_lost, failure, no_connection
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.rest_log import HEADER, RestLog
from jupyter_containers.errors import DeadlineExceeded
from jupyter_containers.version import __version__

# The newest version of the API that is spoken here; an older daemon is spoken to in its own.
API_VERSION = (1, 51)

# A query's values; what is False, empty or None is left out.
Query = Mapping[str, object]
# Where an answer carries its line in the log.
_CALL = "_rest_call"


class _Connection(HTTPConnection):
    def __init__(self, address: Address, timeout: Any) -> None:
        super().__init__("localhost", timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = dial(self._address)


class _Pool(HTTPConnectionPool):
    def __init__(self, address: Address) -> None:
        super().__init__("localhost", maxsize=8)
        self._address = address
        self._connections: WeakSet[_Connection] = WeakSet()

    def _new_conn(self) -> _Connection:
        self.num_connections += 1
        connection = _Connection(self._address, self.timeout.connect_timeout)
        self._connections.add(connection)
        return connection

    def hang_up(self) -> None:
        for connection in list(self._connections):
            # A read that waits in another thread is not ended by a close, only by this.
            with suppress(OSError):
                if connection.sock is not None:
                    connection.sock.shutdown(socket.SHUT_RDWR)


class DaemonAdapter(HTTPAdapter):
    """Sends what requests has prepared to one daemon, whatever the host in the URL."""

    def __init__(self, address: Address) -> None:
        self._pool = _Pool(address)
        super().__init__()

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool

    def get_connection(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        # What requests before 2.32 calls.
        return self._pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return request.path_url

    def hang_up(self) -> None:
        self._pool.hang_up()

    def close(self) -> None:
        self._pool.close()
        super().close()


class _Upgrading(http.client.HTTPConnection):
    """Lets go of its connection instead of closing it: the raw stream takes it over."""

    def __init__(self, address: Address) -> None:
        super().__init__("localhost")
        self._address = address

    def connect(self) -> None:
        self.sock = dial(self._address)

    def close(self) -> None:
        self.sock = None
        super().close()


class Transport:
    """Talks to one daemon. Raises kinds of errors.py by the status of an answer, Unavailable without one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._session = requests.Session()
        # No proxies, no .netrc: nothing of this user's settings for the network has to do with a local socket.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"jupyter-containers/{__version__}"
        self._adapter = DaemonAdapter(address)
        self._session.mount("http://", self._adapter)
        self._version: tuple[int, int] | None = None
        self._server = ""
        self.log: RestLog | None = None

    def known_from(self, other: Transport) -> None:
        """Take over what another one has learnt of the same daemon."""
        self._version, self._server = other.version, other._server

    def close(self) -> None:
        self._session.close()

    def hang_up(self) -> None:
        """End the answers that other threads wait for, which see their connections lost."""
        self._adapter.hang_up()

    @property
    def version(self) -> tuple[int, int]:
        """The version of the API that both sides know; asks the daemon the first time."""
        if self._version is None:
            with closing(self._send("GET", "/_ping")) as answer:
                self._version = min(API_VERSION, _version(answer.headers.get("Api-Version", "")))
                self._server = answer.headers.get("Server", "")
        return self._version

    @property
    def is_own_daemon(self) -> bool:
        """Whether the daemon is one of ours, which knows more than Docker's API; asks it the first time."""
        return bool(self.version) and self._server.startswith("jupyter-containers/")

    def request(
        self, method: str, path: str, *, query: Query | None = None, json: Any = None,
        body: bytes | Iterable[bytes] | None = None, headers: Mapping[str, str] | None = None, stream: bool = False,
        timeout_seconds: float | None = None,
    ) -> requests.Response:  # fmt: skip
        """Send a request and return the answer; with `stream` it is not read yet, and the caller closes it."""
        content = {"json": json} if json is not None else {"data": body}
        return self._send(
            method, self._versioned(path, query), headers=headers, stream=stream, timeout=timeout_seconds, **content
        )

    def chunks(self, answer: requests.Response) -> Iterator[bytes]:
        """Return the body of a streamed answer, piece by piece as it comes; closes the answer at the end."""
        is_chunked = answer.headers.get("Transfer-Encoding", "").lower() == "chunked"
        with closing(answer):
            try:
                # Without chunks only single bytes come at once, whatever number is asked for.
                content = answer.iter_content(None if is_chunked else 1)
                yield from content if self.log is None else _counted(content, answer)
            except (requests.RequestException, HTTPError, OSError) as error:
                raise connection_lost(str(self.address), error) from error

    def upgrade(self, path: str, *, query: Query | None = None, json: Any = None, terminal: bool) -> RawStream:
        """Post a request that takes the connection over; return the raw stream, which the caller closes.

        `terminal`: the stream comes from a terminal and has no frames.
        """
        target = self._versioned(path, query)
        body = b"" if json is None else json_text.dumps(json).encode()
        if self.log is None:
            return self._upgrade(target, body, {}, terminal=terminal)
        with self.log.timing("POST", target) as call:
            call.sent_bytes = len(body)
            stream = self._upgrade(target, body, {HEADER: self.log.token}, terminal=terminal)
            call.status = HTTPStatus.SWITCHING_PROTOCOLS
            return stream

    def _upgrade(self, target: str, body: bytes, more: Mapping[str, str], *, terminal: bool) -> RawStream:
        connection, sock = _Upgrading(self.address), None
        try:
            headers = {"Content-Type": "application/json", "Connection": "Upgrade", "Upgrade": "tcp", **more}
            connection.connect()
            sock = connection.sock
            connection.request("POST", target, body=body, headers={**headers, "Host": self.address.authority})
            return _taken_over(connection.getresponse(), sock, terminal=terminal)
        except BaseException as error:
            if sock is not None:
                sock.close()
            if isinstance(error, (OSError, http.client.HTTPException)):
                raise no_connection(str(self.address), _reason(error)) from error
            raise
        finally:
            connection.close()

    def _versioned(self, path: str, query: Query | None) -> str:
        major, minor = self.version
        words = _query(query or {})
        return f"/v{major}.{minor}{path}" + (f"?{words}" if words else "")

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        if self.log is None:
            return self._exchange(method, path, **content)
        content["headers"] = {**(content.get("headers") or {}), HEADER: self.log.token}
        with self.log.timing(method, path) as call:
            answer = self._exchange(method, path, **content)
            call.status = answer.status_code
            call.sent_bytes = _length(answer.request.headers)
            call.received_bytes = _length(answer.headers) if content.get("stream") else len(answer.content)
            setattr(answer, _CALL, call)
            return answer

    def _exchange(self, method: str, path: str, *, timeout: float | None = None, **content: Any) -> requests.Response:
        try:
            answer = self._session.request(method, f"http://{self.address.authority}{path}", timeout=timeout, **content)
        except requests.Timeout as error:
            raise DeadlineExceeded(f"the daemon at {self.address} did not answer in {timeout} s") from error
        except requests.ConnectionError as error:
            raise no_connection(str(self.address), _reason(error)) from error
        except requests.RequestException as error:
            raise connection_lost(str(self.address), error) from error
        if answer.status_code >= 400:
            with closing(answer):
                raise failure(answer.status_code, answer.content)
        return answer


def _taken_over(answer: http.client.HTTPResponse, sock: Any, *, terminal: bool) -> RawStream:
    """Return the stream behind the headers. The bytes that came together with them are in the answer's buffer."""
    with answer:
        if answer.status >= 400:
            raise failure(answer.status, answer.read())
        # Peeking a buffer that is empty would wait for more, so the socket must not wait meanwhile.
        sock.setblocking(False)
        early = cast(Any, answer.fp).peek()
    sock.setblocking(True)
    return RawStream(sock, early, framed=not terminal)


def _counted(content: Iterable[bytes], answer: requests.Response) -> Iterator[bytes]:
    """Pass content on and count it, for a request that was logged."""
    call = getattr(answer, _CALL, None)
    for piece in content:
        if call is not None:
            call.received_bytes += len(piece)
        yield piece


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else 0


def _query(query: Query) -> str:
    words: dict[str, Any] = {}
    for name, value in query.items():
        if value is None or value is False or value in ("", []):
            continue
        words[name] = "1" if value is True else value
    return urlencode(words, doseq=True)


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else API_VERSION


def _reason(error: BaseException) -> str:
    """Return the words of the system call at the bottom of a chain of wrapped errors."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return _tls_reason(seen)
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        inner = [value for value in seen.args if isinstance(value, BaseException)]
        inner += [reason] if isinstance(reason := getattr(seen, "reason", None), BaseException) else []
        seen = inner[0] if inner else seen.__cause__ or seen.__context__
    return str(error)


def _tls_reason(error: ssl.SSLError) -> str:
    """Return what TLS found wrong, and what to do about it where that is known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; look at ca.pem in DOCKER_CERT_PATH"
    words = (error.reason or str(error)).lower().replace("_", " ")
    if "certificate required" in words or "unknown ca" in words or "handshake failure" in words:
        return f"it does not accept our certificate ({words}); look at cert.pem and key.pem in DOCKER_CERT_PATH"
    if "wrong version number" in words:
        return "it does not speak TLS; unset DOCKER_TLS_VERIFY"
    return f"TLS failed: {words}"
