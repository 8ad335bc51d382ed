"""What a process does that waits for its container: go through the motions, so that nothing is done for the first time.

After a fork the first write to a page copies it, and Python counts references in the objects themselves: to call a
function is to write. Some 280 copies are made on the way to a container; a rehearsal makes 200 of them beforehand, in
2 ms, while nobody waits. To copy all memory would take three times as long, of a processor that others may want.
"""

from __future__ import annotations

from jupyter_containers.cgroups.manager import CgroupManager
from jupyter_containers.linux import memory
from jupyter_containers.oci.runtime_spec import Linux, Mount, Process, Resources, Root, Spec
from jupyter_containers.runtime import create, defaults, privileges
from jupyter_containers.runtime.plan import plan

# Where the code is that makes a container inside.
_INSIDE = (
    "jupyter_containers.cgroups", "jupyter_containers.linux.libc", "jupyter_containers.linux.mounts",
    "jupyter_containers.linux.namespaces", "jupyter_containers.linux.safe_paths",
    "jupyter_containers.runtime.executable", "jupyter_containers.runtime.handshake",
    "jupyter_containers.runtime.init", "jupyter_containers.runtime.operations",
    "jupyter_containers.runtime.privileges", "jupyter_containers.runtime.streams", "jupyter_containers.runtime.users",
)  # fmt: skip
# What a container has that nobody wishes anything special for.
_EXAMPLE = Spec(
    process=Process(
        ("sh",), ("PATH=/bin",), capabilities=defaults.capability_sets(defaults.default_capabilities()), oom_score_adj=0
    ),
    root=Root("rootfs"),
    hostname="example",
    mounts=(*defaults.default_mounts(), Mount("/etc/hosts", "bind", "/example", ("rbind", "rprivate"))),
    linux=Linux(
        defaults.default_namespaces(),
        cgroups_path="example/example",
        resources=Resources(devices=defaults.default_device_rules()),
        masked_paths=defaults.masked_paths(),
        readonly_paths=defaults.readonly_paths(),
    ),
    rootfs=(Mount("/", "overlay", "overlay", ("lowerdir=/example", "upperdir=/example", "workdir=/example")),),
).to_json()


def rehearse(cgroups: CgroupManager) -> None:
    """Do what PID 1 does before `execve`, as far as the kernel is not needed."""
    spec = create.within_reach(Spec.from_json(_EXAMPLE), cgroups)
    for operation in plan(spec, "/example"):
        operation.describe()
    privileges.compile_filter(defaults.default_seccomp(), spec.process.capabilities.bounding)
    memory.own(_INSIDE)
