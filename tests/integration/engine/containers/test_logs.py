"""Followed logs: no line is lost or told twice, whatever rotations, compression and restarts of the daemon come."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.eventually import eventually
from tests.support.standing_daemon import load_image

DRIVERS = pytest.mark.parametrize("driver", ["json-file", "local"])
WAIT = "while [ ! -e /go ]; do usleep 10000; done"
COUNT = "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done"
LINES = "".join(f"line {number}\n" for number in range(5000))


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Daemon]:
    with running_daemon(tmp_path) as daemon:
        load_image(Api(os.fspath(daemon.socket)))
        yield daemon


def log_config(driver: str, **options: str) -> dict[str, Any]:
    return {"LogConfig": {"Type": driver, "Config": {name.replace("_", "-"): text for name, text in options.items()}}}


def let_go(api: Api, container: str) -> None:
    exec_ = api.post(f"/containers/{container}/exec", {"Cmd": ["touch", "/go"]}).json["Id"]
    api.post(f"/exec/{exec_}/start", {"Detach": True})


@DRIVERS
@pytest.mark.parametrize("compress", ["true", "false"])
def test_following_goes_through_rotations(api: Api, daemon: Daemon, driver: str, compress: str) -> None:
    host = log_config(driver, max_size="20k", max_file="50", compress=compress)
    container = api.run("sh", "-c", f"{WAIT}; {COUNT}", host=host)
    docker = Docker(daemon.host)
    with docker.open("logs", "-f", container) as process:
        let_go(api, container)
        out, _ = process.communicate(timeout=60)
    assert out.decode() == LINES
    assert docker("logs", container).stdout == LINES


@DRIVERS
def test_rotation_goes_on_while_the_daemon_is_away(mortal: Daemon, driver: str) -> None:
    api = Api(os.fspath(mortal.socket))
    host = log_config(driver, max_size="10k", max_file="99")
    container = api.run("sh", "-c", f"{WAIT}; {COUNT}; sleep 600", host=host)
    let_go(api, container)
    mortal.kill()
    mortal.start()
    docker = Docker(mortal.host)
    eventually(lambda: docker("logs", "--tail", "1", container).stdout == "line 4999\n", within_seconds=20)
    assert docker("logs", container).stdout == LINES
    assert docker("logs", "--tail", "4321", container).stdout == "".join(LINES.splitlines(keepends=True)[-4321:])


def test_many_followers_see_the_same(api: Api, daemon: Daemon) -> None:
    container = api.run("sh", "-c", f"{WAIT}; {COUNT}")
    docker, seen = Docker(daemon.host), list[str]()
    followers = [threading.Thread(target=lambda: seen.append(docker("logs", "-f", container).stdout)) for _ in range(5)]
    for follower in followers:
        follower.start()
    let_go(api, container)
    for follower in followers:
        follower.join(60)
    assert seen == [LINES] * 5


@DRIVERS
def test_a_log_that_is_rotated_all_the_time_can_be_followed(api: Api, daemon: Daemon, driver: str) -> None:
    host = log_config(driver, max_size="1k", max_file="3", compress="false")
    container = api.run("sh", "-c", f"{WAIT}; seq 1 200000", host=host)
    docker = Docker(daemon.host)
    with docker.open("logs", "-f", container) as process:
        let_go(api, container)
        out, error = process.communicate(timeout=60)
    numbers = [int(line) for line in out.split()]
    # What was rotated away in between is gone; what is left is in order, and told once.
    assert (numbers, error) == (sorted(set(numbers)), b"")
    assert numbers[-1] == 200000
    assert docker("logs", "--tail", "1", container).stdout == "200000\n"
