"""The docker package for Python against a daemon: what courses and notebooks do with it."""

from __future__ import annotations

import gc
import io
import json
import shutil
import socket
import tarfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive
from tests.support.eventually import eventually
from tools.demo_registry import registry_with_busybox

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")


# docker-py leaves sockets of streamed answers to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client(docker: Docker) -> Iterator[Any]:
    with closing(docker_py.DockerClient(base_url=docker.host, timeout=60)) as client:
        yield client
    gc.collect()  # while its warnings are still ignored


@pytest.fixture
def name() -> str:
    return f"y{uuid.uuid4().hex[:12]}"


@pytest.fixture
def box(client: Any, name: str) -> Iterator[Any]:
    """A running container."""
    container = client.containers.run("busybox", ["sleep", "600"], name=name, detach=True)
    yield container
    container.remove(force=True, v=True)


def tar_of(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def frames(content: bytes) -> list[tuple[int, bytes]]:
    """Return the parts of a multiplexed stream: (1 stdout or 2 stderr, bytes)."""
    found, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "big")
        found.append((content[at], content[at + 8 : at + 8 + size]))
        at += 8 + size
    return found


def read_all(connection: Any) -> bytes:
    raw: socket.socket = getattr(connection, "_sock", connection)
    raw.settimeout(30)
    return b"".join(iter(lambda: raw.recv(65536), b""))


def test_the_version_is_negotiated(client: Any) -> None:
    assert client.ping() is True
    assert client.api.api_version == client.version()["ApiVersion"]
    assert client.info()["OSType"] == "linux"


def test_run_returns_the_output(client: Any) -> None:
    assert client.containers.run("busybox", ["echo", "hello"], remove=True) == b"hello\n"
    both = ["sh", "-c", "echo out; echo err >&2"]
    assert client.containers.run("busybox", both, remove=True, stdout=False, stderr=True) == b"err\n"
    out = client.containers.run("busybox", "env", remove=True, environment={"A": "b"}, hostname="box", stream=True)
    assert {b"A=b\n", b"HOSTNAME=box\n"} <= set(b"".join(out).splitlines(keepends=True))


def test_a_command_that_fails_is_an_error_with_its_code(client: Any) -> None:
    with pytest.raises(docker_py.errors.ContainerError) as caught:
        client.containers.run("busybox", ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
    assert (caught.value.exit_status, caught.value.stderr) == (3, b"bad\n")


def test_what_is_not_there_is_an_error_of_its_kind(client: Any, name: str) -> None:
    with pytest.raises(docker_py.errors.NotFound):
        client.containers.get(name)
    with pytest.raises(docker_py.errors.ImageNotFound):
        client.images.get(name)
    with pytest.raises(docker_py.errors.APIError) as caught:
        client.containers.run("busybox", "no-such-command", remove=True)
    assert 'exec: "no-such-command": executable file not found in $PATH' in str(caught.value)


def test_a_life_from_create_to_remove(client: Any, name: str) -> None:
    container = client.containers.create("busybox", ["sh", "-c", "exit 7"], name=name, labels={"course": "os"})
    assert container.status == "created"
    container.start()
    assert container.wait()["StatusCode"] == 7
    container.reload()
    assert (container.status, container.attrs["State"]["ExitCode"]) == ("exited", 7)
    container.rename(f"{name}x")
    listed = client.containers.list(all=True, filters={"label": "course=os", "name": f"{name}x"})
    assert [(one.id, one.name) for one in listed] == [(container.id, f"{name}x")]
    container.remove()
    with pytest.raises(docker_py.errors.NotFound):
        container.reload()


def test_wait_for_the_next_exit_and_for_removal(client: Any, name: str) -> None:
    container = client.containers.run("busybox", ["cat"], name=name, detach=True, stdin_open=True, auto_remove=True)
    container.kill("KILL")
    with pytest.raises(docker_py.errors.NotFound):
        eventually(container.reload)
    other = client.containers.create("busybox", "true", name=name)
    other.start()
    assert other.wait(condition="not-running")["StatusCode"] == 0
    other.remove()


def test_pause_restart_and_stop(box: Any) -> None:
    box.pause()
    box.reload()
    assert box.status == "paused"
    box.unpause()
    box.restart(timeout=0)
    box.reload()
    assert box.status == "running"
    box.stop(timeout=0)
    box.reload()
    assert (box.status, box.attrs["State"]["ExitCode"]) == ("exited", 137)


def test_exec_gives_code_and_output(box: Any) -> None:
    done = box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"])
    assert done.exit_code == 4
    assert sorted(done.output.splitlines()) == [b"err", b"out"]
    assert box.exec_run(["id", "-un"], user="alice").output == b"alice\n"
    assert box.exec_run("pwd", workdir="/tmp").output == b"/tmp\n"
    assert box.exec_run(["sh", "-c", "echo $A"], environment={"A": "b"}).output == b"b\n"
    assert box.exec_run("tty", tty=True).output == b"/dev/pts/0\r\n"


def test_exec_separates_and_streams(box: Any) -> None:
    done = box.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
    assert done == (0, (b"out\n", b"err\n"))
    streamed = box.exec_run(["sh", "-c", "for i in 1 2 3; do echo $i; done"], stream=True)
    assert b"".join(streamed.output) == b"1\n2\n3\n"
    assert box.exec_run(["sleep", "601"], detach=True).exit_code is None


def test_exec_over_a_socket_has_stdin(client: Any, box: Any) -> None:
    created = client.api.exec_create(box.id, ["cat"], stdin=True)
    connection = client.api.exec_start(created["Id"], socket=True)
    raw = getattr(connection, "_sock", connection)
    raw.sendall(b"through\n")
    raw.shutdown(socket.SHUT_WR)
    assert frames(read_all(connection)) == [(1, b"through\n")]
    connection.close()
    inspected = client.api.exec_inspect(created["Id"])
    assert (inspected["Running"], inspected["ExitCode"]) == (False, 0)


def test_logs_are_read_and_followed(client: Any, name: str) -> None:
    script = "echo one; echo two >&2; while [ ! -e /go ]; do usleep 10000; done; echo three"
    box = client.containers.run("busybox", ["sh", "-c", script], name=name, detach=True)
    try:
        assert eventually(lambda: sorted(box.logs().splitlines()) == [b"one", b"two"])
        assert box.logs(stderr=False) == b"one\n"
        assert box.logs(stdout=False, timestamps=True).split(b" ", 1)[1] == b"two\n"
        follow = box.logs(stream=True, follow=True, stderr=False)
        box.exec_run(["touch", "/go"])
        assert b"".join(follow) == b"one\nthree\n"
        assert box.logs(tail=1) == b"three\n"
        assert box.logs(since=int(time.time()) + 3600) == b""
    finally:
        box.remove(force=True)


def test_attach_is_two_way(client: Any, name: str) -> None:
    box = client.containers.create("busybox", ["sh", "-c", "cat; echo end >&2"], name=name, stdin_open=True)
    try:
        connection = box.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        box.start()
        raw = getattr(connection, "_sock", connection)
        raw.sendall(b"hello\n")
        first = raw.recv(8 + 6, socket.MSG_WAITALL)
        assert frames(first) == [(1, b"hello\n")]
        connection.close()
        assert box.attrs["Id"] == box.id
    finally:
        box.remove(force=True)


def test_attach_streams_until_the_end(client: Any, name: str) -> None:
    box = client.containers.create("busybox", ["sh", "-c", "echo a; echo b"], name=name)
    try:
        output = box.attach(stream=True, logs=False, stdout=True)
        box.start()
        assert b"".join(output) == b"a\nb\n"
    finally:
        box.remove(force=True)


def test_stats_and_top(box: Any) -> None:
    stats = box.stats(stream=False)
    assert stats["memory_stats"]["usage"] > 0
    assert stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0
    assert stats["name"] == f"/{box.name}"
    assert set(stats["networks"]) == {"eth0"}
    stream = box.stats(stream=True, decode=True)
    assert next(stream)["id"] == box.id
    stream.close()
    top = box.top()
    assert [row[top["Titles"].index("CMD")] for row in top["Processes"]] == ["sleep 600"]


def test_files_go_in_and_out(box: Any) -> None:
    assert box.put_archive("/tmp", tar_of(hello=b"world")) is True
    assert box.exec_run(["cat", "/tmp/hello"]).output == b"world"
    stream, stat = box.get_archive("/tmp/hello")
    assert (stat["name"], stat["size"]) == ("hello", 5)
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        member = tar.extractfile("hello")
        assert member is not None
        assert member.read() == b"world"
    with pytest.raises(docker_py.errors.NotFound):
        box.get_archive("/no/such")
    assert {"Path": "/tmp/hello", "Kind": 1} in box.diff()


def test_export_is_the_root(box: Any) -> None:
    with tarfile.open(fileobj=io.BytesIO(b"".join(box.export()))) as tar:
        assert {"bin/busybox", "etc/passwd"} <= set(tar.getnames())


def test_limits_are_updated(box: Any) -> None:
    box.update(mem_limit="64m", memswap_limit="128m", cpu_shares=512)
    box.reload()
    host = box.attrs["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["CpuShares"]) == (64 << 20, 128 << 20, 512)


def test_volumes_and_mounts(client: Any, name: str) -> None:
    volume = client.volumes.create(name, labels={"course": "os"})
    try:
        mounts = {name: {"bind": "/data", "mode": "rw"}}
        client.containers.run("busybox", ["sh", "-c", "echo kept > /data/file"], volumes=mounts, remove=True)
        typed = docker_py.types.Mount("/data", name, read_only=True)
        assert client.containers.run("busybox", ["cat", "/data/file"], mounts=[typed], remove=True) == b"kept\n"
        assert [one.name for one in client.volumes.list(filters={"label": "course=os", "name": name})] == [name]
        assert client.volumes.get(name).attrs["Driver"] == "local"
    finally:
        volume.remove()
    with pytest.raises(docker_py.errors.NotFound):
        client.volumes.get(name)


def test_ports_are_told(client: Any, name: str) -> None:
    box = client.containers.run(
        "busybox", ["sleep", "600"], name=name, detach=True, ports={"80/tcp": ("127.0.0.1", None)}
    )
    try:
        box.reload()
        (published,) = box.ports["80/tcp"]
        assert published["HostIp"] == "127.0.0.1"
        assert int(published["HostPort"]) > 1023
        network = client.networks.get("bridge")
        assert box in network.containers
    finally:
        box.remove(force=True)


def test_networks_are_listed(client: Any) -> None:
    drivers = {network.name: network.attrs["Driver"] for network in client.networks.list()}
    assert {"bridge": "bridge", "host": "host", "none": "null"}.items() <= drivers.items()
    assert [network.name for network in client.networks.list(names=["^bridge$"])] == ["bridge"]


def test_an_image_is_built_from_a_file_object(client: Any, name: str) -> None:
    dockerfile = b'FROM busybox\nRUN echo made > /made\nLABEL course=os\nCMD ["cat", "/made"]\n'
    image, lines = client.images.build(fileobj=io.BytesIO(dockerfile), tag=name, rm=True)
    try:
        text = "".join(line.get("stream", "") for line in lines)
        assert f"Successfully tagged {name}:latest" in text
        assert "Step 2/4 : RUN echo made > /made" in text
        assert image.tags == [f"{name}:latest"]
        assert image.labels == {"course": "os"}
        assert client.containers.run(name, remove=True) == b"made\n"
        assert "CMD" in image.history()[0]["CreatedBy"]
    finally:
        client.images.remove(name)


def test_an_image_is_built_from_a_tar_with_arguments(client: Any, name: str) -> None:
    files = {
        "Dockerfile": b"FROM busybox\nARG WHO\nCOPY data /data\nRUN echo $WHO >> /data\n",
        "data": b"from the tar\n",
    }
    context = io.BytesIO(tar_of(**files))
    lines = client.api.build(
        fileobj=context, custom_context=True, tag=name, buildargs={"WHO": "me"}, decode=True, rm=True
    )
    aux = [line["aux"]["ID"] for line in lines if "aux" in line]
    try:
        assert client.images.get(name).id in aux
        assert client.containers.run(name, ["cat", "/data"], remove=True) == b"from the tar\nme\n"
    finally:
        client.images.remove(name)


def test_a_build_that_fails_says_where(client: Any) -> None:
    with pytest.raises(docker_py.errors.BuildError) as caught:
        client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN exit 9\n"), rm=True, forcerm=True)
    assert "returned a non-zero code: 9" in caught.value.msg


def test_an_image_is_loaded_tagged_and_removed(client: Any, name: str) -> None:
    archive = docker_archive({f"{name}:one": tiny_image.image(tiny_image.layer({"hello.txt": b"hi"}))})
    (image,) = client.images.load(archive)
    assert image.tags == [f"{name}:one"]
    assert image.tag(f"example.org/{name}", "two") is True
    image.reload()
    assert set(image.tags) == {f"{name}:one", f"example.org/{name}:two"}
    assert image.id in {one.id for one in client.images.list(name=name)}
    assert image.id in {one.id for one in client.images.list(filters={"reference": f"*/{name}"})}
    client.images.remove(f"{name}:one")
    client.images.remove(f"example.org/{name}:two")
    with pytest.raises(docker_py.errors.ImageNotFound):
        client.images.get(image.id)


def test_an_image_is_pulled_with_progress(client: Any) -> None:
    if shutil.which("docker-registry") is None:
        pytest.skip("no registry to pull from (package docker-registry)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with registry_with_busybox(address):
        lines = list(client.api.pull(f"{address}/busybox", "latest", stream=True, decode=True))
        assert any(line["status"].startswith("Digest: sha256:") for line in lines)
        assert lines[-1]["status"] == f"Status: Downloaded newer image for {address}/busybox:latest"
        image = client.images.pull(f"{address}/busybox", tag="latest")
        assert image.attrs["RepoDigests"][0].startswith(f"{address}/busybox@sha256:")
        client.images.remove(f"{address}/busybox:latest")


def test_events_are_streamed(client: Any, name: str) -> None:
    events = client.events(decode=True, filters={"container": name})
    client.containers.run("busybox", "true", name=name).strip()
    client.containers.get(name).remove()
    seen = []
    for event in events:
        seen.append(event["Action"])
        if event["Action"] == "destroy":
            break
    events.close()
    assert [action for action in seen if action != "attach"] == ["create", "start", "die", "destroy"]


def test_the_low_level_client_takes_a_host_config(client: Any, name: str) -> None:
    api = client.api
    host = api.create_host_config(
        mem_limit="64m", pids_limit=50, cap_drop=["ALL"], read_only=True, tmpfs={"/scratch": "size=1m"},
        ulimits=[docker_py.types.Ulimit(name="nofile", soft=100, hard=200)], extra_hosts={"a": "192.0.2.7"},
        dns=["192.0.2.53"], network_mode="none", init=True, log_config={"Type": "json-file", "Config": {}},
    )  # fmt: skip
    script = "grep CapEff /proc/self/status; ulimit -n; grep -c ' a$' /etc/hosts; cat /proc/1/comm"
    created = api.create_container("busybox", ["sh", "-c", script.replace(" a$", "\ta$")], name=name, host_config=host)
    try:
        api.start(created["Id"])
        assert api.wait(created["Id"])["StatusCode"] == 0
        lines = api.logs(created["Id"]).decode().splitlines()
        assert lines[0] == "CapEff:\t0000000000000000"
        assert lines[1:3] == ["100", "1"]
        inspected = api.inspect_container(created["Id"])["HostConfig"]
        assert (inspected["Memory"], inspected["PidsLimit"], inspected["Init"]) == (64 << 20, 50, True)
        assert json.dumps(inspected["Ulimits"]) == '[{"Name": "nofile", "Hard": 200, "Soft": 100}]'
    finally:
        api.remove_container(created["Id"], force=True)
