"""Stop, kill, pause, resume, restart."""

from __future__ import annotations

import time

import pytest

from tests.support.api_client import Api
from tests.support.eventually import eventually

TRAP = "trap 'echo bye; exit 5' TERM; trap 'exit 6' USR1; echo ready; while true; do usleep 5000; done"


@pytest.fixture
def trapper(api: Api) -> str:
    """A container that ends when asked to."""
    container = api.run("sh", "-c", TRAP)
    eventually(lambda: api.logs(container) == "ready\n")
    return container


def test_stop_asks_and_waits(api: Api, trapper: str) -> None:
    assert api.post(f"/containers/{trapper}/stop").status == 204
    assert api.state(trapper)["ExitCode"] == 5
    assert api.logs(trapper) == "ready\nbye\n"
    assert api.post(f"/containers/{trapper}/stop").status == 304
    assert api.events(trapper) == ["create", "start", "kill", "die", "stop"]


def test_stop_kills_who_does_not_listen(api: Api) -> None:
    container = api.run("sleep", "60")
    started = time.monotonic()
    assert api.post(f"/containers/{container}/stop", t=1).status == 204
    assert 0.9 < time.monotonic() - started < 5
    assert api.state(container)["ExitCode"] == 137


def test_the_signal_of_a_stop_may_be_chosen(api: Api, trapper: str) -> None:
    api.post(f"/containers/{trapper}/stop", signal="SIGUSR1")
    assert api.state(trapper)["ExitCode"] == 6


def test_kill_sends_a_signal_and_does_not_wait(api: Api, trapper: str) -> None:
    assert api.post(f"/containers/{trapper}/kill", signal="USR1").status == 204
    assert api.wait(trapper) == 6
    answer = api.post(f"/containers/{trapper}/kill")
    assert answer.status == 409
    assert "is not running" in answer.message
    assert api.post(f"/containers/{trapper}/kill", signal="BAD").message == "Invalid signal: BAD"


def test_a_paused_container_stands_still(api: Api) -> None:
    container = api.run("sh", "-c", "while true; do echo tick; usleep 5000; done")
    eventually(lambda: api.logs(container))
    assert api.post(f"/containers/{container}/pause").status == 204
    state = api.state(container)
    assert (state["Status"], state["Running"], state["Paused"]) == ("paused", True, True)
    before = api.logs(container)
    # Another container lives a whole life meanwhile: time enough for a dozen ticks.
    api.wait(api.run("true"))
    assert api.logs(container) == before
    for verb, status in (("pause", 409), ("start", 409), ("exec", 409)):
        body = {"Cmd": ["true"]} if verb == "exec" else None
        assert api.post(f"/containers/{container}/{verb}", body).status == status
    assert api.delete(f"/containers/{container}").status == 409
    assert api.post(f"/containers/{container}/unpause").status == 204
    eventually(lambda: api.logs(container) != before)
    assert api.post(f"/containers/{container}/unpause").status == 500


def test_a_paused_container_can_be_killed(api: Api) -> None:
    container = api.run("sleep", "60")
    api.post(f"/containers/{container}/pause")
    api.post(f"/containers/{container}/kill")
    assert api.wait(container) == 137


def test_restart_is_stop_and_start(api: Api, trapper: str) -> None:
    before = api.state(trapper)["Pid"]
    assert api.post(f"/containers/{trapper}/restart").status == 204
    state = api.state(trapper)
    assert state["Running"]
    assert state["Pid"] != before
    assert "restart" in api.events(trapper)


def test_restart_keeps_a_container_of_auto_remove(api: Api) -> None:
    container = api.run("sleep", "60", host={"AutoRemove": True})
    assert api.post(f"/containers/{container}/restart", t=0).status == 204
    assert api.state(container)["Running"]
    api.post(f"/containers/{container}/kill")
    eventually(lambda: api.get(f"/containers/{container}/json").status == 404)


def test_stop_ends_the_restart_policy(api: Api) -> None:
    container = api.run("true", host={"RestartPolicy": {"Name": "always"}})
    eventually(lambda: api.inspect(container)["RestartCount"] >= 1)
    api.post(f"/containers/{container}/stop", t=0)
    count = api.inspect(container)["RestartCount"]
    # One with the same policy is the clock: in the time of three restarts the stopped one has none.
    clock = api.run("true", host={"RestartPolicy": {"Name": "always"}})
    eventually(lambda: api.inspect(clock)["RestartCount"] >= 3)
    api.post(f"/containers/{clock}/stop", t=0)
    assert (api.state(container)["Status"], api.inspect(container)["RestartCount"]) == ("exited", count)


def test_on_failure_gives_up(api: Api) -> None:
    container = api.run("sh", "-c", "exit 4", host={"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}})
    eventually(lambda: api.state(container)["Status"] == "exited")
    assert (api.inspect(container)["RestartCount"], api.state(container)["ExitCode"]) == (2, 4)
