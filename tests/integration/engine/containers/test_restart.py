"""Restart policies and health checks over the death of the daemon, and the next one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.eventually import eventually
from tests.support.standing_daemon import load_image

SECOND = 10**9


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with running_daemon(tmp_path) as daemon:
        load_image(Api(os.fspath(daemon.socket)))
        yield daemon


@pytest.fixture
def api(daemon: Daemon) -> Api:
    return Api(os.fspath(daemon.socket))


def policy(name: str, retries: int = 0) -> dict[str, Any]:
    return {"RestartPolicy": {"Name": name, "MaximumRetryCount": retries}}


def die_without_daemon(api: Api, daemon: Daemon, *containers: str) -> None:
    """Let containers end while there is no daemon; start the next one."""
    pids = [api.state(container)["Pid"] for container in containers]
    daemon.kill()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    for pid in pids:
        eventually(lambda pid=pid: not Path(f"/proc/{pid}").exists())  # type: ignore[misc]
    daemon.start()


def ending(code: int) -> tuple[str, ...]:
    return "sh", "-c", f"trap 'exit {code}' TERM; echo up; while true; do usleep 10000; done"


def ready(api: Api, container: str) -> str:
    eventually(lambda: "up" in api.logs(container))
    return container


@pytest.mark.parametrize(
    ("name", "code", "comes_back"),
    [
        ("no", 1, False), ("always", 0, True), ("unless-stopped", 0, True),
        ("on-failure", 0, False), ("on-failure", 5, True),
    ],
)  # fmt: skip
def test_who_ended_without_a_daemon(api: Api, daemon: Daemon, name: str, code: int, comes_back: bool) -> None:
    container = ready(api, api.run(*ending(code), host=policy(name)))
    die_without_daemon(api, daemon, container)
    if comes_back:
        eventually(lambda: api.state(container)["Status"] == "running")
        assert api.inspect(container)["RestartCount"] <= 1
        assert api.post(f"/containers/{container}/stop", t=5).status == 204
    assert api.state(container)["Status"] == "exited"
    assert api.state(container)["ExitCode"] == code


def test_only_always_comes_back_from_a_stop_with_the_next_daemon(api: Api, daemon: Daemon) -> None:
    names = ("no", "on-failure", "unless-stopped", "always")
    containers = {name: ready(api, api.run(*ending(3), host=policy(name))) for name in names}
    for container in containers.values():
        assert api.post(f"/containers/{container}/stop", t=5).status == 204
    daemon.stop()
    daemon.start()
    states = {name: api.state(container)["Status"] for name, container in containers.items()}
    assert states == {"no": "exited", "on-failure": "exited", "unless-stopped": "exited", "always": "running"}


def test_a_container_that_never_ran_is_not_started(api: Api, daemon: Daemon) -> None:
    container = api.create("sleep", "60", host=policy("always"))
    daemon.kill()
    daemon.start()
    assert api.state(container)["Status"] == "created"


def test_one_that_waits_for_its_restart_is_started_by_the_next_daemon(api: Api, daemon: Daemon) -> None:
    container = api.run("sh", "-c", "test -e /stay && exec sleep 600; exit 4", host=policy("on-failure"))
    eventually(lambda: api.inspect(container)["RestartCount"] >= 3 and api.state(container)["Restarting"], 20)
    daemon.kill()
    daemon.start()
    count = api.inspect(container)["RestartCount"]
    eventually(lambda: api.inspect(container)["RestartCount"] > count or api.state(container)["Restarting"], 20)
    assert api.post(f"/containers/{container}/stop", t=0).status in (204, 304)


def test_a_policy_that_was_updated_counts_for_the_next_daemon(api: Api, daemon: Daemon) -> None:
    container = ready(api, api.run(*ending(0)))
    assert api.post(f"/containers/{container}/update", policy("always")).status == 200
    die_without_daemon(api, daemon, container)
    eventually(lambda: api.state(container)["Status"] == "running")


def test_health_is_known_to_the_next_daemon_which_goes_on_asking(api: Api, daemon: Daemon) -> None:
    health = {"Test": ["CMD-SHELL", "test ! -e /ill"], "Interval": SECOND // 20, "Retries": 1}
    container = api.run("sleep", "600", Healthcheck=health)
    eventually(lambda: api.state(container)["Health"]["Status"] == "healthy")
    daemon.kill()
    daemon.start()
    found = api.state(container)["Health"]
    assert found["Status"] == "healthy"
    last = found["Log"][-1]["Start"]
    eventually(lambda: api.state(container)["Health"]["Log"][-1]["Start"] > last)
    exec_ = api.post(f"/containers/{container}/exec", {"Cmd": ["touch", "/ill"]}).json["Id"]
    api.post(f"/exec/{exec_}/start", {"Detach": True})
    eventually(lambda: api.state(container)["Health"]["Status"] == "unhealthy")
