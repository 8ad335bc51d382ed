"""Our registry as a process of its own, as a person starts it, and a bare client that can say anything to it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from tests.support.tiny_image import TinyImage


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str(self.json["errors"][0]["code"])


class OwnRegistry:
    """A process that serves `root`. `address` is host:port."""

    def __init__(self, root: Path, *flags: str) -> None:
        self.root = root
        self.flags = flags
        self.address = ""
        self.tls: ssl.SSLContext | None = None
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens; a second time at the address of the first."""
        words = ["--root", str(self.root), "--listen", self.address or "127.0.0.1:0", *self.flags]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_containers", "registry", "serve", *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("registry at http"), line
        self.address = line.split()[2].partition("//")[2]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def connect(self) -> http.client.HTTPConnection:
        if self.tls is not None:
            return http.client.HTTPSConnection(self.address, timeout=30, context=self.tls)
        return http.client.HTTPConnection(self.address, timeout=30)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = self.connect()
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def begin(self, name: str) -> str:
        """Begin an upload; return its path."""
        answer = self.request("POST", f"/v2/{name}/blobs/uploads/")
        assert answer.status == 202, answer
        return answer.headers["Location"]

    def received(self, path: str) -> int:
        """Return how many bytes of an upload it says that it has."""
        return int(self.request("GET", path).headers["Range"].removeprefix("0-")) + 1

    def push_blob(self, name: str, content: bytes) -> Digest:
        digest = Digest.of(content)
        answer = self.request("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", content)
        assert answer.status == 201, answer
        return digest

    def push_manifest(self, name: str, reference: str, content: bytes, media_type: str = "") -> Answer:
        headers = {"Content-Type": media_type or media_types.OCI_MANIFEST}
        return self.request("PUT", f"/v2/{name}/manifests/{reference}", content, headers)

    def push_image(self, name: str, tag: str, image: TinyImage) -> Digest:
        for content in image.blobs.values():
            self.push_blob(name, content)
        answer = self.push_manifest(name, tag, image.manifest, image.media_type)
        assert answer.status == 201, answer
        return image.digest

    def send_part(self, path: str, content: bytes, announced: int) -> socket.socket:
        """Send the beginning of a PATCH of `announced` bytes; return the connection, which the caller closes."""
        host, _, port = self.address.rpartition(":")
        connection = socket.create_connection((host, int(port)), timeout=30)
        head = f"PATCH {path} HTTP/1.1\r\nHost: {self.address}\r\nContent-Length: {announced}\r\n\r\n"
        connection.sendall(head.encode() + content)
        return connection


@contextmanager
def own_registry(root: Path, *flags: str) -> Iterator[OwnRegistry]:
    registry = OwnRegistry(root, *flags)
    registry.start()
    try:
        yield registry
    finally:
        if registry._process is not None:
            assert registry.stop() == 0
