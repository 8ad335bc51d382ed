"""The view of the cgroups says what it is."""

from __future__ import annotations

from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime.operations.cgroups import MountCgroups, NewCgroupNamespace


def test_they_say_what_they_are() -> None:
    assert NewCgroupNamespace().describe() == "new cgroup namespace"
    mount = Mount("/sys/fs/cgroup", "cgroup", "cgroup", ("ro", "nosuid"))
    assert MountCgroups(mount).describe() == "mount cgroups on /sys/fs/cgroup (ro, nosuid)"
