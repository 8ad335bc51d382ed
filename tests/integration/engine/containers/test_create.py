"""Create: what is there afterwards, and what is not after a refusal."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon

MISSING = {"Type": "bind", "Source": "/nope/x", "Target": "/x"}


def listing(daemon: Daemon) -> tuple[set[str], set[str], set[str]]:
    folders = daemon.data / "containers", daemon.data / "snapshots", daemon.data / "volumes"
    found = [{path.name for path in folder.iterdir()} if folder.is_dir() else set() for folder in folders]
    return found[0], found[1], found[2]


def test_a_container_has_an_id_a_name_and_the_images_defaults(api: Api) -> None:
    body = api.inspect(api.create("true", name="named"))
    assert body["Name"] == "/named"
    assert body["Config"]["Env"] == ["PATH=/bin"]
    assert body["Config"]["Hostname"] == body["Id"][:12]
    assert body["State"]["Status"] == "created"
    assert "_" in api.inspect(api.create("true"))["Name"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"Image": "nosuch", "Cmd": ["x"]}, 404, "No such image: nosuch:latest"),
        ({"Image": IMAGE}, 400, "No command specified"),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"Memory": 1000}}, 400, "Minimum memory limit allowed is 6MB"),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"CapAdd": ["X"]}}, 400, 'unknown capability: "CAP_X"'),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"Links": ["a:b"]}}, 400, "could not get container for a"),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"VolumesFrom": ["gone"]}}, 400, "No such container: gone"),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"Binds": ["bad name:/x"]}}, 400, "create bad name"),
        (
            {"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"Mounts": [MISSING]}},
            400,
            "bind source path does not exist: /nope/x",
        ),
        ({"Image": IMAGE, "Cmd": ["x"], "HostConfig": {"Ulimits": [{"Name": "z"}]}}, 400, "invalid ulimit type: z"),
        ({}, 400, "config cannot be empty"),
    ],
)  # fmt: skip
def test_a_refusal_leaves_nothing(api: Api, daemon: Daemon, body: dict[str, object], status: int, message: str) -> None:
    before = listing(daemon), len(api.get("/containers/json", all=1).json)
    answer = api.post("/containers/create", body)
    assert answer.status == status
    assert message in answer.message
    assert (listing(daemon), len(api.get("/containers/json", all=1).json)) == before


@pytest.mark.skipif(os.path.exists("/sys/fs/cgroup/cgroup.controllers"), reason="cgroup v2 can do that")
def test_groups_of_version_1_are_not_for_a_container_to_write(api: Api) -> None:
    host = {"SecurityOpt": ["writable-cgroups=true"]}
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"], "HostConfig": host})
    assert (answer.status, answer.message) == (
        501, "--security-opt writable-cgroups=true needs cgroup v2; this host has version 1",
    )  # fmt: skip


def test_what_no_kernel_knows_is_warned_of_and_not_told(api: Api) -> None:
    host = {"KernelMemory": 64 << 20, "CpuPercent": 5, "SecurityOpt": ["label=type:x_t"]}
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"], "HostConfig": host})
    assert [words.partition(".")[0] for words in answer.json["Warnings"]] == [
        "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted",
        "linux does not support CPU percent",
        "--security-opt label=type:x_t is without effect: this kernel has no SELinux",
    ]
    assert api.inspect(answer.json["Id"])["HostConfig"]["CpuPercent"] == 0


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ({"PidMode": "host", "SecurityOpt": ["no-new-privileges"]}, ["no-new-privileges", "label=disable"]),
        ({"Privileged": True}, ["label=disable"]),
        ({"IpcMode": "host", "SecurityOpt": ["label=disable"]}, ["label=disable"]),
        ({}, None),
    ],
)
def test_what_selinux_could_not_hold_is_told_to_be_without_it(
    api: Api, host: dict[str, object], told: list[str] | None
) -> None:
    assert api.inspect(api.create("true", host=host))["HostConfig"]["SecurityOpt"] == told


def test_a_name_is_taken_once(api: Api) -> None:
    first = api.create("true", name="once")
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"]}, name="once")
    assert answer.status == 409
    assert f'The container name "/once" is already in use by container "{first}"' in answer.message


def test_memory_alone_allows_as_much_swap_again(api: Api) -> None:
    body = api.inspect(api.create("true", host={"Memory": 64 << 20}))
    assert body["HostConfig"]["MemorySwap"] == 128 << 20


def test_a_platform_that_the_image_is_not_for_is_told(api: Api) -> None:
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"]}, platform="linux/s390x")
    assert answer.status == 404
    assert "does not match the specified platform: wanted linux/s390x" in answer.message


def test_a_source_of_v_is_made_at_the_start(api: Api, tmp_path: Path) -> None:
    source = tmp_path / uuid.uuid4().hex
    assert api.output("ls", "-A", "/x", host={"Binds": [f"{source}:/x"]}) == ""
    assert source.is_dir()
