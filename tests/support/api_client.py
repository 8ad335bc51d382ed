"""The Engine API over a unix socket, as plain as it gets: for tests that look at statuses, bodies and raw streams."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

IMAGE = "busybox"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("d", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def message(self) -> str:
        return str(self.json["message"])


def ok(answer: Answer) -> Answer:
    """Return an answer that tells of no failure, neither by its status nor in what it streams."""
    assert answer.status < 300, answer.content
    assert b"errorDetail" not in answer.content, answer.content
    return answer


class Api:
    """`api.post("/containers/create", {...}, name="x")`. `version` is put before every path."""

    def __init__(self, path: str, version: str = "1.51") -> None:
        self.path = path
        self.version = version

    def at(self, version: str) -> Api:
        return Api(self.path, version)

    def request(
        self, method: str, path: str, body: Any = None, /, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Answer:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        with self._connected() as connection:
            connection.request(method, self._url(path, query), content, {**kind, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def _url(self, path: str, query: dict[str, Any]) -> str:
        words = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in query.items()}
        return f"/v{self.version}{path}" + (f"?{urllib.parse.urlencode(words)}" if words else "")

    @contextmanager
    def _connected(self) -> Iterator[_Connection]:
        connection = _Connection(self.path, 30)
        try:
            yield connection
        finally:
            connection.close()

    def get(self, path: str, /, **query: Any) -> Answer:
        return self.request("GET", path, **query)

    def post(self, path: str, body: Any = None, /, **query: Any) -> Answer:
        return self.request("POST", path, body, **query)

    def delete(self, path: str, /, **query: Any) -> Answer:
        return self.request("DELETE", path, **query)

    # --- containers --------------------------------------------------------------------------------------------------

    def create(self, *command: str, name: str = "", host: dict[str, Any] | None = None, **config: Any) -> str:
        """Create a container; without a network unless `host` says so."""
        body = {"Image": IMAGE, "Cmd": list(command), "HostConfig": {"NetworkMode": "none", **(host or {})}, **config}
        answer = self.post("/containers/create", body, **({"name": name} if name else {}))
        assert answer.status == 201, answer.content
        return str(answer.json["Id"])

    def run(self, *command: str, name: str = "", host: dict[str, Any] | None = None, **config: Any) -> str:
        """Create and start."""
        container = self.create(*command, name=name, host=host, **config)
        answer = self.post(f"/containers/{container}/start")
        assert answer.status == 204, answer.content
        return container

    def output(self, *command: str, host: dict[str, Any] | None = None, **config: Any) -> str:
        """Run to the end, and return what was printed; the container is removed."""
        container = self.run(*command, host=host, **config)
        try:
            assert self.wait(container) == 0, self.logs(container)
            return self.logs(container)
        finally:
            self.delete(f"/containers/{container}", force=1, v=1)

    def wait(self, container: str, condition: str = "not-running") -> int:
        return int(self.post(f"/containers/{container}/wait", condition=condition).json["StatusCode"])

    def logs(self, container: str, **query: Any) -> str:
        content = self.get(f"/containers/{container}/logs", stdout=1, stderr=1, **query).content
        return b"".join(payload for _, payload in frames(content)).decode()

    def inspect(self, container: str) -> Any:
        return self.get(f"/containers/{container}/json").json

    def state(self, container: str) -> Any:
        return self.inspect(container)["State"]

    def remove(self, container: str) -> None:
        self.delete(f"/containers/{container}", force=1, v=1)

    def events(self, container: str) -> list[str]:
        """Return the actions that happened to a container so far."""
        content = self.get("/events", since="1", until=str(time.time()), filters={"container": [container]}).content
        return [json.loads(line)["Action"] for line in content.splitlines()]

    def hijack(self, path: str, body: Any = None, /, **query: Any) -> Stream:
        """Open a raw stream."""
        content = b"" if body is None else json.dumps(body).encode()
        end = socket.socket(socket.AF_UNIX)
        end.settimeout(30)
        end.connect(self.path)
        head = (
            f"POST {self._url(path, query)} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        end.sendall(head.encode() + content)
        return Stream(end)


class Stream:
    """A hijacked connection. `headers` have been read."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            received = end.recv(65536)
            assert received, self._rest
            self._rest += received
        self.headers, _, self._rest = self._rest.partition(b"\r\n\r\n")

    def send(self, content: bytes) -> None:
        self.end.sendall(content)

    def end_input(self) -> None:
        self.end.shutdown(socket.SHUT_WR)

    def read(self, until: bytes | None = None) -> bytes:
        """Read to the end of the stream, or until something was seen."""
        while until is None or until not in self._rest:
            received = self.end.recv(65536)
            if not received:
                break
            self._rest += received
        content, self._rest = self._rest, b""
        return content

    def close(self) -> None:
        self.end.close()


def frames(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Take a multiplexed stream apart."""
    while content:
        stream, length = struct.unpack(">BxxxI", content[:8])
        yield stream, content[8 : 8 + length]
        content = content[8 + length :]
