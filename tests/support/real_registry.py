"""Debian's docker-registry on a free port of the loopback, open or with a password, for the time of a block."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "alice", "secret"
# The password as bcrypt has it.
_HTPASSWD = "alice:$2b$04$G0Z/X1AaqZmCgX3vj/5tveZFkH8Xw0KmtuvFU19ck/T4tfGbVkX3y\n"
_START_SECONDS = 10
_MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json" for kind in ("docker.distribution.manifest.v2", "oci.image.manifest.v1")
)


@dataclass(frozen=True, slots=True)
class RealRegistry:
    """`address` is `host:port`; `log` tells each request that came."""

    address: str
    log: Path

    def manifest(self, repository: str, key: str) -> dict[str, Any]:
        """Return a manifest that is there; only of an open registry."""
        request = urllib.request.Request(f"http://{self.address}/v2/{repository}/manifests/{key}")
        request.add_header("Accept", _MANIFESTS)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def blob(self, repository: str, digest: str) -> bytes:
        with urllib.request.urlopen(f"http://{self.address}/v2/{repository}/blobs/{digest}", timeout=10) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def real_registry(folder: Path, *, password: bool = False) -> Iterator[RealRegistry]:
    """Run a registry; with `password` only USER may use it, by PASSWORD. Skips where it is not installed."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed (package docker-registry)")
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "store")}, "delete": {"enabled": True}},
        "http": {"addr": address},
    }
    if password:
        (folder / "htpasswd").write_text(_HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(settings))
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"docker-registry did not start:\n{log.read_text()}")
            time.sleep(0.02)
        yield RealRegistry(address, log)
    finally:
        server.terminate()
        server.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401
    except OSError:
        return False
    return True
