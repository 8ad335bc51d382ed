"""The daemon, a shim or the zygote is killed in the middle of work: after the next start nothing half-made is left."""

from __future__ import annotations

import io
import os
import random
import signal
import socket
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.eventually import eventually
from tests.support.registry_server import Fault, RegistryServer
from tests.support.traces import container_processes, leaves_nothing, shims, traces

RESUMABLE = ("content/ingest/",)
SLEEPING = "FROM busybox\nRUN echo begun && sleep 600\n"


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def two_layers() -> tiny_image.TinyImage:
    return tiny_image.image(
        tiny_image.layer({"small": b"x"}), tiny_image.layer({"large": noise(3_000_000)}), process={"Cmd": ["/small"]}
    )


def crash(daemon: Daemon) -> None:
    daemon.kill()
    daemon.start()


def tar(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Sent:
    """A request that was sent and is not waited for."""

    def __init__(self, daemon: Daemon, line: str, body: bytes = b"", *, length: int | None = None) -> None:
        self.end = socket.socket(socket.AF_UNIX)
        self.end.settimeout(20)
        self.end.connect(os.fspath(daemon.socket))
        size = len(body) if length is None else length
        head = f"{line} HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\nContent-Length: {size}\r\n\r\n"
        self.end.sendall(head.encode() + body)

    def read_until(self, text: bytes) -> bytes:
        seen = b""
        while text not in seen:
            received = self.end.recv(65536)
            assert received, seen
            seen += received
        return seen

    def __enter__(self) -> Sent:
        return self

    def __exit__(self, *_: object) -> None:
        self.end.close()


# --- pull ------------------------------------------------------------------------------------------------------------


def test_a_pull_that_was_cut_off_goes_on_where_it_was(daemon: Daemon, docker: Docker, registry: RegistryServer) -> None:
    image = two_layers()
    registry.add_image("team/app", "1", image)
    large = str(image.layers[1].descriptor.digest)
    registry.faults.append(Fault(f"GET .*/blobs/{large}", stall_after=1_000_000))
    before = traces(daemon)
    name = f"{registry.address}/team/app:1"
    pull = docker.open("pull", name)
    assert registry.stalled.wait(20)
    ingest = daemon.data / "content" / "ingest"
    eventually(lambda: any(path.stat().st_size >= 900_000 for path in ingest.iterdir()))
    crash(daemon)
    assert pull.wait(20) != 0
    pull.communicate()
    leaves_nothing(daemon, before, but=RESUMABLE)
    docker("pull", name)
    again = [seen for seen in registry.requests if seen.line.endswith(large)]
    assert len(again) == 2
    assert again[1].headers["Range"].startswith("bytes=")
    assert int(again[1].headers["Range"].removeprefix("bytes=").removesuffix("-")) >= 900_000
    docker("rmi", name)
    leaves_nothing(daemon, before)


def test_a_pull_killed_at_any_time_leaves_an_image_or_nothing(
    daemon: Daemon, docker: Docker, registry: RegistryServer
) -> None:
    registry.add_image("team/app", "1", two_layers())
    before = traces(daemon)
    name = f"{registry.address}/team/app:1"
    for delay_ms in (5, 15, 40):
        with Sent(daemon, f"POST /images/create?fromImage={name}") as sent:
            sent.read_until(b"Pulling from")
            killed_after(daemon, delay_ms)
        if name in docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split():
            docker("rmi", name)
        leaves_nothing(daemon, before, but=RESUMABLE)
    docker("pull", name)
    docker("rmi", name)
    leaves_nothing(daemon, before)


def killed_after(daemon: Daemon, delay_ms: int) -> None:
    """Kill the daemon at a moment that nothing observable marks, and start the next."""
    threading.Event().wait(delay_ms / 1000)
    crash(daemon)


# --- import -----------------------------------------------------------------------------------------------------------


def daemon_holds_a_deleted_file(daemon: Daemon) -> bool:
    """Tell whether a body is being kept: in a file without a name, so that a crash leaves none."""
    folder = f"/proc/{daemon.pid}/fd"
    links = []
    for fd in os.listdir(folder):
        try:
            links.append((os.readlink(f"{folder}/{fd}"), os.stat(f"{folder}/{fd}").st_size))
        except OSError:
            continue
    return any(link.startswith(f"{daemon.data}/tmp/") and size > 0 for link, size in links)


def test_an_import_killed_at_any_time_leaves_an_image_or_nothing(daemon: Daemon, docker: Docker) -> None:
    before = traces(daemon)
    body = tar(**{f"file{number}": noise(number + 20_000) for number in range(100)})
    for delay_ms in (0, 10, 30, 60):
        with Sent(daemon, "POST /images/create?fromSrc=-&repo=half", body):
            killed_after(daemon, delay_ms)
        if "half" in docker("images", "--format", "{{.Repository}}").stdout.split():
            docker("rmi", "half")
        leaves_nothing(daemon, before)


# --- build -----------------------------------------------------------------------------------------------------------


def test_a_build_that_was_cut_off_in_a_run_step_leaves_nothing(daemon: Daemon, docker: Docker) -> None:
    before = traces(daemon)
    with Sent(daemon, "POST /build?t=cut", tar(Dockerfile=SLEEPING.encode(), context=noise(100_000))) as sent:
        sent.read_until(b"begun")
        assert eventually(lambda: any("sleep" in line for line in container_processes(daemon).values()))
        crash(daemon)
    leaves_nothing(daemon, before)
    assert "network-works" in docker("build", "-", stdin="FROM busybox\nRUN echo network-works\n").stdout


def test_a_build_that_was_cut_off_in_its_context_leaves_nothing(daemon: Daemon) -> None:
    before = traces(daemon)
    with Sent(daemon, "POST /build?t=cut", noise(200_000), length=1_000_000):
        eventually(lambda: daemon_holds_a_deleted_file(daemon))
        crash(daemon)
    leaves_nothing(daemon, before)


def test_a_build_killed_at_any_time_leaves_nothing_but_whole_steps(daemon: Daemon, docker: Docker) -> None:
    before = traces(daemon)
    lines = ["FROM busybox", "COPY large /large", "RUN echo one > /one", "RUN echo two > /two", "CMD cat /one /two"]
    context = tar(Dockerfile="\n".join(lines).encode(), large=noise(500_000))
    for delay_ms in (10, 30, 60, 100):
        with Sent(daemon, "POST /build?t=half", context):
            killed_after(daemon, delay_ms)
        assert container_processes(daemon) == {}
        assert shims(daemon) == {}
        Api(os.fspath(daemon.socket)).post("/build", context, t="half")
        assert docker("run", "--rm", "half").stdout == "one\ntwo\n"
        docker("rmi", "half")
        docker("builder", "prune", "-af")
        leaves_nothing(daemon, before)


# --- start -----------------------------------------------------------------------------------------------------------


def test_a_start_killed_at_any_time_has_happened_or_has_not(daemon: Daemon, api: Api) -> None:
    before = traces(daemon)
    for delay_ms in (0, 3, 6, 10, 15, 20, 30, 45):
        container = api.create("sleep", "600", host={"NetworkMode": "bridge", "PortBindings": {"80/tcp": [{}]}})
        with Sent(daemon, f"POST /containers/{container}/start"):
            killed_after(daemon, delay_ms)
        state = api.state(container)
        running = container_processes(daemon)
        if state["Running"]:
            assert list(running) == [state["Pid"]]
        else:
            assert state["Status"] in ("created", "exited"), f"{delay_ms} ms: {state}"
            assert running == {}, f"{delay_ms} ms: {state}"
            assert api.post(f"/containers/{container}/start").status == 204
        api.remove(container)
        leaves_nothing(daemon, before)


def test_a_removal_killed_at_any_time_has_happened_or_has_not(daemon: Daemon, api: Api) -> None:
    before = traces(daemon)
    for delay_ms in (0, 2, 5, 10):
        container = api.run("sleep", "600", host={"NetworkMode": "bridge"}, Volumes={"/anonymous": {}})
        with Sent(daemon, f"DELETE /containers/{container}?force=1&v=1"):
            killed_after(daemon, delay_ms)
        if api.get(f"/containers/{container}/json").status == 200:
            api.remove(container)
        leaves_nothing(daemon, before)


# --- the other processes ---------------------------------------------------------------------------------------------


def test_a_container_whose_shim_was_killed_is_reported_and_can_start_again(
    daemon: Daemon, docker: Docker, api: Api
) -> None:
    before = traces(daemon)
    docker("run", "-d", "--name", "web", "busybox", "sh", "-c", "echo said; sleep 600")
    eventually(lambda: docker("logs", "web").stdout == "said\n")
    waiting = docker.open("wait", "web")
    (shim,) = shims(daemon)
    os.kill(shim, signal.SIGKILL)
    assert waiting.communicate(timeout=20)[0] == b"137\n"
    state: Any = api.state("web")
    assert (state["Status"], state["ExitCode"], state["Pid"]) == ("exited", 137, 0)
    assert "shim" in state["Error"]
    assert docker("logs", "web").stdout == "said\n"
    assert eventually(lambda: not container_processes(daemon))
    docker("start", "web")
    eventually(lambda: docker("logs", "web").stdout == "said\nsaid\n")
    docker("rm", "-f", "web")
    leaves_nothing(daemon, before)


def test_attached_clients_of_a_lost_shim_get_an_end(daemon: Daemon, docker: Docker) -> None:
    attached = docker.open("run", "--name", "web", "-i", "busybox", "cat")
    assert attached.stdin is not None and attached.stdout is not None
    attached.stdin.write(b"started\n")
    attached.stdin.flush()
    assert attached.stdout.readline() == b"started\n"
    (shim,) = shims(daemon)
    os.kill(shim, signal.SIGKILL)
    attached.communicate(timeout=20)
    assert attached.returncode == 137
    docker("rm", "web")


def test_a_step_whose_shim_was_killed_fails_the_build_and_leaves_nothing(daemon: Daemon, docker: Docker) -> None:
    before = traces(daemon)
    build = docker.open("build", "-")
    assert build.stdin is not None
    build.stdin.write(SLEEPING.encode())
    build.stdin.close()
    build.stdin = None
    assert eventually(lambda: any("sleep" in line for line in container_processes(daemon).values()))
    (shim,) = shims(daemon)
    os.kill(shim, signal.SIGKILL)
    _, told = build.communicate(timeout=20)
    assert build.returncode == 1
    assert b"shim" in told
    leaves_nothing(daemon, before)


def test_containers_do_not_notice_the_death_of_the_zygote(daemon: Daemon, docker: Docker) -> None:
    docker("run", "-d", "--name", "before", "busybox", "sleep", "600")
    os.kill(zygote(daemon), signal.SIGKILL)
    assert docker("run", "--rm", "busybox", "echo", "after").stdout == "after\n"
    assert docker("exec", "before", "echo", "here").stdout == "here\n"
    docker("stop", "-t", "0", "before")
    assert docker("wait", "before").stdout == "137\n"


def zygote(daemon: Daemon) -> int:
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            title = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == daemon.pid and title.startswith("jc: zygote"):
            return int(pid)
    raise AssertionError("no zygote")
