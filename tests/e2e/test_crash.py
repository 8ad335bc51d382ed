"""The daemon is killed with SIGKILL while ten containers run: the next one has all ten, logs and exit codes right."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.eventually import eventually
from tests.support.traces import container_processes, leaves_nothing, shims, traces

TICK = "i=0; while true; do echo $i; i=$((i+1)); usleep 2000; done"
UNTIL_GO = "while ! test -e /x/go; do usleep 5000; done"
STUBBORN = "trap 'echo bye; exit 3' TERM; echo ready; while true; do usleep 5000; done"
SERVE = "while true; do echo served | nc -l -p 80; done"


@dataclass(frozen=True, slots=True)
class Ten:
    """Ten containers of different kinds, by name, with their pids; `go` is the folder that some wait for."""

    pids: dict[str, int]
    go: Path
    port: int


def pids_of(docker: Docker) -> dict[str, int]:
    names = docker("ps", "--format", "{{.Names}}").stdout.split()
    lines = docker("inspect", "-f", "{{slice .Name 1}} {{.State.Pid}}", *names).stdout.splitlines() if names else []
    return {name: int(pid) for name, pid in (line.split() for line in lines)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            return client.recv(64)
    except OSError:
        return b""


@pytest.fixture
def ten(docker: Docker, tmp_path: Path) -> Ten:
    go, port = tmp_path / "go", free_port()
    go.mkdir()
    waits = ("-v", f"{go}:/x")
    kinds: dict[str, tuple[str, ...]] = {
        "ticks": ("busybox", "sh", "-c", TICK),
        "ticks-err": ("--network", "none", "busybox", "sh", "-c", f"exec >&2; {TICK}"),
        "terminal": ("-it", "busybox", "cat"),
        "serves": ("-p", f"127.0.0.1:{port}:80", "busybox", "sh", "-c", SERVE),
        "alone": ("--network", "none", "-m", "32m", "busybox", "sleep", "600"),
        "ends": (*waits, "busybox", "sh", "-c", f"{UNTIL_GO}; echo last; exit 7"),
        "paused": ("busybox", "sh", "-c", TICK),
        "removed": ("--rm", *waits, "busybox", "sh", "-c", UNTIL_GO),
        "execs": (*waits, "--network", "none", "busybox", "sleep", "600"),
        "stubborn": ("--network", "none", "busybox", "sh", "-c", STUBBORN),
    }
    for name, words in kinds.items():
        docker("run", "-d", "--name", name, *words)
    docker("pause", "paused")
    docker("exec", "-d", "execs", "sh", "-c", f"{UNTIL_GO}; echo done > /x/exec")
    eventually(lambda: docker("logs", "stubborn").stdout == "ready\n")
    eventually(lambda: served(port) == b"served\n")
    return Ten(pids_of(docker), go, port)


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.split()]


def has_no_gap(text: str, *, least: int) -> bool:
    found = numbers(text)
    assert found == list(range(len(found)))
    return len(found) > least


def crash(daemon: Daemon, meanwhile: Callable[[], None] = lambda: None) -> None:
    daemon.kill()
    meanwhile()
    daemon.start()


def gone(*pids: int) -> bool:
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_ten_containers_survive_the_death_of_the_daemon(
    daemon: Daemon, docker: Docker, api: Api, ten: Ten, tmp_path: Path
) -> None:
    seen = numbers(docker("logs", "ticks").stdout)

    def end_three() -> None:
        (ten.go / "go").touch()
        eventually(lambda: gone(ten.pids["ends"], ten.pids["removed"]) and (ten.go / "exec").exists())
        # What the kernel does for published ports needs no daemon.
        assert len(container_processes(daemon)) >= 8

    crash(daemon, end_three)

    living = {name: pid for name, pid in ten.pids.items() if name not in ("ends", "removed")}
    assert pids_of(docker) == living
    states = dict(
        line.split(" ", 1) for line in docker("ps", "-a", "--format", "{{.Names}} {{.Status}}").stdout.splitlines()
    )
    assert set(states) == set(ten.pids) - {"removed"}
    assert states["ends"].startswith("Exited (7)")
    assert states["paused"].endswith("(Paused)")
    assert all(status.startswith("Up") for name, status in states.items() if name != "ends")
    assert docker("wait", "ends").stdout == "7\n"
    assert docker("logs", "ends").stdout == "last\n"
    logs_are_whole(docker, least=len(seen))
    assert eventually(lambda: served(ten.port)) == b"served\n"
    can_be_talked_to(docker, api)
    can_be_ended(docker)


def logs_are_whole(docker: Docker, *, least: int) -> None:
    assert has_no_gap(docker("logs", "ticks").stdout, least=least)
    assert has_no_gap(docker("logs", "ticks-err").stderr, least=least)
    follower = docker.open("logs", "-f", "ticks")
    assert follower.stdout is not None
    followed = b"".join(follower.stdout.readline() for _ in range(least + 200))
    follower.kill()
    follower.communicate()
    assert has_no_gap(followed.decode(), least=least + 199)
    before = numbers(docker("logs", "paused").stdout)
    assert numbers(docker("logs", "paused").stdout) == before
    docker("unpause", "paused")
    eventually(lambda: has_no_gap(docker("logs", "paused").stdout, least=len(before) + 10))


def can_be_talked_to(docker: Docker, api: Api) -> None:
    stream = api.hijack("/containers/terminal/attach", stream=1, stdin=1, stdout=1)
    stream.send(b"hello\n")
    assert b"hello\r\nhello\r\n" in stream.read(until=b"hello\r\nhello\r\n")
    stream.close()
    assert docker("exec", "alone", "sh", "-c", "echo in; exit 5", code=5).stdout == "in\n"
    assert docker("exec", "-i", "execs", "cat", stdin="through").stdout == "through"
    assert "sleep 600" in docker("top", "alone").stdout


def can_be_ended(docker: Docker) -> None:
    docker("stop", "-t", "10", "stubborn")
    assert docker("inspect", "-f", "{{.State.ExitCode}}", "stubborn").stdout == "3\n"
    assert docker("logs", "stubborn").stdout == "ready\nbye\n"
    docker("kill", "alone")
    assert docker("wait", "alone").stdout == "137\n"
    docker("restart", "-t", "0", "serves")
    assert docker("inspect", "-f", "{{.State.Running}}", "serves").stdout == "true\n"


def test_what_was_removed_after_a_crash_has_left_nothing(daemon: Daemon, docker: Docker, tmp_path: Path) -> None:
    before = traces(daemon)
    port = free_port()
    docker("run", "-d", "--name", "one", "-p", f"127.0.0.1:{port}:80", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "two", "-v", "/anonymous", "busybox", "sleep", "600")
    crash(daemon)
    assert len(container_processes(daemon)) == 2
    docker("rm", "-fv", "one", "two")
    leaves_nothing(daemon, before)


def test_a_daemon_that_is_killed_again_and_again_loses_nothing(daemon: Daemon, docker: Docker) -> None:
    docker("run", "-d", "--name", "ticks", "busybox", "sh", "-c", TICK)
    for _ in range(4):
        crash(daemon)
    assert len(shims(daemon)) == 1
    assert has_no_gap(docker("logs", "ticks").stdout, least=0)
    docker("kill", "ticks")
    assert docker("wait", "ticks").stdout == "137\n"
