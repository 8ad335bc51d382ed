"""Each call is explained, by its file or option where the name does not tell."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.sentences import sentence

GROUP = "/sys/fs/cgroup/memory/jupyter-containers/1"


@pytest.mark.parametrize(
    ("call", "arguments", "words"),
    [
        ("clone", ("CLONE_NEWPID",), "first process"),
        ("fsopen", ("proc",), "a new proc file system"),
        ("write", (f"{GROUP}/memory.limit_in_bytes", "67108864"), "the container may use 64 MiB of memory"),
        ("write", (f"{GROUP}/memory.max", "1000"), "may use 1000 bytes of memory"),
        ("write", (f"{GROUP}/memory.max", "max"), "may use max of memory"),
        ("write", (f"{GROUP}/pids.max", "128"), "may have 128 processes"),
        ("write", ("/proc/sys/net/x", "1"), "a setting of the kernel"),
        ("prctl", ("PR_CAPBSET_DROP", "CAP_SYS_ADMIN"), "give these privileges up for good"),
        ("prctl", ("PR_SET_PDEATHSIG", "SIGKILL"), "die with the parent"),
        ("GET", ("https://host/v2/a/manifests/latest",), "table of contents"),
        ("GET", ("https://host/v2/a/blobs/sha256:1",), "by the digest of its content"),
        ("GET", ("https://host/token",), "get a token"),
        ("newcall", ("1",), ""),
    ],
)
def test_a_call_is_explained(call: str, arguments: tuple[str, ...], words: str) -> None:
    found = sentence(call, arguments)
    assert words in found
    assert bool(words) == bool(found)


def test_a_request_to_the_network_is_explained_by_what_it_asks() -> None:
    assert "virtual cable" in sentence("netlink", ("RTM_NEWLINK",), "new link jc-1")
    assert "its address" in sentence("netlink", ("RTM_NEWADDR",), "configure eth0 with 10.0.0.2/24")
    assert sentence("netlink", (), "something else") == "ask the kernel's network for it"


def test_a_step_without_calls_is_its_own_explanation() -> None:
    assert sentence("", (), "drop privileges") == "drop privileges"
