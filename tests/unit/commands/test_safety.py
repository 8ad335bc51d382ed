"""Tests of commands.safety."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.kernel_facts import KernelFacts
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.safety import hardened, proof, prove
from jupyter_containers.errors import NotFound

SAFE = KernelFacts(7, 0, 0, True, 2, ("lo",), True, "536870912", "128")


def test_a_safe_container_asks_for_little() -> None:
    host = hardened(RunSettings("img", memory_bytes=1 << 20)).to_wire()["HostConfig"]
    assert host == {
        "NetworkMode": "none", "Memory": 1 << 20, "PidsLimit": 128, "CapDrop": ["ALL"], "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"], "Tmpfs": {"/tmp": ""},
    }  # fmt: skip


@pytest.mark.parametrize("options", [{"privileged": True}, {"cap_add": ("ALL",)}, {"network": "host"}])
def test_what_contradicts_it_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="contradict each other"):
        hardened(replace(RunSettings("img"), **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("further", "named"),
    [
        ({"SecurityOpt": ["no-new-privileges=false"]}, "--security-opt no-new-privileges=false"),
        ({"SecurityOpt": ["no-new-privileges:0"]}, "--security-opt no-new-privileges:0"),
        ({"SecurityOpt": ["writable-cgroups=true"]}, "--security-opt writable-cgroups=true"),
        ({"SecurityOpt": ["seccomp=unconfined"]}, "--security-opt seccomp=unconfined"),
        ({"PidMode": "host"}, "--pid host"),
        ({"IpcMode": "container:box"}, "--ipc container:box"),
        ({"UsernsMode": "host"}, "--userns host"),
        ({"Devices": [{"PathOnHost": "/dev/kmsg"}]}, "--device"),
        ({"DeviceCgroupRules": ["c 1:* rwm"]}, "--device-cgroup-rule"),
        ({"PublishAllPorts": True}, "-P"),
    ],
)
def test_so_are_dockers_further_options_that_open_it(further: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=f"--safe and {named} contradict each other"):
        hardened(RunSettings("img", further_host=further))


def test_what_closes_it_more_may_be_said() -> None:
    further = {"SecurityOpt": ["no-new-privileges", 'seccomp={"defaultAction": "SCMP_ACT_ERRNO"}'], "IpcMode": "none"}
    host = hardened(RunSettings("img", further_host=further)).to_wire()["HostConfig"]
    assert host["SecurityOpt"] == ["no-new-privileges", *further["SecurityOpt"]]


def test_a_promise_that_is_not_kept_begins_with_no() -> None:
    assert all(line.startswith("ok  ") for line in proof(SAFE, memory_bytes=512 << 20, pids=128))
    for change in (
        {"capabilities": 1}, {"bounding": 1}, {"no_new_privileges": False}, {"seccomp_mode": 0},
        {"interfaces": ("lo", "eth0")}, {"root_is_read_only": False}, {"memory_limit": "max"}, {"pids_limit": ""},
        {"memory_limit": "9223372036854771712"}, {"pids_limit": "129"},
    ):  # fmt: skip
        lines = proof(replace(SAFE, **change), memory_bytes=512 << 20, pids=128)  # type: ignore[arg-type]
        assert len([line for line in lines if line.startswith("no  ")]) == 1, change


@pytest.mark.parametrize(
    ("pid", "said"),
    [
        (0, "no proof: the process had ended before the kernel could be asked"),
        (os.getpid(), "or runs on another machine"),
    ],
    ids=["ended", "here"],
)
def test_without_facts_there_is_no_proof(pid: int, said: str) -> None:
    client: Any = SimpleNamespace(
        containers=SimpleNamespace(inspect=lambda _: {"State": {"Pid": pid}, "Id": "c0ffee" * 9})
    )
    (line,) = prove(client, "box", RunSettings("img"))
    assert line.endswith(said)


def test_a_container_that_is_gone_has_none() -> None:
    def inspect(_: str) -> None:
        raise NotFound("No such container: box")

    client: Any = SimpleNamespace(containers=SimpleNamespace(inspect=inspect))
    assert prove(client, "box", RunSettings("img")) == [
        "no proof: the process had ended before the kernel could be asked"
    ]
