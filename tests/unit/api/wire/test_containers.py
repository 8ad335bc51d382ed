"""Docker's JSON of containers: inspect and the list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.api.wire.containers import (
    command,
    container_json,
    duration_text,
    port_list,
    state_json,
    status_text,
    summary_json,
)
from jupyter_containers.engine.containers.describe import Sizes, View
from jupyter_containers.engine.containers.record import HostSettings, MountPoint, Record, Settings, State, Status
from jupyter_containers.network.values import Attachment, Published

SECOND = 10**9
NOW = 1_767_323_045 * SECOND
ATTACHMENT = Attachment(
    "e" * 64, "10.0.0.2", 16, "10.0.0.1", "02:42:0a:00:00:02", "jc1",
    (Published(80, "tcp", "0.0.0.0", 8080), Published(80, "tcp", "::", 8080)),
)  # fmt: skip
RECORD = Record(
    "a" * 64, "web", NOW - 9 * SECOND, "sha256:x",
    settings=Settings(image="busybox", cmd=("sh", "-c", "exit 3"), exposed_ports=("80/tcp", "99/udp")),
    mount_points=(
        MountPoint("volume", "/v", source="/data/v", name="v", mode="z"), MountPoint("bind", "/b", source="/s"),
    ),
    state=State(Status.RUNNING, pid=7, started_at=NOW - 5 * SECOND),
)  # fmt: skip
VIEW = View(
    RECORD,
    {"bridge": ATTACHMENT},
    (),
    "box",
    Path("/c"),
    Path("/c/l"),
    "overlay2",
    True,
    Path("/s/1/fs"),
    (Path("/s/0/fs"),),
)


def ids(name: str) -> str:
    return f"id of {name}"


def test_a_running_container_shows_where_it_is() -> None:
    body = container_json(VIEW, version=(1, 41), network_id=ids)
    assert (body["Path"], body["Args"]) == ("sh", ["-c", "exit 3"])
    assert body["State"]["Status"] == "running"
    assert body["HostsPath"] == "/c/hosts"
    assert body["Config"]["Hostname"] == "box"
    assert body["ExecIDs"] is None
    assert body["GraphDriver"]["Data"] == {"UpperDir": "/s/1/fs", "WorkDir": "/s/1/work", "LowerDir": "/s/0/fs"}
    network = body["NetworkSettings"]
    assert network["Ports"] == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}], "99/udp": None,
    }  # fmt: skip
    assert network["IPAddress"] == network["Networks"]["bridge"]["IPAddress"] == "10.0.0.2"
    assert network["Networks"]["bridge"]["NetworkID"] == "id of bridge"
    assert "SizeRw" not in body


def test_one_that_never_ran_has_no_files_and_no_network_yet() -> None:
    view = replace(VIEW, record=replace(RECORD, state=State()), attachments={}, has_run=False)
    body = container_json(view, version=(1, 41), network_id=ids)
    assert (body["HostsPath"], body["LogPath"]) == ("", "")
    assert body["NetworkSettings"]["Ports"] == {}
    assert body["NetworkSettings"]["Networks"]["bridge"]["NetworkID"] == ""
    assert body["State"]["StartedAt"] == "0001-01-01T00:00:00Z"


def test_one_in_anothers_network_has_none() -> None:
    record = replace(RECORD, host=HostSettings(network_mode="container:x"))
    body = container_json(replace(VIEW, record=record, attachments={}), version=(1, 51), network_id=ids)
    assert body["NetworkSettings"]["Networks"] == {}
    assert body["HostsPath"] == "/c/hosts", "those of the other one, which the view knows"


def test_fields_of_a_network_follow_the_version() -> None:
    def names(version: tuple[int, int]) -> set[str]:
        body = container_json(VIEW, version=version, network_id=ids)
        return set(body["NetworkSettings"]["Networks"]["bridge"])

    assert names((1, 44)) - names((1, 43)) == {"DNSNames"}
    assert names((1, 48)) - names((1, 47)) == {"GwPriority"}


def test_states_have_dockers_flags() -> None:
    paused = state_json(State(Status.PAUSED, 7))
    assert (paused["Running"], paused["Paused"]) == (True, True)
    waiting = state_json(State(Status.RESTARTING))
    assert (waiting["Running"], waiting["Restarting"]) == (True, True)
    assert state_json(State(Status.DEAD))["Dead"] is True


def test_the_list_is_short() -> None:
    view = replace(VIEW, sizes=Sizes(0, 9))
    body = summary_json(view, image="busybox", version=(1, 41), network_id=ids, now=NOW)
    assert body["Command"] == "sh -c 'exit 3'"
    assert body["Status"] == "Up 5 seconds"
    assert body["Mounts"][0]["Source"] == "/data/v"
    assert body["Mounts"][0]["Mode"] == "z"
    assert body["HostConfig"] == {"NetworkMode": "default"}
    assert (body["SizeRootFs"], "SizeRw" in body) == (9, False)
    assert port_list(RECORD, {"bridge": ATTACHMENT}) == [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 99, "Type": "udp"},
    ]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(), "Created"),
        (State(Status.RUNNING, started_at=NOW), "Up Less than a second"),
        (State(Status.PAUSED, started_at=NOW - 60 * SECOND), "Up About a minute (Paused)"),
        (State(Status.EXITED, exit_code=3, started_at=1, finished_at=NOW - 7200 * SECOND), "Exited (3) 2 hours ago"),
        (State(Status.EXITED, exit_code=127), "Created"),
        (State(Status.RESTARTING, exit_code=1, finished_at=NOW - SECOND), "Restarting (1) 1 second ago"),
        (State(Status.REMOVING), "Removal In Progress"),
        (State(Status.DEAD), "Dead"),
    ],
)
def test_statuses_are_said_in_dockers_words(state: State, text: str) -> None:
    assert status_text(state, NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (120, "2 minutes"),
        (3599, "59 minutes"), (3600, "About an hour"), (3600 * 47, "47 hours"), (86400 * 2, "2 days"),
        (86400 * 13, "13 days"), (86400 * 15, "2 weeks"), (86400 * 65, "2 months"), (86400 * 800, "2 years"),
        (-5, "Less than a second"),
    ],
)  # fmt: skip
def test_durations_are_said_as_the_docker_cli_says_them(seconds: int, text: str) -> None:
    assert duration_text(seconds * SECOND) == text


def test_arguments_with_spaces_are_quoted() -> None:
    assert command(("a b", "c d", "e")) == "a b 'c d' e"
    assert command(()) == ""
