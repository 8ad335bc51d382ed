"""Clients that go away in the middle: the work that was for them ends, and the daemon holds nothing for them."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon, Docker
from tests.support.eventually import eventually
from tests.support.registry_server import Fault, RegistryServer
from tests.support.traces import container_processes, has_spare_shim, leaves_nothing, traces


@pytest.fixture
def api(standing: Daemon) -> Api:
    return Api(os.fspath(standing.socket))


@pytest.fixture
def held(standing: Daemon, api: Api) -> Iterator[None]:
    """Count the daemon's descriptors and tasks before and after."""
    # The end of a container brings a spare shim for the next one, whose socket would be counted as a client's.
    api.output("true")
    eventually(lambda: has_spare_shim(standing))
    before, kept = traces(standing), holdings(api)
    yield
    eventually(lambda: exceeds(holdings(api), kept) == {}, within_seconds=8)
    leaves_nothing(standing, before, but=("content/ingest/", "content/blobs/"))


def holdings(api: Api) -> dict[str, int]:
    info = api.get("/info").json
    return {"descriptors": info["NFd"], "tasks": info["NGoroutines"]}


def exceeds(now: dict[str, int], before: dict[str, int]) -> dict[str, Any]:
    return {what: (before[what], count) for what, count in now.items() if count > before[what]}


class Client:
    """A request whose answer is begun to be read, and then dropped."""

    def __init__(self, api: Api, method: str, path: str, body: bytes = b"", *, upgrade: bool = False) -> None:
        self.end = socket.socket(socket.AF_UNIX)
        self.end.settimeout(20)
        self.end.connect(api.path)
        extra = "Connection: Upgrade\r\nUpgrade: tcp\r\n" if upgrade else ""
        head = f"{method} /v1.51{path} HTTP/1.1\r\nHost: d\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        self.end.sendall(head.encode() + body)

    def read_until(self, text: bytes) -> None:
        seen = b""
        while text not in seen:
            received = self.end.recv(65536)
            assert received, seen
            seen += received

    def vanish(self) -> None:
        self.end.close()


def context(dockerfile: str) -> bytes:
    return tar_with(Dockerfile=dockerfile.encode())


def tar_with(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.usefixtures("held")
def test_a_pull_ends_with_its_client(api: Api) -> None:
    with RegistryServer() as registry:
        image = tiny_image.image(tiny_image.layer({"large": os.urandom(500_000)}, compression="none"))
        registry.add_image("team/app", "1", image)
        registry.faults.append(Fault("blobs", 99, stall_after=100_000))
        kept = holdings(api)
        client = Client(api, "POST", f"/images/create?fromImage={registry.address}/team/app&tag=1")
        assert registry.stalled.wait(20)
        assert exceeds(holdings(api), kept)["tasks"]
        client.vanish()
        # While the registry still keeps silent. Another connection to it may stay for the next who needs one.
        eventually(lambda: "tasks" not in exceeds(holdings(api), kept))


@pytest.mark.usefixtures("held")
def test_a_push_ends_with_its_client(api: Api) -> None:
    with RegistryServer() as registry:
        api.post(f"/images/{IMAGE}/tag", repo=f"{registry.address}/team/app", tag="1")
        registry.faults.append(Fault("PUT .*/uploads/", status=500, body=b"x" * 2000, stall_after=1000))
        kept = holdings(api)
        client = Client(api, "POST", f"/images/{registry.address}/team/app/push?tag=1")
        assert registry.stalled.wait(20)
        client.vanish()
        # Its connection to the registry may stay for the next who needs one; the upload is given up.
        eventually(lambda: "tasks" not in exceeds(holdings(api), kept))
        eventually(lambda: not registry.uploads.open)
        api.delete(f"/images/{registry.address}/team/app:1")


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("path", ["/images/load", "/images/create?fromSrc=-", "/build"])
def test_what_comes_in_goes_when_its_sender_goes(standing: Daemon, api: Api, path: str) -> None:
    ingest = standing.data / "content" / "ingest"
    content, kept, before = os.urandom(3_000_000), holdings(api), set(ingest.iterdir())
    half = tar_with(Dockerfile=b"FROM busybox\n", large=content)[:2_000_000]
    end = socket.socket(socket.AF_UNIX)
    end.connect(api.path)
    end.sendall(f"POST /v1.51{path} HTTP/1.1\r\nHost: d\r\nContent-Length: 4000000\r\n\r\n".encode() + half)
    eventually(lambda: bool(exceeds(holdings(api), kept)))
    end.close()
    eventually(lambda: not exceeds(holdings(api), kept))
    assert not list((standing.data / "tmp").iterdir())
    # What another test has left of a pull may be fetched on.
    assert set(ingest.iterdir()) <= before


@pytest.mark.usefixtures("held")
def test_a_save_ends_with_its_reader(api: Api) -> None:
    api.post("/images/create", tar_with(large=os.urandom(8_000_000)), fromSrc="-", repo="large")
    kept = holdings(api)
    client = Client(api, "GET", "/images/large/get")
    client.read_until(b"blobs/sha256/")
    client.vanish()
    eventually(lambda: not exceeds(holdings(api), kept))
    # Nothing keeps the image's content now.
    assert len(api.delete("/images/large").json) == 3


@pytest.mark.usefixtures("held")
def test_a_build_ends_with_its_client_and_so_does_its_process(standing: Daemon, api: Api) -> None:
    client = Client(api, "POST", "/build", context("FROM busybox\nRUN echo begun && sleep 600\n"))
    client.read_until(b"begun\\n")
    assert any("sleep" in line for line in container_processes(standing).values())
    client.vanish()
    eventually(lambda: container_processes(standing) == {}, within_seconds=10)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("times", [1, 10])
@pytest.mark.parametrize(
    ("method", "path", "upgrade"),
    [
        ("POST", "/containers/talks/attach?stream=1&stdout=1&stdin=1", True),
        ("POST", "/containers/talks/attach?stream=1&stdout=1&logs=1", False),
        ("GET", "/containers/talks/logs?follow=1&stdout=1", False),
        ("GET", "/containers/talks/stats", False),
    ],
    ids=["attach", "attach with logs", "logs", "stats"],
)
def test_readers_of_a_container_that_go_away(api: Api, method: str, path: str, upgrade: bool, times: int) -> None:
    container = api.run("sh", "-c", "while true; do echo tick; usleep 5000; done", name="talks", OpenStdin=True)
    clients = [Client(api, method, path, upgrade=upgrade) for _ in range(times)]
    for client in clients:
        client.read_until(b"tick" if "stats" not in path else b"cpu_stats")
        client.vanish()
    # The container has not noticed: it goes on talking.
    seen = len(api.logs("talks").split())
    eventually(lambda: len(api.logs("talks").split()) > seen)
    api.remove(container)


@pytest.mark.usefixtures("held")
def test_waiting_and_listening_clients_that_go_away(api: Api) -> None:
    container = api.run("sleep", "600")
    clients = [Client(api, "POST", f"/containers/{container}/wait") for _ in range(5)]
    clients += [Client(api, "GET", "/events") for _ in range(5)]
    for client in clients:
        client.read_until(b"\r\n\r\n")
        client.vanish()
    api.remove(container)


@pytest.mark.usefixtures("held")
def test_an_exec_whose_client_was_killed_can_still_be_seen(standing: Daemon, api: Api) -> None:
    container = api.run("sleep", "600", name="busy")
    docker = Docker(standing.host)
    client = docker.open("exec", "-i", "busy", "sh", "-c", "echo begun; cat; exit 9")
    assert client.stdout is not None
    assert client.stdout.readline() == b"begun\n"
    (exec_id,) = api.inspect(container)["ExecIDs"]
    client.send_signal(signal.SIGKILL)
    client.communicate()
    eventually(lambda: not api.get(f"/exec/{exec_id}/json").json["Running"])
    assert api.get(f"/exec/{exec_id}/json").json["ExitCode"] == 9
    api.remove(container)


@pytest.mark.usefixtures("held")
def test_a_client_that_goes_before_the_answer_to_its_create_leaves_one_container_or_none(api: Api) -> None:
    body = json.dumps({"Image": "busybox", "Cmd": ["true"]}).encode()
    for _ in range(10):
        Client(api, "POST", "/containers/create", body).vanish()

    def settled() -> bool:
        found = api.get("/containers/json", all=1).json
        for one in found:
            api.remove(one["Id"])
        return not api.get("/containers/json", all=1).json

    eventually(settled)
