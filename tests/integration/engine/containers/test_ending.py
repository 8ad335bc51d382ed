"""The end of a run: what is recorded and told, and what is cleaned up, also when the shim is lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.explain import explain
from tests.performance.engine_api import UnixConnection
from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.eventually import eventually


def shim_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_after_the_end_nothing_of_the_run_is_left(api: Api, daemon: Daemon) -> None:
    container = api.run("sleep", "60")
    pid = api.state(container)["Pid"]
    shim = shim_of(pid)
    assert (daemon.run / "bundles" / container / "config.json").exists()
    api.post(f"/containers/{container}/kill")
    api.wait(container)
    assert not (daemon.run / "bundles" / container).exists()
    eventually(lambda: not Path(f"/proc/{shim}").exists())
    assert not list(Path("/sys/fs/cgroup").glob(f"*/jupyter-containers/{container}"))


def test_what_a_run_did_is_kept_with_durations(api: Api, daemon: Daemon) -> None:
    container = api.run("true", host={"Memory": 64 << 20})
    api.wait(container)
    kept = explain(Bundle(daemon.data / "containers" / container)).steps
    assert {step.side for step in kept} == {"outside", "inside"}
    assert any("proc on /proc" in step.description for step in kept)
    assert sum(step.duration_us for step in kept) > 0


def test_auto_remove_leaves_nothing_and_answers_who_waits(api: Api, daemon: Daemon) -> None:
    container = api.create("sh", "-c", "exit 9", host={"AutoRemove": True, "Binds": ["/anon"]})
    volumes = api.get("/volumes").json["Volumes"]
    stream = api.hijack(f"/containers/{container}/attach", stream=1, stdout=1)
    api.post(f"/containers/{container}/start")
    assert stream.read() == b""
    stream.close()
    eventually(lambda: api.get(f"/containers/{container}/json").status == 404)
    assert not (daemon.data / "containers" / container).exists()
    # As in dockerd the container is gone before its volumes are.
    eventually(lambda: len(api.get("/volumes").json["Volumes"]) == len(volumes) - 1)
    eventually(lambda: api.events(container)[-2:] == ["die", "destroy"])


def test_a_lost_shim_is_the_end_of_its_container(api: Api, daemon: Daemon) -> None:
    container = api.run("sleep", "60")
    pid = api.state(container)["Pid"]
    os.kill(shim_of(pid), signal.SIGKILL)
    assert api.wait(container) == 137
    state = api.state(container)
    assert "shim lost" in state["Error"]
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert not (daemon.run / "bundles" / container).exists()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/jupyter-containers/{container}"))


def test_the_next_exit_of_a_stopped_container_is_waited_for(api: Api, daemon: Daemon) -> None:
    container = api.run("sh", "-c", "test -e /seen && exit 7; touch /seen; exit 3")
    assert api.wait(container) == 3
    waiting = UnixConnection(str(daemon.socket))
    waiting.request("POST", f"/containers/{container}/wait?condition=next-exit")
    answer = waiting.getresponse()  # the headers come at once: from here on an exit is not missed
    assert api.post(f"/containers/{container}/start").status == 204
    assert json.loads(answer.readline())["StatusCode"] == 7
    answer.read()
    waiting.close()
