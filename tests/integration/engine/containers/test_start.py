"""Start: what runs is what was asked for, seen from inside; and a start that fails leaves only its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon


def test_a_container_runs_and_ends(api: Api) -> None:
    container = api.run("sh", "-c", "echo out; echo err >&2; exit 3")
    assert api.wait(container) == 3
    state = api.state(container)
    assert (state["Status"], state["ExitCode"], state["Pid"], state["OOMKilled"]) == ("exited", 3, 0, False)
    assert state["StartedAt"] < state["FinishedAt"]
    assert sorted(api.logs(container).split()) == ["err", "out"]
    assert api.events(container) == ["create", "start", "die"]


def test_starting_what_runs_is_304(api: Api) -> None:
    assert api.post(f"/containers/{api.run('sleep', '60')}/start").status == 304


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("nope", 127, 'exec: "nope": executable file not found in $PATH'),
        ("/nope", 127, 'exec: "/nope": stat /nope: no such file or directory'),
        ("/etc", 126, 'exec: "/etc": permission denied'),
    ],
)
def test_a_command_that_cannot_be_executed_is_told(
    api: Api, daemon: Daemon, command: str, code: int, words: str
) -> None:
    container = api.create(command)
    answer = api.post(f"/containers/{container}/start")
    assert answer.status == 400
    assert words in answer.message
    state = api.state(container)
    assert (state["Status"], state["ExitCode"]) == ("created", code)
    assert words in state["Error"]
    assert not (daemon.run / "bundles" / container).exists()
    assert list((daemon.run / "s").iterdir()) == []


def test_after_a_failed_start_it_can_be_started_again(api: Api) -> None:
    container = api.create("/x/run", host={"Binds": ["again:/x"]})
    assert api.post(f"/containers/{container}/start").status == 400
    other = api.output(
        "sh", "-c", "printf '#!/bin/sh\\necho ok\\n' > /x/run; chmod +x /x/run", host={"Binds": ["again:/x"]}
    )
    assert other == ""
    assert api.post(f"/containers/{container}/start").status == 204
    assert api.wait(container) == 0
    assert (api.logs(container), api.state(container)["Error"]) == ("ok\n", "")
    api.remove(container)
    api.delete("/volumes/again")


def test_a_failed_start_with_auto_remove_takes_the_container_away(api: Api) -> None:
    container = api.create("nope", host={"AutoRemove": True})
    assert api.post(f"/containers/{container}/start").status == 400
    assert api.get(f"/containers/{container}/json").status == 404


def test_an_unknown_network_is_told_at_the_start(api: Api) -> None:
    container = api.create("true", host={"NetworkMode": "mine"})
    answer = api.post(f"/containers/{container}/start")
    assert (answer.status, answer.message) == (404, "network mine not found")


def test_names_and_settings_are_seen_inside(api: Api) -> None:
    script = "hostname; pwd; id -u; echo $A; grep NoNewPrivs /proc/self/status; ulimit -n"
    output = api.output(
        "sh", "-c", script, Hostname="box", WorkingDir="/new/dir", User="1000", Env=["A=b"],
        host={"SecurityOpt": ["no-new-privileges"], "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 64}]},
    )  # fmt: skip
    assert output == "box\n/new/dir\n1000\nb\nNoNewPrivs:\t1\n64\n"


def test_limits_are_in_the_kernels_files(api: Api) -> None:
    container = api.run("sleep", "60", host={"Memory": 64 << 20, "NanoCpus": 500_000_000, "PidsLimit": 20})
    groups = {
        line.split(":")[1]: line.strip().split(":")[2]
        for line in Path(f"/proc/{api.state(container)['Pid']}/cgroup").read_text().splitlines()
    }
    assert all(group.endswith(f"/jupyter-containers/{container}") for group in groups.values() if group != "/")
    exec_ = api.post(
        f"/containers/{container}/exec",
        {"Cmd": ["sh", "-c", "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max"], "AttachStdout": True},
    ).json["Id"]  # fmt: skip
    stream = api.hijack(f"/exec/{exec_}/start", {})
    assert b"20\n" in stream.read()
    stream.close()


def test_an_oom_kill_is_told(api: Api) -> None:
    container = api.run("sh", "-c", "x=a; while true; do x=$x$x; done", host={"Memory": 8 << 20})
    assert api.wait(container) == 137
    assert api.state(container)["OOMKilled"] is True
    assert "oom" in api.events(container)


def test_a_container_starts_again_with_its_files_and_a_fresh_state(api: Api) -> None:
    container = api.run("sh", "-c", "echo run >> /log; cat /log")
    api.wait(container)
    assert api.post(f"/containers/{container}/start").status == 204
    api.wait(container)
    assert api.logs(container) == "run\nrun\nrun\n"


def test_the_network_and_the_pids_of_another_container_are_joined(api: Api) -> None:
    other = api.run("sleep", "60", name="other", Hostname="otherhost", host={"NetworkMode": "bridge"})
    address = api.inspect(other)["NetworkSettings"]["IPAddress"]
    joined = {"NetworkMode": "container:other", "PidMode": f"container:{other[:12]}"}
    output = api.output("sh", "-c", "hostname; cat /etc/hosts; ip -4 addr show eth0; ps", host=joined)
    assert output.startswith("otherhost\n")
    assert output.count(address) == 2
    assert "sleep 60" in output


def test_a_namespace_of_a_container_that_does_not_run_is_refused(api: Api) -> None:
    other = api.create("true")
    container = api.create("true", host={"NetworkMode": f"container:{other}"})
    answer = api.post(f"/containers/{container}/start")
    assert answer.status == 409
    assert f"cannot join network of a non running container: {other}" in answer.message
