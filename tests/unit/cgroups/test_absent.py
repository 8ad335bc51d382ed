from __future__ import annotations

import os

import pytest

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.runtime_spec import DeviceRule, Resources

MANAGER = AbsentManager("nothing is mounted")


def test_without_limits_a_group_is_made_that_does_nothing() -> None:
    group = MANAGER.create("a/b", Resources(devices=(DeviceRule(False),), memory_swap=-1, pids_limit=0))
    group.add(os.getpid())
    group.enter()
    group.kill()
    group.remove()
    MANAGER.tidy("a")
    assert (group.processes(), group.directory_fd(), group.oom_event_fd()) == ([], None, None)
    assert (group.paths, group.oom_kills()) == ({}, 0)


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (Resources(memory_limit=1 << 20), "cannot set memory limit: nothing is mounted"),
        (Resources(pids_limit=10), "cannot set pids limit"),
        (Resources(cpuset_cpus="0"), "cannot set cpuset cpus"),
        (Resources(oom_kill_disable=True), "cannot set oom kill disable"),
        (Resources(cpu_shares=-1), "cannot set cpu shares"),
    ],
)
def test_a_limit_is_refused_with_the_reason(resources: Resources, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        MANAGER.create("a", resources)
    with pytest.raises(Unsupported, match=words):
        MANAGER.open("a").update(resources)


def test_what_needs_a_group_is_refused_with_the_reason() -> None:
    group = MANAGER.open("a")
    for step in (group.freeze, group.thaw, group.usage):
        with pytest.raises(Unsupported, match="nothing is mounted"):
            step()


def test_nothing_is_supported_and_paths_are_still_checked() -> None:
    assert MANAGER.capabilities() == frozenset()
    with pytest.raises(InvalidParameter):
        MANAGER.create("../x", Resources())
