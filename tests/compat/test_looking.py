"""Looking at containers and the small verbs: top, stats, wait, kill, pause, rename, prune, remove."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(api: Api) -> Iterator[str]:
    name = f"k{uuid.uuid4().hex[:12]}"
    yield name
    api.remove(name)


@pytest.fixture
def sleeper(api: Api, name: str) -> str:
    return api.run("sleep", "600", name=name)


# The options of ps with which it shows a command without its arguments.
SHORT_COMMANDS = ("-o pid,comm", "-l", "-ely", "-ej", "-Z")

# --- top -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "titles"),
    [
        ("", "UID PID PPID C STIME TTY TIME CMD"),
        ("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("-o pid,comm", "PID COMMAND"),
        ("-eo pid,ppid,args --sort pid", "PID PPID COMMAND"),
        ("-eLf", "UID PID PPID LWP C NLWP STIME TTY TIME CMD"),
        ("axjf", "PPID PID PGID SID TTY TPGID STAT UID TIME COMMAND"),
        ("-l", "F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD"),
        ("-ely", "S UID PID PPID C PRI NI RSS SZ WCHAN TTY TIME CMD"),
        ("-elf", "F S UID PID PPID C PRI NI ADDR SZ WCHAN STIME TTY TIME CMD"),
        ("-eF", "UID PID PPID C SZ RSS PSR STIME TTY TIME CMD"),
        ("-ej", "PID PGID SID TTY TIME CMD"),
        ("axl", "F UID PID PPID PRI NI VSZ RSS WCHAN STAT TTY TIME COMMAND"),
        ("-Z", "LABEL PID TTY TIME CMD"),
    ],
)
def test_top_takes_options_of_ps(api: Api, sleeper: str, arguments: str, titles: str) -> None:
    # runc has threads until it becomes the container's process.
    eventually(lambda: len(api.get(f"/containers/{sleeper}/top", ps_args="-eLf").json["Processes"]) == 1)
    found = api.get(f"/containers/{sleeper}/top", ps_args=arguments).json
    assert " ".join(found["Titles"]) == titles
    pid = str(api.state(sleeper)["Pid"])
    [row] = [row for row in found["Processes"] if row[found["Titles"].index("PID")] == pid]
    command = "sleep" if arguments in SHORT_COMMANDS else "sleep 600"
    assert row[-1] == ("\\_ sleep 600" if arguments == "axjf" else command)
    told = dict(zip(found["Titles"], row, strict=True))
    assert {"TTY": "?", "UID": told.get("UID"), "NI": "0", "PRI": told.get("PRI")}.items() >= {
        key: told[key] for key in ("TTY", "NI") if key in told
    }.items()


def test_top_needs_the_pid_and_a_container_that_runs(api: Api, sleeper: str) -> None:
    # 500 on dockerd, which says so of whatever it does not expect.
    assert api.get(f"/containers/{sleeper}/top", ps_args="-o comm").message == "Couldn't find PID field in ps output"
    api.post(f"/containers/{sleeper}/kill")
    api.wait(sleeper)
    identifier = api.inspect(sleeper)["Id"]
    answer = api.get(f"/containers/{sleeper}/top")
    assert (answer.status, answer.message) == (409, f"Container {identifier} is not running")


# --- stats -----------------------------------------------------------------------------------------------------------


def test_one_answer_of_two_looks(api: Api, sleeper: str) -> None:
    found = api.get(f"/containers/{sleeper}/stats", stream=0).json
    assert found["precpu_stats"]["system_cpu_usage"] < found["cpu_stats"]["system_cpu_usage"]
    assert found["preread"] < found["read"]
    assert found["cpu_stats"]["online_cpus"] >= 1
    assert found["pids_stats"]["current"] == 1
    assert 0 < found["memory_stats"]["usage"] < found["memory_stats"]["limit"]
    assert (found["name"], found["id"]) == (f"/{api.inspect(sleeper)['Name'][1:]}", api.inspect(sleeper)["Id"])
    assert "networks" not in found


def test_one_look(api: Api, sleeper: str) -> None:
    found = api.get(f"/containers/{sleeper}/stats", stream=0, **{"one-shot": 1}).json
    assert found["preread"] == "0001-01-01T00:00:00Z"
    assert found["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    answer = api.get(f"/containers/{sleeper}/stats", stream=1, **{"one-shot": 1})
    assert (answer.status, answer.message) == (400, "cannot have stream=true and one-shot=true")


def test_one_that_does_not_run_has_empty_ones(api: Api, name: str) -> None:
    api.create("true", name=name)
    for query in ({"stream": 0}, {"stream": 0, "one-shot": 1}):
        found = api.get(f"/containers/{name}/stats", **query).json
        assert found["read"] == found["preread"] == "0001-01-01T00:00:00Z"
        assert (found["pids_stats"], found["memory_stats"]) == ({}, {})
        assert found["cpu_stats"]["cpu_usage"]["total_usage"] == 0


def test_a_stream_goes_on_over_the_end_of_a_run(api: Api, sleeper: str) -> None:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(api.path)
    with client, client.makefile("rb") as file:
        client.sendall(f"GET /v1.41/containers/{sleeper}/stats HTTP/1.0\r\nHost: d\r\n\r\n".encode())
        while file.readline().strip():
            pass
        first, second = (json.loads(file.readline()) for _ in range(2))
        assert first["read"] == second["preread"]
        assert second["cpu_stats"]["system_cpu_usage"] > first["cpu_stats"]["system_cpu_usage"]
        api.post(f"/containers/{sleeper}/kill")
        eventually(lambda: json.loads(file.readline())["read"] == "0001-01-01T00:00:00Z", within_seconds=15)


# --- wait ------------------------------------------------------------------------------------------------------------


def test_waiting_for_what_has_ended_or_never_began(api: Api, name: str) -> None:
    api.create("sh", "-c", "exit 4", name=name)
    assert api.wait(name) == 0
    api.post(f"/containers/{name}/start")
    assert api.wait(name) == 4
    assert api.wait(name, "not-running") == 4


@pytest.mark.parametrize("condition", ["next-exit", "removed"])
def test_waiting_for_what_is_to_come(api: Api, name: str, condition: str) -> None:
    api.create("sh", "-c", "exit 5", name=name)
    codes: list[int] = []
    waiting = threading.Thread(target=lambda: codes.append(api.wait(name, condition)))
    waiting.start()
    time.sleep(0.3)  # nothing tells when a wait has begun
    assert codes == []
    api.post(f"/containers/{name}/start")
    api.wait(name)
    api.delete(f"/containers/{name}")
    waiting.join(20)
    assert codes == [5]


def test_waiting_for_nobody(api: Api) -> None:
    answer = api.post("/containers/nobody/wait")
    assert (answer.status, answer.message) == (404, "No such container: nobody")


# --- kill, stop, restart ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["BAD", "0", "RTMIN+1x"])
def test_signals_that_are_none(api: Api, sleeper: str, signal: str) -> None:
    answer = api.post(f"/containers/{sleeper}/kill", signal=signal)
    assert (answer.status, answer.message) == (400, f"Invalid signal: {signal}")


@pytest.mark.parametrize("signal", ["SIGUSR1", "usr1", "10", "USR1"])
def test_signals_have_names_and_numbers(api: Api, name: str, signal: str) -> None:
    script = "trap 'echo heard; exit 6' USR1; echo ready; while true; do usleep 10000; done"
    api.run("sh", "-c", script, name=name)
    eventually(lambda: "ready" in api.logs(name))
    assert api.post(f"/containers/{name}/kill", signal=signal).status == 204
    assert api.wait(name) == 6
    assert "heard" in api.logs(name)


def test_the_stop_signal_and_time_of_the_container(api: Api, name: str) -> None:
    script = "trap 'exit 7' USR2; trap 'exit 8' TERM; echo ready; while true; do usleep 10000; done"
    api.run("sh", "-c", script, name=name, StopSignal="SIGUSR2", StopTimeout=20)
    eventually(lambda: "ready" in api.logs(name))
    assert api.post(f"/containers/{name}/restart").status == 204
    eventually(lambda: api.logs(name).count("ready") == 2)
    assert api.post(f"/containers/{name}/stop").status == 204
    assert api.state(name)["ExitCode"] == 7
    assert api.post(f"/containers/{name}/stop").status == 304


def test_one_that_does_not_listen_is_killed_in_time(api: Api, name: str) -> None:
    api.run("sh", "-c", "trap '' TERM; echo ready; while true; do usleep 10000; done", name=name)
    eventually(lambda: "ready" in api.logs(name))
    began = time.monotonic()
    assert api.post(f"/containers/{name}/stop", t=1).status == 204
    assert 0.9 < time.monotonic() - began < 8
    assert api.state(name)["ExitCode"] == 137


def test_a_kill_of_what_does_not_run(api: Api, name: str) -> None:
    identifier = api.create("true", name=name)
    answer = api.post(f"/containers/{name}/kill")
    words = f"Cannot kill container: {name}: Container {identifier} is not running"
    assert (answer.status, answer.message) == (409, words)


def test_restarting_starts_what_does_not_run(api: Api, name: str) -> None:
    api.create("sleep", "600", name=name)
    assert api.post(f"/containers/{name}/restart", t=0).status == 204
    assert api.state(name)["Running"]


# --- pause -----------------------------------------------------------------------------------------------------------


def test_a_paused_container_refuses_most_things(api: Api, sleeper: str) -> None:
    identifier = api.inspect(sleeper)["Id"]
    assert api.post(f"/containers/{sleeper}/pause").status == 204
    state = api.state(sleeper)
    assert (state["Status"], state["Running"], state["Paused"]) == ("paused", True, True)
    refused: list[tuple[int, str, Any]] = [
        (409, f"Container {identifier} is already paused", api.post(f"/containers/{sleeper}/pause")),
        (409, "cannot start a paused container, try unpause instead", api.post(f"/containers/{sleeper}/start")),
    ]
    for status, words, answer in refused:
        assert (answer.status, answer.message) == (status, words)
    assert "You cannot remove a paused container" in api.delete(f"/containers/{sleeper}").message
    assert len(api.get(f"/containers/{sleeper}/top").json["Processes"]) == 1
    assert api.post(f"/containers/{sleeper}/unpause").status == 204
    # 500 on dockerd.
    assert api.post(f"/containers/{sleeper}/unpause").message == f"Container {identifier} is not paused"


@pytest.mark.parametrize("verb", ["kill", "stop?t=1", "restart?t=1"])
def test_a_paused_container_can_be_ended(api: Api, sleeper: str, verb: str) -> None:
    api.post(f"/containers/{sleeper}/pause")
    assert api.post(f"/containers/{sleeper}/{verb}").status == 204
    expected = "running" if verb.startswith("restart") else "exited"
    eventually(lambda: api.state(sleeper)["Status"] == expected)


# --- rename, remove, prune -------------------------------------------------------------------------------------------


def test_names_that_cannot_be_given(api: Api, sleeper: str) -> None:
    other = api.create("true", name=f"{sleeper[:10]}other")
    try:
        taken = f"{sleeper[:10]}other"
        words = f'Conflict. The container name "/{taken}" is already in use by container "{other}".'
        answer = api.post(f"/containers/{sleeper}/rename", name=taken)
        assert answer.status == 409
        assert answer.message.startswith(f"Error when allocating new name: {words}")
        for name, words in (
            ("", "Neither old nor new names may be empty"),
            (api.inspect(sleeper)["Name"][1:], "Renaming a container with the same name as its current name"),
            ("/bad/name", "Error when allocating new name: Invalid container name (/bad/name), only "),
        ):
            answer = api.post(f"/containers/{sleeper}/rename", name=name)
            assert answer.status == 400
            assert answer.message.startswith(words)
    finally:
        api.remove(other)


def test_a_name_that_was_given_up_is_free(api: Api, sleeper: str) -> None:
    name = api.inspect(sleeper)["Name"][1:]
    assert api.post(f"/containers/{sleeper}/rename", name=f"{name}x").status == 204
    other = api.create("true", name=name)
    assert api.inspect(name)["Id"] == other
    api.remove(other)
    assert api.post(f"/containers/{name}x/rename", name=name).status == 204


def test_removal_by_force_and_with_volumes(api: Api, name: str) -> None:
    api.run("sleep", "600", name=name, Volumes={"/data": {}})
    [mount] = api.inspect(name)["Mounts"]
    answer = api.delete(f"/containers/{name}")
    assert answer.status == 409
    assert answer.message.startswith(f"You cannot remove a running container {api.inspect(name)['Id']}. Stop the ")
    assert api.delete(f"/containers/{name}", force=1, v=1).status == 204
    assert api.get(f"/volumes/{mount['Name']}").status == 404
    assert api.delete(f"/containers/{name}").status == 404


def test_prune_takes_what_its_filters_pick(api: Api, name: str) -> None:
    def made(label: str) -> str:
        container = api.run("sh", "-c", "head -c 100000 /dev/zero > /file", Labels={"of": name, "is": label})
        api.wait(container)
        return container

    one, two, three = made("1"), made("2"), made("3")
    running = api.run("sleep", "600", name=name, Labels={"of": name})
    try:
        pruned = api.post("/containers/prune", filters={"label": [f"of={name}"], "until": ["1h"]}).json
        assert pruned == {"ContainersDeleted": None, "SpaceReclaimed": 0}
        pruned = api.post("/containers/prune", filters={"label": [f"of={name}", "is=1"]}).json
        assert pruned["ContainersDeleted"] == [one]
        assert 100_000 <= pruned["SpaceReclaimed"] < 200_000
        pruned = api.post("/containers/prune", filters={"label": [f"of={name}"], "label!": ["is=2"]}).json
        assert pruned["ContainersDeleted"] == [three]
        until = str(int(time.time()) + 100)
        pruned = api.post("/containers/prune", filters={"label": [f"of={name}"], "until": [until]}).json
        assert pruned["ContainersDeleted"] == [two]
        assert api.state(running)["Running"]
    finally:
        for container in (one, two, three):
            api.remove(container)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"bad": ["x"]}, "invalid filter 'bad'"),
        ({"until": ["x"]}, 'failed to parse value as time or duration: "x"'),
        ({"until": ["1h", "2h"]}, "more than one until filter specified"),
    ],
)
def test_bad_filters_of_prune(api: Api, filters: dict[str, list[str]], words: str) -> None:
    # With a label that nothing has, whatever becomes of the filter.
    answer = api.post("/containers/prune", filters={"label": ["no=such=label"], **filters})
    assert answer.status >= 400
    assert words in answer.message.replace("Invalid", "invalid")
