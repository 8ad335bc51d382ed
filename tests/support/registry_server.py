"""A registry on the loopback, in a thread, that can be told to misbehave. For synchronous and asynchronous tests.

with RegistryServer() as registry:
    registry.add_image("team/app", "1", tiny_image.image(…))
    registry.faults.append(Fault("GET /v2/team/app/blobs/", cut_after=100))     # once; then it behaves
    … pull f"{registry.address}/team/app:1" …
    assert [request.line for request in registry.requests] == […]
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import secrets
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from jupyter_containers.oci.digest import Digest
from tests.support.registry_uploads import Uploads
from tests.support.tiny_image import TinyImage

_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs)/(?P<key>[^/]+)")
_TAGS = re.compile(r"/v2/(.+)/tags/list")
_CODES = {401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` requests whose "METHOD path" matches the pattern `when`.

    `status` answers that instead; `cut_after` and `stall_after` count bytes of the body; `corrupt` flips the last
    byte; `ignore_range` answers 200 and everything; `length` lies in Content-Length (None: no length, body until the
    connection closes); `endless` never ends the body; `redirect` is a Location; `take_bytes` reads so many bytes of the
    request's body, keeps them, and hangs up; `interim` says for ever that the answer is being made (102).
    """

    when: str
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut_after: int | None = None
    stall_after: int | None = None
    bytes_per_second: int | None = None
    corrupt: bool = False
    ignore_range: bool = False
    without_length: bool = False
    length: int | None = None
    endless: bool = False
    redirect: str | None = None
    take_bytes: int | None = None
    interim: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came, and the status it got."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class _Document:
    content: bytes
    media_type: str


class RegistryServer:
    """`authentication` is None, "basic" or "bearer"; `users` maps names to passwords; `public` allows anonymous tokens.

    `requests` and `connections` are what came.

    `pages` are answers by their path with its query, beside those of the protocol; `page_link` says what comes next.
    `tokens` holds the bearer tokens that are valid now: clear it to revoke them all. `identity_tokens` maps refresh
    tokens to users.
    """

    def __init__(
        self,
        *,
        authentication: str | None = None,
        users: Mapping[str, str] | None = None,
        public: bool = False,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.authentication = authentication
        self.users = dict(users or {})
        self.public = public
        self.faults: list[Fault] = []
        self.requests: list[Seen] = []
        self.tokens: set[str] = set()
        self.token_answer: dict[str, Any] = {}
        self.identity_tokens: dict[str, str] = {}
        self.realm: str | None = None
        self.uploads = Uploads()
        self.pages: dict[str, bytes] = {}
        self.page_link = ""
        self.connections: list[object] = []
        self.stopping = threading.Event()
        self.stalled = threading.Event()
        self._manifests: dict[tuple[str, str], _Document] = {}
        self._blobs: dict[tuple[str, str], bytes] = {}
        self._server = _Server((host, 0), _Answerer)
        self._server.registry = self
        self._server.tls = tls
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="test registry")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """`host:port`, as it stands in a reference."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def add_image(self, repository: str, tag: str | None, image: TinyImage) -> Digest:
        """Serve an image (or an index with all its images) under a tag and its digest; return the digest."""
        for digest, content in image.blobs.items():
            self.add_blob(repository, content, digest)
        for child in image.children:
            self.add_image(repository, None, child)
        for reference in (tag, str(image.digest)):
            if reference is not None:
                self.add_manifest(repository, reference, image.manifest, image.media_type)
        return image.digest

    def add_manifest(self, repository: str, reference: str, content: bytes, media_type: str) -> None:
        """Serve any bytes as a manifest, under a reference that need not be true."""
        self._manifests[repository, reference] = _Document(content, media_type)

    def add_blob(self, repository: str, content: bytes, digest: Digest | None = None) -> Digest:
        """Serve any bytes as a blob, under a digest that need not be true."""
        digest = digest or Digest.of(content)
        self._blobs[repository, str(digest)] = content
        return digest

    def lines(self, pattern: str = "") -> list[str]:
        """Return "METHOD path" of the requests that came, those that match."""
        return [seen.line for seen in self.requests if re.search(pattern, seen.line)]

    def blob(self, repository: str, digest: str) -> bytes | None:
        return self._blobs.get((repository, digest))

    def document(self, path: str) -> _Document | None:
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        if match["kind"] == "manifests":
            return self._manifests.get((match["name"], match["key"]))
        content = self._blobs.get((match["name"], match["key"]))
        return None if content is None else _Document(content, "application/octet-stream")

    def remove_blob(self, repository: str, digest: str) -> None:
        del self._blobs[repository, digest]

    def tags(self, repository: str) -> list[str]:
        return [key for name, key in self._manifests if name == repository and ":" not in key]

    def knows(self, repository: str) -> bool:
        return any(name == repository for name, _ in (*self._manifests, *self._blobs))

    def fault_for(self, line: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.when, line):
                fault.times -= 1
                return fault
        return None

    def may(self, authorization: str) -> bool:
        if self.authentication is None:
            return True
        scheme, _, value = authorization.partition(" ")
        if self.authentication == "basic":
            return scheme == "Basic" and self.user_of(value) is not None
        return scheme == "Bearer" and value in self.tokens

    def user_of(self, basic: str) -> str | None:
        try:
            name, _, password = base64.b64decode(basic).decode().partition(":")
        except ValueError:
            return None
        return name if name in self.users and self.users[name] == password else None

    def challenge(self, scope: str) -> str:
        if self.authentication == "basic":
            return 'Basic realm="test registry"'
        realm = self.realm or f"http://{self.address}/token"
        return f'Bearer realm="{realm}",service="test registry"' + (f',scope="{scope}"' if scope else "")

    def new_token(self) -> dict[str, Any]:
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return {"token": token, "expires_in": 300} | self.token_answer


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    registry: RegistryServer
    tls: ssl.SSLContext | None = None

    def __init__(self, address: tuple[str, int], answerer: Callable[..., BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, answerer)
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the connection's own thread: a greeting that never comes must not keep the others out.
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as wrapped:
            self._open.add(wrapped)
            try:
                wrapped.do_handshake()
                super().finish_request(wrapped, client_address)
            finally:
                self._open.discard(wrapped)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        self.registry.connections.append(client_address)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        # Clients keep connections alive; their threads would wait for the next request for ever.
        for connection in self._open.copy():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: clients that break off are what is tested here."""


class _Answerer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""

    def _answer(self) -> None:
        registry, (path, _, query) = self.server.registry, self.path.partition("?")
        fault = registry.fault_for(f"{self.command} {self.path}") or Fault("")
        body = self._request_body(fault.take_bytes)
        registry.requests.append(Seen(self.command, self.path, dict(self.headers), body))
        if fault.take_bytes is not None:
            registry.uploads.take(self.path, body)
            self.close_connection = True
        elif fault.redirect:
            self._send(307, b"", {"Location": fault.redirect})
        elif fault.status is not None:
            self._refuse(fault.status, fault)
        elif path == "/token":
            self._token(query, body.decode())
        elif not registry.may(self.headers.get("Authorization", "")):
            self._challenge(path)
        elif path == "/v2/":
            self._send(200, b"{}", {"Content-Type": "application/json"})
        elif uploaded := registry.uploads.answer(registry, (self.command, path, query), body, dict(self.headers)):
            self._send(uploaded[0], b"", uploaded[1])
        elif self.path in registry.pages:
            link = {"Link": registry.page_link} if registry.page_link else {}
            self._send(200, registry.pages[self.path], {"Content-Type": "application/json"} | link)
        elif match := _TAGS.fullmatch(path):
            self._tags(match[1], dict(urllib.parse.parse_qsl(query)))
        else:
            self._document(path, fault)

    def _request_body(self, most: int | None) -> bytes:
        """Read the body, or the first bytes of it."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length if most is None else min(most, length))
        content = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            content += self.rfile.read(size)
            self.rfile.readline()
            if most is not None and len(content) >= most:
                return content[:most]
        self.rfile.readline()
        return content

    def _tags(self, name: str, query: dict[str, str]) -> None:
        """One tag for each page, which leads to the next."""
        tags = sorted(self.server.registry.tags(name))
        if not tags:
            self._error(404, "NAME_UNKNOWN", "repository name not known to registry")
            return
        page = [tag for tag in tags if tag > query.get("last", "")][:1]
        is_last = not page or page[0] == tags[-1]
        link = {} if is_last else {"Link": f'</v2/{name}/tags/list?last={page[0]}&n=1>; rel="next"'}
        self._send(200, json.dumps({"name": name, "tags": page}).encode(), {"Content-Type": "application/json"} | link)

    def _challenge(self, path: str) -> None:
        match = _PATH.fullmatch(path)
        scope = f"repository:{match['name']}:pull" if match else ""
        self._error(401, "UNAUTHORIZED", "authentication required", {
            "WWW-Authenticate": self.server.registry.challenge(scope)})  # fmt: skip

    def _document(self, path: str, fault: Fault) -> None:
        document = self.server.registry.document(path)
        match = _PATH.fullmatch(path)
        if document is None:
            known = match is not None and self.server.registry.knows(match["name"])
            if match is not None and match["kind"] == "blobs":
                self._error(404, "BLOB_UNKNOWN", "blob unknown to registry")
            elif known:
                self._error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            else:
                self._error(404, "NAME_UNKNOWN", "repository name not known to registry")
            return
        content = document.content if fault.body is None else fault.body
        headers = {"Content-Type": document.media_type, "Docker-Content-Digest": str(Digest.of(content))}
        status, start = 200, self._range_start()
        if start is not None and not fault.ignore_range:
            status, headers["Content-Range"] = 206, f"bytes {start}-{len(content) - 1}/{len(content)}"
            content = content[start:]
        if fault.corrupt:
            content = content[:-1] + bytes((content[-1] ^ 0xFF,))
        self._send(status, content, headers | dict(fault.headers), fault)

    def _token(self, query: str, form: str) -> None:
        registry = self.server.registry
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        fields = dict(urllib.parse.parse_qsl(form or query))
        refused = scheme == "Basic" and registry.user_of(value) is None
        if fields.get("grant_type") == "refresh_token":
            refused = fields.get("refresh_token") not in registry.identity_tokens
        elif fields.get("grant_type") == "password":
            refused = registry.users.get(fields.get("username", ""), "") != fields.get("password")
        elif scheme != "Basic":
            refused = not registry.public
        if refused:
            self._error(401, "UNAUTHORIZED", "incorrect username or password")
        else:
            self._send(200, json.dumps(registry.new_token()).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, fault: Fault) -> None:
        if fault.body is not None:
            self._send(status, fault.body, fault.headers, fault)
        else:
            self._error(status, _CODES.get(status, "UNKNOWN"), "as the test ordered", fault.headers)

    def _error(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps({"errors": [{"code": code, "message": message, "detail": None}]}).encode()
        self._send(status, content, {"Content-Type": "application/json"} | dict(headers or {}))

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], fault: Fault | None = None) -> None:
        fault = fault or Fault("")
        while fault.interim and not self.server.registry.stopping.is_set():
            self.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault.without_length or fault.endless:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(content) if fault.length is None else fault.length))
        self.end_headers()
        if self.command != "HEAD":
            self._body(content, fault)

    def _body(self, content: bytes, fault: Fault) -> None:
        ends = [end for end in (fault.cut_after, fault.stall_after) if end is not None]
        part = content[: min(ends)] if ends else content
        if fault.bytes_per_second:
            self._drip(part, fault.bytes_per_second)
        else:
            self.wfile.write(part)
        self.wfile.flush()
        stopping = self.server.registry.stopping
        if fault.stall_after is not None:
            self.server.registry.stalled.set()
            stopping.wait()
        while fault.endless and not stopping.is_set():
            self.wfile.write(content or b"\0")
        if ends or (fault.length is not None and fault.length != len(content)):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _drip(self, content: bytes, bytes_per_second: int) -> None:
        step = max(1, bytes_per_second // 50)
        for start in range(0, len(content), step):
            self.wfile.write(content[start : start + step])
            if self.server.registry.stopping.wait(1 / 50):
                return

    def _range_start(self) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match[1]) if match else None


def wait_for_request(registry: RegistryServer, pattern: str, within_seconds: float = 5.0) -> None:
    """Wait until a request that matches has come."""
    deadline = time.monotonic() + within_seconds
    while not registry.lines(pattern):
        if time.monotonic() > deadline:
            raise AssertionError(f"no request {pattern!r} within {within_seconds} s; came: {registry.lines()}")
        time.sleep(0.002)
