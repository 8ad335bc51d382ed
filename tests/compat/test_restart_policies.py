"""Restart policies through the docker CLI: when a container comes back, how often, after how long, and what ends it."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"r{uuid.uuid4().hex[:12]}"
    yield name
    docker("rm", "-f", name, code=None)


def run(docker: Docker, name: str, policy: str, script: str, *flags: str) -> None:
    command = ("--network", "none", "--name", name, "--restart", policy, *flags, "busybox", "sh", "-c", script)
    docker("run", "-d", *command)


def inspect(docker: Docker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return found


def status(docker: Docker, name: str) -> str:
    return str(inspect(docker, name)["State"]["Status"])


# Says in a file of the container when it was started.
TELL = "cut -d' ' -f1 /proc/uptime >> /starts; "


def starts(docker: Docker, name: str) -> list[float]:
    """Return when a container was started that told it, in seconds."""
    done = subprocess.run(docker.command("cp", f"{name}:/starts", "-"), capture_output=True, check=False)
    if done.returncode:
        return []
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        content = tar.extractfile("starts")
        assert content is not None
        return [float(line) for line in content.read().split()]


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_container_comes_back_until_it_is_stopped(docker: Docker, name: str, policy: str) -> None:
    run(docker, name, policy, TELL + "exit 0")
    eventually(lambda: inspect(docker, name)["RestartCount"] >= 2, within_seconds=20)
    docker("stop", name)
    assert status(docker, name) == "exited"
    begun = starts(docker, name)
    docker("start", name)
    eventually(lambda: len(starts(docker, name)) > len(begun) + 1, within_seconds=20)
    docker("stop", name)


def test_the_pause_doubles_from_100_milliseconds(docker: Docker, name: str) -> None:
    run(docker, name, "always", TELL + "exit 1")
    moments = eventually(lambda: found if len(found := starts(docker, name)) >= 5 else None, within_seconds=30)
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)][:4]
    assert all(pause >= minimum for pause, minimum in zip(pauses, (0.09, 0.19, 0.39, 0.79), strict=True)), pauses
    assert pauses[3] < 5


def test_on_failure_gives_up_after_so_many_times(docker: Docker, name: str) -> None:
    run(docker, name, "on-failure:2", TELL + "exit 3")
    eventually(lambda: status(docker, name) == "exited", within_seconds=20)
    found = inspect(docker, name)
    assert (found["RestartCount"], found["State"]["ExitCode"], found["State"]["Restarting"]) == (2, 3, False)
    assert found["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    assert len(starts(docker, name)) == 3


def test_on_failure_leaves_success_alone(docker: Docker, name: str) -> None:
    run(docker, name, "on-failure", "test -e /again && exit 0; touch /again; exit 1")
    eventually(lambda: status(docker, name) == "exited", within_seconds=20)
    found = inspect(docker, name)
    assert (found["RestartCount"], found["State"]["ExitCode"]) == (1, 0)


def test_a_start_counts_anew(docker: Docker, name: str) -> None:
    run(docker, name, "on-failure:1", TELL + "exit 3")
    eventually(lambda: status(docker, name) == "exited", within_seconds=20)
    docker("start", name)
    eventually(lambda: len(starts(docker, name)) == 4 and status(docker, name) == "exited", within_seconds=20)
    assert inspect(docker, name)["RestartCount"] == 1


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_a_kill_is_meant(docker: Docker, name: str, signal: str) -> None:
    run(docker, name, "always", "trap 'exit 4' TERM; " + TELL + "while true; do usleep 10000; done")
    eventually(lambda: starts(docker, name))
    docker("kill", "-s", signal, name)
    eventually(lambda: status(docker, name) == "exited")
    assert inspect(docker, name)["RestartCount"] == 0
    assert len(starts(docker, name)) == 1


def waiting(docker: Docker, name: str) -> Api:
    """Run a container until it waits for its restart, for seconds."""
    run(docker, name, "always", "exit 7")
    eventually(lambda: inspect(docker, name)["RestartCount"] >= 5 and status(docker, name) == "restarting", 30)
    return Api(docker.host.removeprefix("unix://"), "1.41")


def test_a_container_that_waits_for_its_restart(docker: Docker, name: str) -> None:
    waiting(docker, name)
    state = inspect(docker, name)["State"]
    assert (state["Running"], state["Restarting"], state["ExitCode"], state["Pid"]) == (True, True, 7, 0)
    shown = docker("ps", "--filter", f"name={name}", "--format", "{{.State}} {{.Status}}").stdout
    assert shown.startswith("restarting Restarting (7) ")
    assert docker("ps", "-q", "--filter", "status=restarting", "--filter", f"name={name}").stdout
    identifier = inspect(docker, name)["Id"]
    done = docker("rm", name, code=1)
    words = f"container {identifier}. Stop the container before attempting removal or force remove"
    assert words in done.stderr
    done = docker("exec", name, "true", code=1)
    assert f"Container {identifier} is restarting, wait until the container is running" in done.stderr
    docker("rm", "-f", name)
    docker("inspect", name, code=1)


@pytest.mark.parametrize("verb", ["stop", "kill"])
def test_the_wait_for_a_restart_can_be_ended(docker: Docker, name: str, verb: str) -> None:
    api = waiting(docker, name)
    assert api.post(f"/containers/{name}/{verb}").status == 204
    eventually(lambda: status(docker, name) == "exited")
    assert inspect(docker, name)["RestartCount"] == 5


def test_one_that_waits_for_its_restart_counts_as_running(docker: Docker, name: str) -> None:
    api = waiting(docker, name)
    assert api.post(f"/containers/{name}/start").status == 304
    assert status(docker, name) == "restarting"
    assert api.wait(name) == 7  # at the end of the next run
    assert inspect(docker, name)["RestartCount"] == 6
    assert api.post(f"/containers/{name}/restart", t=0).status == 204


def test_what_cannot_be_started_any_more_is_over(docker: Docker, name: str) -> None:
    run(docker, name, "always", "rm /bin/busybox; exit 3")
    eventually(lambda: status(docker, name) == "exited", within_seconds=20)
    found = inspect(docker, name)
    assert (found["RestartCount"], found["State"]["ExitCode"]) == (1, 3)
    assert 'exec: "sh": executable file not found in $PATH' in found["State"]["Error"]


def test_a_policy_can_be_changed(docker: Docker, name: str) -> None:
    run(docker, name, "no", "while [ ! -e /end ]; do usleep 10000; done; rm /end; exit 2")
    docker("update", "--restart", "on-failure:5", name)
    assert inspect(docker, name)["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 5}
    docker("exec", name, "touch", "/end")
    eventually(lambda: inspect(docker, name)["RestartCount"] == 1 and status(docker, name) == "running", 20)
    docker("update", "--restart", "no", name)
    docker("exec", name, "touch", "/end")
    eventually(lambda: status(docker, name) == "exited", within_seconds=20)
    assert inspect(docker, name)["RestartCount"] == 1


def test_a_restart_by_hand_keeps_the_policy(docker: Docker, name: str) -> None:
    run(docker, name, "always", "trap 'exit 0' TERM; echo ready; while true; do usleep 10000; done")
    eventually(lambda: docker("logs", name).stdout == "ready\n")
    docker("restart", name)
    assert status(docker, name) == "running"
    assert inspect(docker, name)["RestartCount"] == 0
    docker("exec", name, "sh", "-c", "kill -9 -1; true", code=None)
    docker("stop", name)
    assert status(docker, name) == "exited"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"Name": "sometimes"}, "invalid restart policy 'sometimes'"),
        ({"Name": "always", "MaximumRetryCount": 3}, "maximum retry count cannot be used with restart policy 'always'"),
        ({"Name": "on-failure", "MaximumRetryCount": -1}, "maximum retry count cannot be negative"),
    ],
)
def test_bad_policies_are_refused(docker: Docker, policy: dict[str, Any], words: str) -> None:
    answer = Api(docker.host.removeprefix("unix://"), "1.41").post(
        "/containers/create", {"Image": "busybox", "HostConfig": {"RestartPolicy": policy}}
    )
    assert answer.status == 400
    assert words in answer.json["message"]


def test_a_container_that_is_removed_at_its_end_cannot_come_back(docker: Docker, name: str) -> None:
    done = docker("run", "--rm", "--restart", "always", "--name", name, "busybox", code=125)
    assert "conflicting options" in done.stderr.lower()
