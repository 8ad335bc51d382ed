"""Execs: more processes in running containers."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api, frames
from tests.support.eventually import eventually


@pytest.fixture
def sleeper(api: Api) -> str:
    return api.run("sleep", "600", Env=["FROM=container"], WorkingDir="/tmp", Labels={"l": "1"})


def prepared(api: Api, container: str, *command: str, **settings: object) -> str:
    answer = api.post(f"/containers/{container}/exec", {"Cmd": list(command), "AttachStdout": True, **settings})
    assert answer.status == 201, answer.content
    return str(answer.json["Id"])


def output(api: Api, exec_: str) -> bytes:
    stream = api.hijack(f"/exec/{exec_}/start", {"Tty": True})
    content = stream.read()
    stream.close()
    return b"".join(payload for _, payload in frames(content))


def test_it_is_in_the_container_with_its_environment(api: Api, sleeper: str) -> None:
    exec_ = prepared(
        api, sleeper, "sh", "-c", "echo $FROM $MINE; pwd; hostname; ps | grep -c 'sleep 600'", Env=["MINE=1"]
    )
    assert b"container 1\n/tmp\n" in output(api, exec_)
    found = api.get(f"/exec/{exec_}/json").json
    assert (found["Running"], found["ExitCode"], found["ContainerID"]) == (False, 0, sleeper)
    assert api.events(sleeper)[2:] == [
        "exec_create: sh -c echo $FROM $MINE; pwd; hostname; ps | grep -c 'sleep 600'",
        "exec_start: sh -c echo $FROM $MINE; pwd; hostname; ps | grep -c 'sleep 600'",
        "exec_die",
    ]


def test_user_workdir_and_exit_code_are_as_asked(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "sh", "-c", "id -u; pwd; exit 9", User="1000", WorkingDir="/etc")
    assert b"1000\n/etc\n" in output(api, exec_)
    assert api.get(f"/exec/{exec_}/json").json["ExitCode"] == 9


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [("nope", 126, b'exec: "nope": executable file not found in $PATH'), ("/etc", 126, b"permission denied")],
)
def test_what_cannot_be_executed_is_told_in_the_stream(
    api: Api, sleeper: str, command: str, code: int, words: bytes
) -> None:
    exec_ = prepared(api, sleeper, command)
    assert words in output(api, exec_)
    assert api.get(f"/exec/{exec_}/json").json["ExitCode"] == code


def test_detached_it_runs_on(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "sh", "-c", "touch /started; exec sleep 300")
    assert api.post(f"/exec/{exec_}/start", {"Detach": True}).status == 200
    assert api.inspect(sleeper)["ExecIDs"] == [exec_]
    found = api.get(f"/exec/{exec_}/json").json
    assert (found["Running"], found["ExitCode"]) == (True, None)
    assert found["Pid"] > 0


def test_it_is_started_once(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "true")
    output(api, exec_)
    answer = api.post(f"/exec/{exec_}/start", {})
    assert (answer.status, answer.message) == (409, f"Error: Exec command {exec_} has already run")
    running = prepared(api, sleeper, "sleep", "60")
    api.post(f"/exec/{running}/start", {"Detach": True})
    assert api.post(f"/exec/{running}/start", {}).message == f"Error: Exec command {running} is already running"


def test_a_terminal_of_its_own_with_a_size(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "sh", "-c", "tty; stty size; read x; stty size", Tty=True, AttachStdin=True)
    stream = api.hijack(f"/exec/{exec_}/start", {"Tty": True, "ConsoleSize": [20, 30]})
    assert b"/dev/pts/" in stream.read(until=b"20 30\r\n")
    assert api.post(f"/exec/{exec_}/resize", h=21, w=31).status == 200
    stream.send(b"\n")
    assert b"21 31" in stream.read()
    stream.close()
    assert api.post(f"/exec/{exec_}/resize", h=1, w=1).status == 409


def test_the_end_of_the_container_is_the_end_of_its_execs(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "sleep", "300")
    stream = api.hijack(f"/exec/{exec_}/start", {})
    api.post(f"/containers/{sleeper}/kill")
    assert stream.read() == b""
    stream.close()
    eventually(lambda: api.get(f"/exec/{exec_}/json").json["ExitCode"] == 137)
    assert api.get(f"/exec/{exec_}/json").json["Running"] is False


def test_one_that_was_not_started_is_not_told_to_have_run(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "true")
    api.post(f"/containers/{sleeper}/kill")
    eventually(lambda: api.inspect(sleeper)["ExecIDs"] is None)
    assert api.get(f"/exec/{exec_}/json").json["ExitCode"] is None
    answer = api.post(f"/exec/{exec_}/start", {})
    assert (answer.status, answer.message) == (409, f"Container {sleeper} is not running")
    api.delete(f"/containers/{sleeper}")
    assert api.get(f"/exec/{exec_}/json").status == 404


def test_it_runs_to_its_end_when_who_started_it_has_gone(api: Api, sleeper: str) -> None:
    exec_ = prepared(api, sleeper, "sh", "-c", "exit 6")
    stream = api.hijack(f"/exec/{exec_}/start", {})
    stream.close()
    eventually(lambda: api.get(f"/exec/{exec_}/json").json["ExitCode"] == 6)
    assert api.inspect(sleeper)["ExecIDs"] is None


def test_only_in_what_runs(api: Api, sleeper: str) -> None:
    stopped = api.create("true")
    answer = api.post(f"/containers/{stopped}/exec", {"Cmd": ["true"]})
    assert (answer.status, answer.message) == (409, f"Container {stopped} is not running")
    assert api.post(f"/containers/{sleeper}/exec", {"Cmd": []}).message == "No exec command specified"
    assert api.post(f"/containers/{sleeper}/exec", {"Cmd": ["a"], "WorkingDir": "rel"}).status == 400
    assert api.get("/exec/nosuch/json").message == "No such exec instance: nosuch"


def test_privileges_are_those_of_the_container_unless_asked(api: Api) -> None:
    container = api.run("sleep", "60", host={"CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"]})
    script = "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status"
    plain = output(api, prepared(api, container, "sh", "-c", script))
    assert b"CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n" in plain
    privileged = output(api, prepared(api, container, "sh", "-c", script, Privileged=True))
    assert b"CapEff:\t0000000000000000" not in privileged
