"""docker-py for compat tests: fixtures to import in a conftest, and what takes its raw answers apart."""

from __future__ import annotations

import contextlib
import gc
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.daemon import Docker

# docker-py leaves sockets of streamed answers to the garbage collector.
LEAVES_SOCKETS = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def client(docker: Docker) -> Iterator[Any]:
    """A docker-py client."""
    module = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")
    with closing(module.DockerClient(base_url=docker.host, timeout=60)) as client:
        yield client
    gc.collect()  # while its warnings are still ignored


@pytest.fixture
def name() -> str:
    """A name that nobody has."""
    return f"y{uuid.uuid4().hex[:12]}"


@pytest.fixture
def make(client: Any, name: str) -> Iterator[Callable[..., Any]]:
    """Create a container of busybox (`make("sleep", "600", start=True, tty=True)`), and remove it afterwards."""
    errors = pytest.importorskip("docker.errors")
    made: list[Any] = []

    def make(*command: str, start: bool = False, **settings: Any) -> Any:
        settings.setdefault("name", f"{name}{len(made) or ''}")
        container = client.containers.create(settings.pop("image", "busybox"), list(command), **settings)
        made.append(container)
        if start:
            container.start()
        return container

    yield make
    for container in reversed(made):
        with contextlib.suppress(errors.NotFound):
            container.remove(force=True, v=True)


def raw(connection: Any) -> socket.socket:
    """Return the socket inside what docker-py calls a socket."""
    found: socket.socket = getattr(connection, "_sock", connection)
    found.settimeout(30)
    return found


def read_all(connection: Any) -> bytes:
    end = raw(connection)
    return b"".join(iter(lambda: end.recv(65536), b""))
