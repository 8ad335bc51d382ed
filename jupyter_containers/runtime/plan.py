"""From a spec to the ordered operations that build the container's file system: pure, printable, tested without root.

The order is forced by the kernel in these places: propagation before any mount; /dev before what lies in it; the
working directory and sysctls before anything becomes read-only; binds before the host's tree is gone; masks over mounts
and so after them.
"""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.linux.namespaces import FLAGS
from jupyter_containers.oci.runtime_spec import Mount, Spec
from jupyter_containers.runtime.defaults import default_devices
from jupyter_containers.runtime.operations.cgroups import MountCgroups, NewCgroupNamespace
from jupyter_containers.runtime.operations.devices import MakeDevice, MakeLink, OpenTerminal
from jupyter_containers.runtime.operations.masks import MakePathReadOnly, MaskPath
from jupyter_containers.runtime.operations.mounts import BindMount, MountFileSystem
from jupyter_containers.runtime.operations.names import SetDomainName, SetHostName, SetSysctl
from jupyter_containers.runtime.operations.operation import Operation
from jupyter_containers.runtime.operations.root import (
    MakeRootReadOnly,
    MountRoot,
    OpenWorkingDirectory,
    PivotRoot,
    SetPropagation,
)

_LINKS = (
    ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"), ("/dev/ptmx", "pts/ptmx"),
)  # fmt: skip

_CGROUP_TYPES = frozenset({"cgroup", "cgroup2"})

# The kernel parameters that belong to a namespace, by its type; all others are the whole machine's.
_IPC_SYSCTLS = frozenset({
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
    "kernel.shm_rmid_forced",
})  # fmt: skip


def plan(spec: Spec, root_path: str) -> tuple[Operation, ...]:
    """Return what init has to do, in order, between its birth in new namespaces and its `execve`.

    `root_path` is the absolute path of the mount point for the root. Raises: InvalidParameter or Unsupported for a
    spec that cannot be carried out.
    """
    _check(spec)
    return tuple(_operations(spec, root_path))


def _operations(spec: Spec, root_path: str) -> Iterator[Operation]:
    if _makes(spec, "cgroup"):
        yield NewCgroupNamespace()
    propagation = spec.linux.rootfs_propagation or "rprivate"
    yield SetPropagation(propagation, root_path)
    for mount in spec.rootfs or (Mount("/", "bind", root_path, ("rbind",)),):
        # A step towards the root (the host image has one) names its own place; only this namespace sees it there.
        yield MountRoot(mount, root_path if mount.destination == "/" else mount.destination)
    yield from _mounts(spec)
    yield OpenWorkingDirectory(spec.process.cwd)
    yield from (SetSysctl(name, value) for name, value in spec.linux.sysctl.items())
    yield PivotRoot(is_shared=propagation in {"shared", "rshared"})
    yield from _names(spec)
    yield from (MaskPath(path) for path in spec.linux.masked_paths)
    yield from (MakePathReadOnly(path) for path in spec.linux.readonly_paths)
    if spec.root.read_only:
        yield MakeRootReadOnly()


def _mounts(spec: Spec) -> Iterator[Operation]:
    has_devices = False
    for mount in spec.mounts:
        yield _mount(mount)
        if mount.destination.rstrip("/") == "/dev":
            has_devices = True
            if mount.type == "tmpfs":
                yield from _device_nodes(spec)
    if not has_devices:
        yield from _device_nodes(spec)
    if spec.process.terminal:
        yield OpenTerminal(spec.process.console_size)


def _mount(mount: Mount) -> Operation:
    if mount.type in _CGROUP_TYPES:
        return MountCgroups(mount)
    if mount.type == "bind" or {"bind", "rbind"} & set(mount.options):
        return BindMount(mount)
    return MountFileSystem(mount)


def _device_nodes(spec: Spec) -> Iterator[Operation]:
    """The default devices, and the spec's, which win where both have the path."""
    devices = {device.path: device for device in (*default_devices(), *spec.linux.devices)}
    yield from (MakeDevice(device) for device in devices.values())
    yield from (MakeLink(path, target) for path, target in _LINKS)


def _names(spec: Spec) -> Iterator[Operation]:
    if spec.hostname:
        yield SetHostName(spec.hostname)
    if spec.domainname:
        yield SetDomainName(spec.domainname)


def _makes(spec: Spec, namespace_type: str) -> bool:
    return any(entry.type == namespace_type and not entry.path for entry in spec.linux.namespaces)


def _check(spec: Spec) -> None:
    types = {namespace.type for namespace in spec.linux.namespaces}
    if unknown := types - set(FLAGS):
        raise InvalidParameter(f"unknown namespace type: {', '.join(sorted(unknown))}")
    if "user" in types:
        raise Unsupported("a user namespace per container is not supported yet; run the daemon in one instead")
    if not _makes(spec, "mount"):
        raise InvalidParameter("a container needs a mount namespace of its own")
    if (spec.hostname or spec.domainname) and "uts" not in types:
        raise InvalidParameter("a host name needs a uts namespace: this container shares the host's")
    for mount in spec.mounts:
        if not mount.destination.startswith("/"):
            raise InvalidParameter(f"invalid mount destination {mount.destination!r}: it must be absolute")
    if not spec.process.cwd.startswith("/"):
        raise InvalidParameter(f"invalid working directory {spec.process.cwd!r}: it must be absolute")
    for name in spec.linux.sysctl:
        _check_sysctl(name, types)


def _check_sysctl(name: str, types: set[str]) -> None:
    dotted = name.replace("/", ".")
    if dotted in _IPC_SYSCTLS or dotted.startswith("fs.mqueue."):
        needed = "ipc"
    elif dotted.startswith("net."):
        needed = "network"
    elif dotted == "kernel.domainname":
        needed = "uts"
    else:
        raise InvalidParameter(f"sysctl {name!r} is not in a separate kernel namespace: it is the whole host's")
    if needed not in types:
        raise InvalidParameter(f"sysctl {name!r} is not allowed: this container shares the host's {needed} namespace")
