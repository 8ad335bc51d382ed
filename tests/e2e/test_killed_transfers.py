"""The daemon is killed with SIGKILL while it moves images: the store is whole, and the work can be finished."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.docker_archive import docker_archive
from tests.support.eventually import eventually
from tests.support.registry_server import Fault, RegistryServer

SMALL = tiny_image.layer({"small": b"1"})
LARGE = tiny_image.layer({"large": os.urandom(3_000_000)}, compression="none")
IMAGE = tiny_image.image(SMALL, LARGE)


def blobs(daemon: Daemon) -> set[str]:
    return set(os.listdir(daemon.data / "content" / "blobs" / "sha256"))


def is_whole(docker: Docker) -> None:
    """Every image that is listed can be read from its first byte to its last."""
    for image in docker("images", "-aq", "--no-trunc").stdout.split():
        subprocess.run(docker.command("save", image), stdout=subprocess.DEVNULL, check=True)
    assert docker("run", "--rm", "--network", "none", "busybox", "echo", "alive").stdout == "alive\n"


def nothing_stays(daemon: Daemon, docker: Docker, before: set[str]) -> None:
    """Once its images are gone, so is all that was brought in."""
    for image in docker("images", "-q", "--filter", "reference=*/*/*").stdout.split():
        docker("rmi", "-f", image)
    docker("image", "prune", "-f")
    docker("builder", "prune", "-af")
    assert blobs(daemon) == before
    assert not list((daemon.data / "tmp").iterdir())


def half_of(daemon: Daemon, path: str, body: bytes) -> http.client.HTTPConnection:
    """Send the first half of a request, and see that the daemon has begun to keep it."""
    connection = http.client.HTTPConnection("d")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(os.fspath(daemon.socket))
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[: len(body) // 2])
    eventually(lambda: is_taking_in(daemon))
    return connection


def is_taking_in(daemon: Daemon, size: int = 1) -> bool:
    coming = (daemon.data / "content" / "ingest").rglob("*")
    return any(path.stat().st_size >= size for path in coming if path.is_file())


@pytest.mark.parametrize("path", ["/images/load", "/images/create?fromSrc=-&repo=a.b/c/d"])
def test_an_archive_that_was_coming_in(daemon: Daemon, docker: Docker, path: str) -> None:
    before, body = blobs(daemon), docker_archive({"a.b/c/d:1": IMAGE})
    with_half = half_of(daemon, path, body)
    daemon.kill()
    with_half.close()
    daemon.start()
    assert blobs(daemon) == before
    assert not list((daemon.data / "content" / "ingest").iterdir())
    is_whole(docker)
    assert docker("load", stdin=body).stdout == "Loaded image: a.b/c/d:1\n"
    is_whole(docker)
    nothing_stays(daemon, docker, before)


def stalled(when: str, **fault: object) -> Fault:
    return Fault(when, **{"stall_after": 1000, **fault})  # type: ignore[arg-type]


def killed_during(
    daemon: Daemon, server: RegistryServer, command: list[str], has_begun: Callable[[], bool] = lambda: True
) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT):
        assert server.stalled.wait(20)
        eventually(has_begun)
        daemon.kill()
    daemon.start()


def test_a_pull(daemon: Daemon, docker: Docker) -> None:
    before = blobs(daemon)
    with RegistryServer() as server:
        server.add_image("c/d", "1", IMAGE)
        name = f"{server.address}/c/d:1"
        server.faults.append(stalled(f"GET .*{LARGE.descriptor.digest.hex}", stall_after=1_000_000))
        killed_during(daemon, server, docker.command("pull", name), lambda: is_taking_in(daemon, 100_000))
        is_whole(docker)
        docker("pull", name)
        assert docker("image", "inspect", "-f", "{{.Id}}", name).stdout.strip() == str(IMAGE.image_id)
        # What had come before the kill was not asked for again.
        assert any("Range" in seen.headers for seen in server.requests)
    is_whole(docker)
    nothing_stays(daemon, docker, before)


def test_a_push(daemon: Daemon, docker: Docker) -> None:
    before = blobs(daemon)
    with RegistryServer() as server:
        name = f"{server.address}/c/d:1"
        docker("load", stdin=docker_archive({name: IMAGE}))
        server.faults.append(stalled("PUT .*/blobs/uploads/", status=500, body=b"x" * 2000))
        killed_during(daemon, server, docker.command("push", name))
        is_whole(docker)
        docker("push", name)
        assert server.tags("c/d") == ["1"]
    nothing_stays(daemon, docker, before)


def test_a_build(daemon: Daemon, docker: Docker, tmp_path: Path) -> None:
    before = blobs(daemon)
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox\nCOPY Dockerfile /one\nRUN touch /two\nRUN test -e /go || sleep 600\n"
    )
    command = docker.command("build", "-t", "a.b/c/d:1", "--network", "none", os.fspath(tmp_path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=docker.environment) as client:
        assert client.stdout is not None
        while b"Step 4/4" not in client.stdout.readline():
            pass
        assert b"Running in" in client.stdout.readline()
        daemon.kill()
    daemon.start()
    is_whole(docker)
    assert not docker("ps", "-aq").stdout
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY Dockerfile /one\nRUN touch /two\nRUN true\n")
    docker("build", "-t", "a.b/c/d:1", "--network", "none", os.fspath(tmp_path))
    is_whole(docker)
    nothing_stays(daemon, docker, before)


def in_a_row(docker: Docker, api: Api, number: int) -> None:
    """A bit of everything, each with content of its own."""
    image = tiny_image.image(tiny_image.layer({f"f{number}": os.urandom(50_000)}))
    api.post("/images/load", docker_archive({f"a.b/c/d:{number}": image}))
    container = api.create("touch", f"/{number}")
    api.post("/commit", container=container, repo="a.b/c/e", tag=str(number))
    api.remove(container)
    api.delete(f"/images/a.b/c/d:{number}")
    api.post("/images/prune")


def test_whatever_it_was_doing(daemon: Daemon, docker: Docker) -> None:
    """It is killed at the 1st, 2nd, 3rd … change of its store, again and again."""
    before, api = blobs(daemon), Api(os.fspath(daemon.socket))
    for number in range(6):
        seen = len(blobs(daemon))
        worker = os.fork()
        if not worker:
            try:
                in_a_row(docker, api, number)
            finally:
                os._exit(0)
        _until_changed(daemon, seen, worker, number)
        daemon.kill()
        os.waitpid(worker, 0)
        daemon.start()
        is_whole(docker)
    docker("rm", "-f", *docker("ps", "-aq").stdout.split(), code=None)
    nothing_stays(daemon, docker, before)


def _until_changed(daemon: Daemon, seen: int, worker: int, times: int) -> None:
    """Wait until the number of blobs has changed so often, or the work is done."""

    def has_changed() -> bool:
        is_done = os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return is_done or len(blobs(daemon)) != seen

    for _ in range(times):
        eventually(has_changed)
        seen = len(blobs(daemon))
