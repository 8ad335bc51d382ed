"""docker exec: its streams, its privileges, its end and what is told of it, with the CLI and with docker-py."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pty
import socket
import subprocess
import termios
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")

# docker-py leaves sockets of streamed answers to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client(docker: Docker) -> Iterator[Any]:
    with closing(docker_py.DockerClient(base_url=docker.host, timeout=60)) as client:
        yield client
    gc.collect()  # while its warnings are still ignored


@pytest.fixture(scope="module")
def name(docker: Docker) -> Iterator[str]:
    """A container that sleeps, for all tests that do it no harm."""
    name = f"e{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "--network", "none", "-e", "A=of-the-container", "busybox", "sleep", "600")
    yield name
    docker("rm", "-fv", name)


@pytest.fixture(autouse=True)
def nothing_left(docker: Docker, name: str, nothing_left: None) -> None:
    """The container of this module is there before the first look."""


@pytest.fixture
def box(client: Any, name: str) -> Any:
    return client.containers.get(name)


def finished(client: Any, exec_id: str) -> dict[str, Any]:
    """Wait for the end; return what inspect says."""
    eventually(lambda: client.api.exec_inspect(exec_id)["Running"] is False)
    found: dict[str, Any] = client.api.exec_inspect(exec_id)
    return found


def raw(stream: Any) -> socket.socket:
    found: socket.socket = getattr(stream, "_sock", stream)
    found.settimeout(30)
    return found


def read_all(stream: Any) -> bytes:
    return b"".join(iter(lambda: raw(stream).recv(65536), b""))


def in_terminal(docker: Docker, *words: str, typed: bytes = b"", after: bytes = b"") -> tuple[str, int]:
    """Run a command with a terminal of 33 rows and 77 columns, type once `after` was shown; return output and code."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (33, 77))
    process = docker.open(*words, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the last one to have the terminal open has gone
        while chunk := os.read(master, 4096):
            shown += chunk
            if typed and after in shown:
                os.write(master, typed)
                typed = b""
    os.close(master)
    return shown.decode(), process.wait(60)


# --- streams ---------------------------------------------------------------------------------------------------------


def test_both_streams_and_the_code_come_back(docker: Docker, name: str) -> None:
    done = docker("exec", name, "sh", "-c", "echo out; echo err >&2; exit 9", code=9)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_input_ends_where_the_client_ends_it(docker: Docker, name: str) -> None:
    process = docker.open("exec", "-i", name, "sh", "-c", "cat; echo end", stderr=subprocess.DEVNULL)
    content = bytes(range(256)) * 2048
    out, _ = process.communicate(content, timeout=60)
    assert out == content + b"end\n"


def test_without_input_there_is_none(docker: Docker, name: str) -> None:
    assert docker("exec", name, "cat", stdin="never read\n").stdout == ""


def test_half_of_the_connection_is_closed_and_the_other_goes_on(client: Any, box: Any) -> None:
    exec_ = client.api.exec_create(box.id, ["sh", "-c", "cat; echo end"], stdin=True)
    stream = client.api.exec_start(exec_["Id"], socket=True)
    raw(stream).sendall(b"given")
    raw(stream).shutdown(socket.SHUT_WR)
    content = read_all(stream)
    assert b"".join(part for _, part in frames(content)) == b"givenend\n"
    stream.close()


def frames(content: bytes) -> list[tuple[int, bytes]]:
    """Return the parts of a multiplexed stream: (1 stdout or 2 stderr, bytes)."""
    found, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "big")
        found.append((content[at], content[at + 8 : at + 8 + size]))
        at += 8 + size
    return found


@pytest.mark.parametrize(("wanted", "seen"), [("stdout", {1}), ("stderr", {2})])
def test_one_stream_is_enough(client: Any, box: Any, wanted: str, seen: set[int]) -> None:
    both = {"stdout": False, "stderr": False} | {wanted: True}
    exec_ = client.api.exec_create(box.id, ["sh", "-c", "echo out; echo err >&2"], **both)
    stream = client.api.exec_start(exec_["Id"], socket=True)
    assert {number for number, _ in frames(read_all(stream))} == seen
    stream.close()


# --- terminals -------------------------------------------------------------------------------------------------------


def test_a_terminal_of_its_own_and_its_size(docker: Docker, name: str) -> None:
    # Its size comes with a second request, which may be later than the first line.
    script = "tty; while [ \"$(stty size)\" != '33 77' ]; do sleep 0.01; done; echo sized"
    shown, code = in_terminal(docker, "exec", "-it", name, "sh", "-c", script)
    assert shown.replace("\r", "").splitlines()[-1] == "sized"
    assert shown.startswith("/dev/pts/")
    assert code == 0


def test_ctrl_c_is_a_signal(docker: Docker, name: str) -> None:
    shown, code = in_terminal(
        docker, "exec", "-it", name, "sh", "-c", "echo ready; sleep 600", typed=b"\x03", after=b"ready"
    )
    assert code == 130, shown


def test_a_terminal_is_resized(client: Any, box: Any) -> None:
    script = "read x; stty size"
    exec_ = client.api.exec_create(box.id, ["sh", "-c", script], tty=True, stdin=True)
    stream = client.api.exec_start(exec_["Id"], socket=True, tty=True)
    client.api.exec_resize(exec_["Id"], height=21, width=31)
    raw(stream).sendall(b"\n")
    assert b"21 31\r\n" in read_all(stream)
    stream.close()


def test_without_a_size_a_terminal_is_not_resized(client: Any, box: Any) -> None:
    exec_ = client.api.exec_create(box.id, ["true"], tty=True)
    with pytest.raises(docker_py.errors.APIError) as caught:
        client.api._result(client.api._post(client.api._url("/exec/{0}/resize", exec_["Id"])))
    assert caught.value.response.status_code == 400


KEYS = [((), b"\x10\x11"), (("--detach-keys", "ctrl-x,y"), b"\x18y")]


@pytest.mark.parametrize(("keys", "typed"), KEYS)
def test_the_keys_detach_and_it_goes_on(docker: Docker, name: str, keys: tuple[str, ...], typed: bytes) -> None:
    mark = f"/tmp/{uuid.uuid4().hex}"
    script = f"echo begun; while [ ! -e {mark} ]; do sleep 0.02; done; rm {mark}"
    in_terminal(docker, "exec", *keys, "-it", name, "sh", "-c", script, typed=typed, after=b"begun")
    docker("exec", name, "touch", mark)
    eventually(lambda: docker("exec", name, "ls", mark, code=None).returncode == 1)


@pytest.mark.parametrize(("keys", "typed"), KEYS)
def test_the_keys_detach_from_a_container(docker: Docker, keys: tuple[str, ...], typed: bytes) -> None:
    other = f"a{uuid.uuid4().hex[:12]}"
    script = "while :; do echo tick; sleep 0.05; done"
    docker("run", "-dit", "--name", other, "--network", "none", "busybox", "sh", "-c", script)
    shown, _ = in_terminal(docker, "attach", *keys, other, typed=typed, after=b"tick")
    assert "read escape sequence" in shown
    assert docker("inspect", "-f", "{{.State.Running}}", other).stdout == "true\n"
    docker("rm", "-f", other)


def test_bad_keys_are_named(docker: Docker, name: str) -> None:
    done = docker("exec", "--detach-keys", "nosuch-key", name, "true", code=1)
    assert "keys (nosuch-key) provided" in done.stderr


# --- what it is given ------------------------------------------------------------------------------------------------


def test_user_group_directory_and_environment(docker: Docker, name: str) -> None:
    script = "id -u; id -g; pwd; echo $A $B; echo $HOME"
    flags = ("--user", "alice:staff", "--workdir", "/tmp", "--env", "B=of-the-exec")
    said = docker("exec", *flags, name, "sh", "-c", script).stdout
    assert said.splitlines() == ["1000", "50", "/tmp", "of-the-container of-the-exec", "/home/alice"]


def test_its_variables_beat_the_containers(docker: Docker, name: str) -> None:
    assert docker("exec", "--env", "A=mine", name, "sh", "-c", "echo $A").stdout == "mine\n"


def test_it_shares_the_containers_filter_and_capabilities(docker: Docker, name: str) -> None:
    first = docker("exec", name, "grep", "-E", "Cap|NoNew|Seccomp:", "/proc/1/status").stdout
    assert docker("exec", name, "grep", "-E", "Cap|NoNew|Seccomp:", "/proc/self/status").stdout == first


def test_a_privileged_one_has_all_capabilities(docker: Docker, name: str) -> None:
    done = docker("exec", "--privileged", name, "grep", "CapEff", "/proc/self/status", code=None)
    if "unable to apply caps" in done.stdout + done.stderr:
        pytest.skip("this host does not let the reference have all capabilities")
    with open("/proc/self/status") as status:
        bounding = next(line.split()[1] for line in status if line.startswith("CapBnd"))
    assert done.stdout.split()[1] == bounding


# --- its end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("/etc/passwd",), 126, "permission denied"),
        (("/",), 126, "permission denied"),
        (("sh", "-c", "kill -9 $$"), 137, ""),
        (("sh", "-c", "nosuch"), 127, "not found"),
    ],
)
def test_the_code_is_the_shells(docker: Docker, name: str, command: tuple[str, ...], code: int, words: str) -> None:
    done = docker("exec", name, *command, code=code)
    assert words in done.stdout + done.stderr


def test_a_command_that_is_not_there_is_told(docker: Docker, name: str) -> None:
    done = docker("exec", name, "nosuch", code=126)
    assert 'exec: "nosuch": executable file not found in $PATH: unknown' in done.stdout + done.stderr


def test_an_unknown_user_and_a_missing_directory_are_told(docker: Docker, name: str) -> None:
    for flags, words in (
        (("--user", "nosuch"), "unable to find user nosuch: no matching entries in passwd file"),
        (("--workdir", "/nosuch"), 'chdir to cwd ("/nosuch") set in config.json failed: no such file or directory'),
    ):
        done = docker("exec", *flags, name, "true", code=126)
        assert words in done.stdout + done.stderr


def test_detached_it_runs_on_and_its_code_is_kept(client: Any, box: Any) -> None:
    exec_ = client.api.exec_create(box.id, ["sh", "-c", "exit 3"])
    assert client.api.exec_start(exec_["Id"], detach=True) == ""
    found = finished(client, exec_["Id"])
    assert (found["ExitCode"], found["CanRemove"]) == (3, False)


def test_inspect_tells_what_it_is(client: Any, box: Any) -> None:
    exec_ = client.api.exec_create(box.id, ["sleep", "5"], user="alice", tty=True, stdin=True, detach_keys="ctrl-x")
    before = client.api.exec_inspect(exec_["Id"])
    assert before == {
        "ID": exec_["Id"], "Running": False, "ExitCode": None, "OpenStdin": True, "OpenStderr": True,
        "OpenStdout": True, "CanRemove": False, "ContainerID": box.id, "DetachKeys": "GA==", "Pid": 0,
        "ProcessConfig": {
            "tty": True, "entrypoint": "sleep", "arguments": ["5"], "privileged": False, "user": "alice",
        },
    }  # fmt: skip
    stream = client.api.exec_start(exec_["Id"], socket=True, tty=True)
    eventually(lambda: client.api.exec_inspect(exec_["Id"])["Pid"])
    running = client.api.exec_inspect(exec_["Id"])
    with open(f"/proc/{running['Pid']}/cmdline") as line:
        assert line.read() == "sleep\x005\x00"
    assert exec_["Id"] in client.api.inspect_container(box.id)["ExecIDs"]
    os.kill(running["Pid"], 9)
    stream.close()
    assert finished(client, exec_["Id"])["ExitCode"] == 137
    eventually(lambda: exec_["Id"] not in (client.api.inspect_container(box.id)["ExecIDs"] or []))


def test_it_is_started_once(client: Any, box: Any) -> None:
    exec_ = client.api.exec_create(box.id, ["true"])
    client.api.exec_start(exec_["Id"])
    with pytest.raises(docker_py.errors.APIError, match="has already run") as caught:
        client.api.exec_start(exec_["Id"], detach=True)
    assert caught.value.response.status_code == 409


def test_its_container_must_run(client: Any, docker: Docker) -> None:
    other = f"e{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", other, "--network", "none", "busybox", "sleep", "600")
    container = client.containers.get(other)
    waiting = client.api.exec_create(container.id, ["true"])
    container.pause()
    with pytest.raises(docker_py.errors.APIError, match="is paused, unpause the container before exec") as caught:
        client.api.exec_create(container.id, ["true"])
    assert caught.value.response.status_code == 409
    container.unpause()
    container.kill()
    container.wait()
    with pytest.raises(docker_py.errors.APIError, match=f"Container {container.id} is not running") as caught:
        client.api.exec_create(container.id, ["true"])
    assert caught.value.response.status_code == 409
    container.remove()
    with pytest.raises(docker_py.errors.NotFound, match=f"No such exec instance: {waiting['Id']}"):
        client.api.exec_inspect(waiting["Id"])


def test_one_that_restarts_is_told_of(client: Any, docker: Docker) -> None:
    other = f"e{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", other, "--network", "none", "--restart", "always", "busybox", "false")

    def is_told() -> bool:
        words = docker("exec", other, "true", code=None).stderr
        return "is restarting, wait until the container is running" in words

    eventually(is_told)
    docker("rm", "-f", other)


def test_what_is_wrong_is_named(client: Any, box: Any) -> None:
    with pytest.raises(docker_py.errors.APIError, match="No exec command specified"):
        client.api.exec_create(box.id, [])
    with pytest.raises(docker_py.errors.NotFound, match="No such container: nosuch"):
        client.api.exec_create("nosuch", ["true"])
    for act in (client.api.exec_inspect, client.api.exec_start):
        with pytest.raises(docker_py.errors.NotFound, match="No such exec instance: nosuch"):
            act("nosuch")


def test_events_tell_its_life(docker: Docker, name: str) -> None:
    flags = ("--filter", f"container={name}", "--format", "{{json .}}")
    process = docker.open("events", *flags, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    events: list[dict[str, Any]] = []
    # An exec before, until the first event shows that the client listens.
    os.set_blocking(process.stdout.fileno(), False)
    seen = b""

    def heard() -> bool:
        nonlocal seen
        docker("exec", name, "true")
        seen += process.stdout.read() or b"" if process.stdout is not None else b""
        return b"exec_die" in seen

    eventually(heard)
    docker("exec", name, "sh", "-c", "exit 4", code=4)

    def complete() -> bool:
        nonlocal seen, events
        seen += process.stdout.read() or b"" if process.stdout is not None else b""
        events = [json.loads(line) for line in seen.splitlines() if line.endswith(b"}")]
        return any(event["Actor"]["Attributes"].get("exitCode") == "4" for event in events)

    eventually(complete)
    process.kill()
    process.communicate()
    last = events[-1]["Actor"]["Attributes"]["execID"]
    mine = [event for event in events if event["Actor"]["Attributes"].get("execID") == last]
    assert [event["Action"] for event in mine] == [
        "exec_create: sh -c exit 4", "exec_start: sh -c exit 4", "exec_die",
    ]  # fmt: skip
    assert all(event["Actor"]["Attributes"]["name"] == name for event in mine)
    assert all(event["Actor"]["Attributes"]["image"] == "busybox" for event in mine)
