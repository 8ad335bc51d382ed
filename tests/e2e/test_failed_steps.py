"""A failed step waits for who looks at it later: through the death of the daemon, and until it is pruned."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.failed_steps import enter, fail


def test_what_is_kept_outlives_the_daemon(api: Api, docker: Docker, daemon: Daemon) -> None:
    fail(api, "FROM busybox\nRUN <<EOF\n#!/bin/sh\necho said > /there\nfalse\nEOF\n")
    daemon.kill()
    daemon.start()
    container = enter(api, Cmd=["sh", "-c", "cat /there; tail -1 /dev/pipes/EOF"])
    docker("start", "-a", container)
    assert docker("logs", container).stdout == "said\nfalse\n"


def test_prune_takes_the_failed_steps_unless_a_container_stands_there(api: Api, docker: Docker, daemon: Daemon) -> None:
    before = blobs(daemon)
    fail(api, "FROM busybox\nRUN head -c 3000000 /dev/zero > /large; false\n")
    usage = [entry for entry in api.get("/system/df").json["BuildCache"] if entry["Description"].startswith("failed")]
    assert [entry["Size"] >= 3000000 for entry in usage] == [True]
    container = enter(api)
    docker("builder", "prune", "-f")
    assert len(api.get("/build/failures").json) == 1
    docker("rm", container)
    # What `system df` has counted, and not the layer once more that the files are.
    (kept,) = [e for e in api.get("/system/df").json["BuildCache"] if e["Description"].startswith("failed")]
    assert api.post("/build/prune").json["SpaceReclaimed"] == kept["Size"] >= 3000000
    assert api.get("/build/failures").json == []
    docker("builder", "prune", "-af")
    assert blobs(daemon) == before
    assert docker("images", "-aq", "--filter", "reference=failed-step").stdout == ""


def test_system_prune_leaves_nothing_of_a_failed_step(api: Api, docker: Docker, daemon: Daemon) -> None:
    fail(api, "FROM busybox\nRUN false\n")
    enter(api)
    docker("system", "prune", "-f")
    assert api.get("/build/failures").json == []
    assert docker("images", "-aq", "--filter", "reference=failed-step").stdout == ""
    assert docker("ps", "-aq").stdout == ""


def blobs(daemon: Daemon) -> set[str]:
    return {path.name for path in (daemon.data / "content" / "blobs" / "sha256").iterdir()}


def test_a_terminal_opens_a_shell_in_the_step(api: Api, docker: Docker, daemon: Daemon) -> None:
    fail(api, 'FROM busybox\nWORKDIR /work\nSHELL ["/bin/sh", "-ec"]\nRUN echo left > file; false\n')
    leader, follower = pty.openpty()
    words = [sys.executable, "-m", "jupyter_containers", "debug"]
    environment = {**os.environ, "DOCKER_HOST": daemon.host}
    with subprocess.Popen(words, stdin=follower, stdout=follower, stderr=follower, env=environment) as shell:
        os.close(follower)
        read_until(leader, b"/work # ")
        os.write(leader, b"echo $(cat file) in $(pwd)\r")
        read_until(leader, b"left in /work")
        (container,) = docker("ps", "-q").stdout.split()
        # It is a container as any other while it lasts.
        assert docker("exec", container, "cat", "file").stdout == "left\n"
        os.write(leader, b"exit 3\r")
        assert shell.wait(30) == 3
    os.close(leader)
    assert docker("ps", "-aq").stdout == ""


def read_until(terminal: int, wanted: bytes) -> None:
    seen = b""
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, seen
        seen += os.read(terminal, 65536)
