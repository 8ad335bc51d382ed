"""Health checks through the docker CLI: what a probe makes of a container, and what is told of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually

SECOND = 10**9


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"h{uuid.uuid4().hex[:12]}"
    yield name
    docker("rm", "-f", name, code=None)


def run(docker: Docker, name: str, test: str, *flags: str, image: str = "busybox") -> None:
    probe = ("--health-cmd", test) if test else ()
    docker("run", "-d", "--network", "none", "--name", name, *probe, *flags, image, "sleep", "600")


def health(docker: Docker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", "-f", "{{json .State.Health}}", name).stdout)
    return found


def is_(docker: Docker, name: str, status: str) -> bool:
    return bool(health(docker, name)["Status"] == status)


@pytest.fixture
def told(docker: Docker, name: str) -> Iterator[Callable[[], list[str]]]:
    """What has been told of the container's health: call it to hear, once."""
    since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    process = docker.open("events", "--since", since, "-f", f"container={name}", "--format", "{{.Action}}")

    def hear() -> list[str]:
        docker("rename", name, f"{name}x")
        docker("rename", f"{name}x", name)
        assert process.stdout is not None
        return [line for line in iter(lambda: process.stdout.readline().decode().strip(), "rename") if "health" in line]

    with process:
        yield hear
        process.kill()


def test_a_container_falls_ill_and_recovers(docker: Docker, name: str, told: Callable[[], list[str]]) -> None:
    run(docker, name, "echo looking; test -e /ok", "--health-interval", "100ms", "--health-retries", "2")
    shown = docker("ps", "--filter", f"name={name}", "--format", "{{.Status}}").stdout
    assert "(health: starting)" in shown
    eventually(lambda: is_(docker, name, "unhealthy"), within_seconds=20)
    found = health(docker, name)
    assert found["FailingStreak"] >= 2
    last = found["Log"][-1]
    assert (last["ExitCode"], last["Output"]) == (1, "looking\n")
    assert last["Start"] < last["End"]
    eventually(lambda: len(health(docker, name)["Log"]) == 5, within_seconds=20)
    assert docker("ps", "-q", "--filter", "health=unhealthy", "--filter", f"name={name}").stdout
    docker("exec", name, "touch", "/ok")
    eventually(lambda: is_(docker, name, "healthy"), within_seconds=20)
    assert health(docker, name)["FailingStreak"] == 0
    assert "(healthy)" in docker("ps", "--filter", f"name={name}", "--format", "{{.Status}}").stdout
    assert told() == ["health_status: unhealthy", "health_status: healthy"]
    docker("kill", name)
    eventually(lambda: docker("inspect", "-f", "{{.State.Status}}", name).stdout == "exited\n")
    assert is_(docker, name, "unhealthy")
    assert len(health(docker, name)["Log"]) == 5
    docker("start", name)
    found = health(docker, name)
    assert (found["Status"], found["FailingStreak"], len(found["Log"])) == ("starting", 0, 5)


def test_a_probe_is_told_of_as_any_exec(docker: Docker, name: str) -> None:
    since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    told: list[dict[str, Any]] = []
    with docker.open("events", "--since", since, "-f", f"container={name}", "--format", "{{json .}}") as process:
        run(docker, name, "exit 3", "--health-interval", "100ms")
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            told += [event] if event["Action"].startswith("exec") else []
            if len(told) == 3:
                break
        process.kill()
    assert [event["Action"] for event in told] == [
        "exec_create: /bin/sh -c exit 3", "exec_start: /bin/sh -c exit 3", "exec_die"
    ]  # fmt: skip
    assert told[2]["Actor"]["Attributes"]["exitCode"] == "3"
    assert len({event["Actor"]["Attributes"]["execID"] for event in told}) == 1


def test_the_first_success_makes_it_healthy(docker: Docker, name: str, told: Callable[[], list[str]]) -> None:
    run(docker, name, "true", "--health-interval", "200ms")
    eventually(lambda: is_(docker, name, "healthy"), within_seconds=20)
    assert docker("ps", "-q", "--filter", "health=healthy", "--filter", f"name={name}").stdout
    assert told() == ["health_status: healthy"]


def test_a_failure_in_the_start_period_does_not_count(docker: Docker, name: str) -> None:
    flags = ("--health-interval", "100ms", "--health-retries", "1", "--health-start-period", "600s")
    run(docker, name, "test -e /ok", *flags)
    eventually(lambda: len(health(docker, name)["Log"]) == 5, within_seconds=20)
    assert is_(docker, name, "starting")
    assert health(docker, name)["FailingStreak"] == 0
    docker("exec", name, "touch", "/ok")
    eventually(lambda: is_(docker, name, "healthy"), within_seconds=20)
    docker("exec", name, "rm", "/ok")
    eventually(lambda: is_(docker, name, "unhealthy"), within_seconds=20)


def test_a_probe_that_takes_too_long_is_killed(docker: Docker, name: str) -> None:
    flags = ("--health-interval", "100ms", "--health-retries", "1", "--health-timeout", "300ms")
    run(docker, name, "echo begun; sleep 500", *flags)
    eventually(lambda: is_(docker, name, "unhealthy"), within_seconds=20)
    first = health(docker, name)["Log"][0]
    assert first["ExitCode"] == -1
    assert first["Output"].startswith("Health check exceeded timeout (300ms)")
    docker("pause", name)
    shown = docker("top", name, "-o", "pid,args").stdout
    assert shown.count("sleep 500") <= 1  # the one that may just run


def test_output_is_kept_up_to_4096_bytes(docker: Docker, name: str) -> None:
    run(docker, name, "head -c 10000 /dev/zero | tr '\\0' x; exit 3", "--health-interval", "100ms")
    entry = eventually(lambda: health(docker, name)["Log"], within_seconds=20)[0]
    assert entry["ExitCode"] == 3
    assert entry["Output"] == "x" * 4096 + "..."


def test_a_probe_that_is_not_there(docker: Docker, name: str) -> None:
    body = {"Test": ["CMD", "no-such-probe"], "Interval": SECOND // 10, "Retries": 1}
    create(docker, name, Healthcheck=body)
    docker("start", name)
    eventually(lambda: is_(docker, name, "unhealthy"), within_seconds=20)
    entry = health(docker, name)["Log"][0]
    assert entry["ExitCode"] in (-1, 126, 127)
    assert "no-such-probe" in entry["Output"]


def test_an_image_has_a_probe_which_can_be_changed_and_taken_away(docker: Docker, name: str) -> None:
    image = f"{name}-image"
    instruction = "HEALTHCHECK --interval=200ms --retries=7 CMD test -e /etc"
    docker("build", "-t", image, "-", stdin=f"FROM busybox\n{instruction}\n")
    try:
        run(docker, name, "", image=image)
        eventually(lambda: is_(docker, name, "healthy"), within_seconds=20)
        wish = json.loads(docker("inspect", "-f", "{{json .Config.Healthcheck}}", name).stdout)
        assert wish == {"Test": ["CMD-SHELL", "test -e /etc"], "Interval": SECOND // 5, "Retries": 7}
        docker("rm", "-f", name)
        run(docker, name, "", "--health-retries", "2", image=image)
        wish = json.loads(docker("inspect", "-f", "{{json .Config.Healthcheck}}", name).stdout)
        assert wish == {"Test": ["CMD-SHELL", "test -e /etc"], "Interval": SECOND // 5, "Retries": 2}
        docker("rm", "-f", name)
        run(docker, name, "", "--no-healthcheck", image=image)
        assert health(docker, name) is None
        assert docker("ps", "-q", "--filter", "health=none", "--filter", f"name={name}").stdout
        docker("rm", "-f", name)
    finally:
        docker("rmi", "-f", image)


def create(docker: Docker, name: str, **body: Any) -> Any:
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "none"}, **body}
    return Api(docker.host.removeprefix("unix://"), "1.41").post("/containers/create", body, name=name)


@pytest.mark.parametrize(
    ("healthcheck", "words"),
    [
        ({"Test": ["CMD", "true"], "Interval": 999}, "Interval in Healthcheck cannot be less than 1ms"),
        ({"Test": ["CMD", "true"], "Timeout": 1}, "Timeout in Healthcheck cannot be less than 1ms"),
        ({"Test": ["CMD", "true"], "StartPeriod": -5}, "StartPeriod in Healthcheck cannot be less than 1ms"),
        ({"Test": ["CMD", "true"], "Retries": -1}, "Retries in Healthcheck cannot be negative"),
    ],
)
def test_bad_probes_are_refused(docker: Docker, name: str, healthcheck: dict[str, Any], words: str) -> None:
    answer = create(docker, name, Healthcheck=healthcheck)
    assert (answer.status, answer.json["message"]) == (400, words)
