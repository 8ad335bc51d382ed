"""Which kernel parameters a container may set, in the words of Docker's runtime."""

from __future__ import annotations

import posixpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers.record import HostSettings
from jupyter_containers.engine.containers.sysctls import check_sysctls, dotted
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("name", "modes", "sentence"),
    [
        ("kernel.panic", {}, 'sysctl "kernel.panic" is not in a separate kernel namespace'),
        ("net.x", {"network_mode": "host"}, 'sysctl "net.x" not allowed in host network namespace'),
        ("net/x", {"network_mode": "container:a"}, "not allowed in the network namespace of another container"),
        ("kernel.shmmax", {"ipc_mode": "host"}, 'sysctl "kernel.shmmax" is not allowed in the hosts ipc namespace'),
        ("fs.mqueue.msg_max", {"ipc_mode": "container:a"}, "not allowed in the ipc namespace of another container"),
        ("kernel.domainname", {"uts_mode": "host"}, "is not in a separate kernel namespace"),
        ("kernel.hostname", {}, "conflicts with the option hostname"),
        ("net/../kernel", {}, "invalid sysctl name 'net/../kernel'"),
        ("net.ipv4/x", {}, "invalid sysctl name 'net.ipv4/x'"),
        ("net.x\0", {}, r"invalid sysctl name 'net.x\x00'"),
        ("net", {}, "is not in a separate kernel namespace"),
        ("kernel.sem", {"ipc_mode": "container:a"}, "not allowed in the ipc namespace of another container"),
        ("", {}, "is not in a separate kernel namespace"),
    ],
)
def test_what_is_not_the_containers_own_is_refused(name: str, modes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check_sysctls(HostSettings(sysctls={name: "1"}, **modes))
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    "name",
    [
        "net.ipv4.ip_forward", "net/ipv4/ip_forward", "net/ipv4/conf/eth0.1/forwarding", "fs.mqueue.msg_max",
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname",
    ],
)  # fmt: skip
def test_what_is_its_own_is_taken(name: str) -> None:
    check_sysctls(HostSettings(sysctls={name: "1"}))


@given(st.text("net.ipv4/kernelshmmax_", max_size=20))
def test_whatever_is_taken_is_below_proc_sys_and_the_containers_own(name: str) -> None:
    try:
        check_sysctls(HostSettings(sysctls={name: "1"}))
    except InvalidParameter:
        return
    path = dotted(name).replace(".", "/")
    assert posixpath.normpath(path) == path.rstrip("/")
    assert path.startswith(("net/", "kernel/", "fs/mqueue/"))


def test_there_are_two_ways_to_write_a_name() -> None:
    assert dotted("net/ipv4/ip_forward") == dotted("net.ipv4.ip_forward") == "net.ipv4.ip_forward"
