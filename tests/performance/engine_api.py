"""A client that costs next to nothing, so that what is measured is the daemon: raw HTTP over one unix connection."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

# A daemon that does not answer is a failure, not a slow round.
ANSWER_SECONDS = 60


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("d")
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(self.path)


class EngineApi:
    """One kept connection to a daemon at `unix://…`."""

    def __init__(self, host: str) -> None:
        self._connection = UnixConnection(host.removeprefix("unix://"))

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Do one request; return the JSON of the answer. Raises AssertionError for an error status."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status < 400, f"{method} {path}: {answer.status} {data!r}"
        return json.loads(data) if data.strip().startswith((b"{", b"[")) else None

    def ask(self, method: str, path: str) -> Callable[[], bytes]:
        """Begin a request that is answered later: returns when the daemon has begun its answer, for the rest of it."""
        self._connection.request(method, path)
        answer = self._connection.getresponse()
        assert answer.status < 400, f"{method} {path}: {answer.status}"
        return answer.read

    def fetch(self, path: str) -> int:
        """Read an answer to its end; return its length."""
        self._connection.request("GET", path)
        answer, length = self._connection.getresponse(), 0
        while content := answer.read(1 << 20):
            length += len(content)
        assert answer.status < 400, f"GET {path}: {answer.status}"
        return length

    def send(self, path: str, content: bytes) -> None:
        """Put content somewhere."""
        self._connection.request("PUT", path, content, {"Content-Type": "application/x-tar"})
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status < 400, f"PUT {path}: {answer.status} {data!r}"

    def post(self, path: str, content: bytes) -> bytes:
        """Send a tar for which there is an answer; return all of it."""
        self._connection.request("POST", path, content, {"Content-Type": "application/x-tar"})
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status < 400, f"POST {path}: {answer.status} {data!r}"
        return data

    def create(self, *command: str, network: str) -> str:
        body = {"Image": "busybox", "Cmd": command, "HostConfig": {"NetworkMode": network}}
        container_id: str = self.call("POST", "/containers/create", body)["Id"]
        return container_id

    def run(self, *command: str, network: str) -> None:
        """create + start + wait + remove."""
        container_id = self.create(*command, network=network)
        self.call("POST", f"/containers/{container_id}/start")
        self.call("POST", f"/containers/{container_id}/wait")
        self.call("DELETE", f"/containers/{container_id}")

    def execute(self, container_id: str, *command: str) -> None:
        """Create an exec, and start it without streams; wait by asking."""
        exec_id = self.call("POST", f"/containers/{container_id}/exec", {"Cmd": command})["Id"]
        self.call("POST", f"/exec/{exec_id}/start", {"Detach": True})
        while self.call("GET", f"/exec/{exec_id}/json")["Running"]:
            pass

    def close(self) -> None:
        self._connection.close()
