"""Tests of client.kernel_facts, on files like the kernel's and on this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.client.kernel_facts import KernelFacts, kernel_facts

STATUS = "Name:\tsh\nCapEff:\t00000000a80425fb\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"
DEVICES = "Inter-| Receive\n face |bytes\n    lo: 0 0\n  eth0: 1 2\n"
MOUNTS = "1 0 0:1 / / ro,relatime - overlay overlay rw\n2 1 0:2 / /proc rw - proc proc rw\n"


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/box/c0ffee\n", {"box/c0ffee/memory.max": "64", "box/c0ffee/pids.max": "max"}),
        (
            "5:pids:/box/c0ffee\n4:memory:/box/c0ffee\n0::/other\n",
            {"memory/box/c0ffee/memory.limit_in_bytes": "64", "pids/box/c0ffee/pids.max": "max"},
        ),
    ],
)
def test_both_hierarchies_are_read(tmp_path: Path, groups: str, files: dict[str, str]) -> None:
    contents = {"7/cgroup": groups, "7/status": STATUS, "7/net/dev": DEVICES, "7/mountinfo": MOUNTS}
    for name, text in contents.items() | files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n" if name in files else text)
    assert kernel_facts(7, "c0ffee", proc=tmp_path, cgroups=tmp_path) == KernelFacts(
        7, 0xA80425FB, 0, True, 2, ("lo", "eth0"), True, "64", "max"
    )
    assert kernel_facts(7, "decaf", proc=tmp_path, cgroups=tmp_path) is None
    assert kernel_facts(8, "c0ffee", proc=tmp_path, cgroups=tmp_path) is None


def test_a_process_of_no_container_is_not_told_of() -> None:
    assert kernel_facts(os.getpid(), "c0ffee" * 10) is None
