"""The default profile allows what Docker's allows, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.linux import constants
from jupyter_containers.runtime import seccomp_profile
from jupyter_containers.runtime.seccomp_profile import default_seccomp

# Beside the checkout, not in it: somebody else's file, which the product must not copy.
REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "seccomp" / "moby-default.json"
ARCHES = {"amd64", "x86", "arm64", "arm"}


def rules(profile: dict[str, Any], *, capabilities: set[str], arch: str) -> dict[str, set[str]]:
    """Return what each system call gets: action with errno, and the arguments it is bound to."""
    found: dict[str, set[str]] = {}
    for entry in profile["syscalls"]:
        includes, excludes = entry.get("includes") or {}, entry.get("excludes") or {}
        if not set(includes.get("caps") or ()) <= capabilities or set(excludes.get("caps") or ()) & capabilities:
            continue
        if arch in (excludes.get("arches") or ()) or arch not in (includes.get("arches") or [arch]):
            continue
        arguments = [(a["index"], a["value"], a.get("valueTwo", 0), a["op"]) for a in entry.get("args") or ()]
        for name in entry["names"]:
            found.setdefault(name, set()).add(f"{entry['action']} {entry.get('errnoRet')} {arguments}")
    return found


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference profile is not beside this checkout")
@pytest.mark.parametrize("arch", sorted(ARCHES))
@pytest.mark.parametrize(
    "capabilities",
    [set(), {"CAP_SYS_ADMIN"}, {"CAP_SYS_PTRACE"}, {"CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG", "CAP_SYS_NICE"},
     set(seccomp_profile.WITH_CAPABILITY)],
    ids=lambda names: "+".join(sorted(names))[:40] or "none",
)  # fmt: skip
def test_it_is_docker_s_profile_for(capabilities: set[str], arch: str) -> None:
    reference = json.loads(REFERENCE.read_text())
    ours = rules(dict(default_seccomp()), capabilities=capabilities, arch=arch)
    assert ours == rules(reference, capabilities=capabilities, arch=arch)


def test_only_the_calls_of_these_machines_are_known() -> None:
    assert default_seccomp()["archMap"] == [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
    ]


def test_what_is_not_listed_answers_eperm() -> None:
    assert default_seccomp()["defaultAction"] == "SCMP_ACT_ERRNO"
    assert default_seccomp()["defaultErrnoRet"] == 1


@pytest.mark.parametrize("name", ["mount", "unshare", "setns", "keyctl", "add_key", "kexec_load", "bpf", "userfaultfd"])
def test_without_capabilities_it_does_not_allow(name: str) -> None:
    assert name not in rules(dict(default_seccomp()), capabilities=set(), arch="amd64")


def test_sockets_of_the_hypervisor_and_of_the_kernel_s_crypto_are_not_allowed() -> None:
    [below, between, above] = [
        set(entry["args"][0].items())
        for entry in default_seccomp()["syscalls"]
        if "socket" in entry["names"] and entry["action"] == "SCMP_ACT_ALLOW"
    ]
    assert below == {("index", 0), ("value", 38), ("valueTwo", 0), ("op", "SCMP_CMP_LT")}
    assert between == {("index", 0), ("value", 39), ("valueTwo", 0), ("op", "SCMP_CMP_EQ")}
    assert above == {("index", 0), ("value", 40), ("valueTwo", 0), ("op", "SCMP_CMP_GT")}


def test_clone_may_make_no_namespace() -> None:
    every = 0
    for name in ("NEWNS", "NEWCGROUP", "NEWUTS", "NEWIPC", "NEWUSER", "NEWPID", "NEWNET"):
        every |= getattr(constants, f"CLONE_{name}")
    found = rules(dict(default_seccomp()), capabilities=set(), arch="amd64")
    assert found["clone"] == {f"SCMP_ACT_ALLOW None {[(0, every, 0, 'SCMP_CMP_MASKED_EQ')]}"}


@pytest.mark.parametrize(("capability", "names"), seccomp_profile.WITH_CAPABILITY.items())
def test_what_a_capability_brings_is_not_there_without_it(capability: str, names: str) -> None:
    def allowed(capabilities: set[str]) -> set[str]:
        found = rules(dict(default_seccomp()), capabilities=capabilities, arch="amd64")
        return {name for name in names.split() if "SCMP_ACT_ALLOW None []" in found.get(name, ())}

    # Tracing and the memory of others are allowed to all since Linux 4.8, which no longer lets a tracer pass filters.
    assert allowed(set()) == {"process_vm_readv", "process_vm_writev", "ptrace"} & set(names.split())
    assert allowed({capability}) == set(names.split())


def test_clone3_says_that_it_does_not_exist() -> None:
    found = rules(dict(default_seccomp()), capabilities=set(), arch="amd64")
    assert found["clone3"] == {"SCMP_ACT_ERRNO 38 []"}


def test_no_system_call_is_listed_twice() -> None:
    names = default_seccomp()["syscalls"][0]["names"]
    assert len(names) == len(set(names))


def test_it_is_one_object() -> None:
    assert default_seccomp() is default_seccomp()
