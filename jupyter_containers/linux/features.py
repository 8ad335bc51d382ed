"""What this kernel and this user can do, and if not: why, what it costs, and what would mend it.

Each probe tries the thing itself, in a forked child where it would change this process; nothing of it stays. The
answers are for `doctor`, for hints on errors, and for choosing which tests can run; no code decides by them what it
does.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc, mounts, namespaces, processes, safe_paths, seccomp

_CGROUP_ROOT = "/sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that may be lacking. `reason` says why it is (empty when available), `cost` what does not work then."""

    name: str
    available: bool
    reason: str
    cost: str
    remedy: str


def probe(names: Collection[str] | None = None) -> tuple[Feature, ...]:
    """Try all features, or those of `names`, in the order of the table. Forks; takes some tens of milliseconds."""
    return tuple(
        Feature(name, not reason, reason, cost, remedy)
        for name, (question, cost, remedy) in _FEATURES.items()
        if names is None or name in names
        for reason in [question()]
    )


def names() -> tuple[str, ...]:
    """Return the names of all features."""
    return tuple(_FEATURES)


def _in_child(step: Callable[[], object]) -> str:
    """Run a step in a forked child; return why it failed, or nothing."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - the child has nobody above it to tell
            os.write(write_fd, _reason(error).encode())
        finally:
            os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as answer:
        reason = answer.read().decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    return reason or ("" if status == 0 else f"the probe ended with status {status}")


def _reason(error: BaseException) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"


def _tried(step: Callable[[], object]) -> str:
    try:
        step()
    except OSError as error:
        return _reason(error)
    return ""


def _system_call(number: int, name: str) -> str:
    """Tell whether a call is there by making it with a descriptor that is not: EBADF, or EINVAL, are answers of it."""
    try:
        libc.syscall(number, name, -1, 0, -1, 0, 0)
    except OSError as error:
        return _reason(error) if error.errno in {errno.ENOSYS, errno.EPERM} else ""
    return ""


def _own_user_namespace() -> None:
    """Become root of a new user namespace, unless this is root already."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        return
    namespaces.unshare(c.CLONE_NEWUSER)
    for name, content in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(content)


def _root() -> str:
    return "" if os.geteuid() == 0 else f"this is user {os.geteuid()}"


def _namespaces() -> None:
    _own_user_namespace()
    namespaces.unshare(sum(namespaces.FLAGS.values()) & ~c.CLONE_NEWUSER)


def _private_tmpfs() -> None:
    _own_user_namespace()
    namespaces.unshare(c.CLONE_NEWNS)
    mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
    mounts.mount("tmpfs", "/tmp", "tmpfs")
    os.chdir("/tmp")


def _overlay() -> None:
    rootless = os.geteuid() != 0
    _private_tmpfs()
    for name in ("lower", "upper", "work", "merged"):
        os.mkdir(name)
    options = "lowerdir=lower,upperdir=upper,workdir=work" + (",userxattr" if rootless else "")
    mounts.mount("overlay", "merged", "overlay", 0, options)


def _open_tree() -> None:
    _private_tmpfs()
    fd = mounts.open_tree("/tmp", c.OPEN_TREE_CLONE)
    os.mkdir("copy")
    mounts.mount_setattr(fd, set=c.MOUNT_ATTR_RDONLY)
    mounts.move_mount(fd, "copy")


def _seccomp() -> None:
    processes.no_new_privileges()
    seccomp.load(struct.pack("=HBBI", 0x06, 0, 0, c.SECCOMP_RET_ALLOW))


def _openat2() -> None:
    root_fd = os.open("/", os.O_PATH)
    try:
        os.close(safe_paths.open_in_root(root_fd, "..", os.O_PATH))
    finally:
        os.close(root_fd)


def _pidfd() -> None:
    fd = processes.pidfd_open(os.getpid())
    try:
        processes.pidfd_send_signal(fd, 0)
    finally:
        os.close(fd)


def _nftables() -> None:
    """Ask nf_tables for its generation number by netlink. Source: linux/netfilter/nf_tables.h."""
    import socket

    get_generation = 10 << 8 | 16  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:  # NETLINK_NETFILTER
        netlink.settimeout(2)
        # struct nlmsghdr: len, type, flags (NLM_F_REQUEST), seq, pid; struct nfgenmsg: family, version, res_id
        netlink.send(struct.pack("=IHHIIBBH", 20, get_generation, 1, 1, 0, 0, 0, 0))
        answer = netlink.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] == 2:  # NLMSG_ERROR
        number = -struct.unpack_from("=i", answer, 16)[0]
        raise OSError(number, os.strerror(number))


def _cgroup_v1() -> str:
    found = [name for name in ("memory", "cpu", "pids", "freezer", "devices") if _legacy(name)]
    return "" if found else f"no cgroup v1 hierarchy is mounted and writable below {_CGROUP_ROOT}"


def _cgroup_v2() -> str:
    if not os.path.exists(f"{_CGROUP_ROOT}/cgroup.controllers"):
        return f"{_CGROUP_ROOT} is not the unified hierarchy"
    return "" if os.access(_CGROUP_ROOT, os.W_OK) else f"{_CGROUP_ROOT} is not writable for this user"


def _unified() -> str | None:
    """Return where a cgroup v2 hierarchy is mounted: the root, or beside v1 as systemd's hybrid layout has it."""
    for directory in (_CGROUP_ROOT, f"{_CGROUP_ROOT}/unified"):
        if os.path.exists(f"{directory}/cgroup.controllers"):
            return directory
    return None


def _cgroup_unified() -> str:
    directory = _unified()
    if directory is None:
        return "no cgroup v2 hierarchy is mounted"
    return "" if os.access(directory, os.W_OK) else f"{directory} is not writable for this user"


def _cgroup_kill() -> str:
    if _unified() is None:
        return "no cgroup v2 hierarchy is mounted"
    major, minor = (int(word) for word in os.uname().release.split("-")[0].split(".")[:2])
    return "" if (major, minor) >= (5, 14) else f"Linux {major}.{minor} is older than 5.14"


def _legacy(controller: str) -> bool:
    directory = f"{_CGROUP_ROOT}/{controller}"
    return os.path.exists(f"{directory}/cgroup.procs") and os.access(directory, os.W_OK)


def _controller(name: str, unified_name: str | None = None) -> Callable[[], str]:
    def question() -> str:
        if _legacy(name):
            return ""
        try:
            with open(f"{_CGROUP_ROOT}/cgroup.controllers", encoding="ascii") as file:
                found = (unified_name or name) in file.read().split()
        except OSError:
            found = False
        return "" if found else f"the controller {name} is not available below {_CGROUP_ROOT}"

    return question


def _cgroup_swap() -> str:
    if os.path.exists(f"{_CGROUP_ROOT}/memory/memory.memsw.limit_in_bytes"):
        return ""
    if not _cgroup_v2() and not _controller("memory")():
        return ""
    return "swap is not counted by cgroup"


def _id_maps() -> str:
    for program in ("newuidmap", "newgidmap"):
        if not any(os.access(f"{directory}/{program}", os.X_OK) for directory in os.get_exec_path()):
            return f"{program} is not installed"
    return ""


_UPGRADE = "use a newer kernel, or a seccomp profile around this process that allows it"
_PRIVILEGED = "run as root, or in a container with --privileged"
_BOOT = "mount the controller, or enable it on the kernel's command line"

# name → (why not, or nothing), what is lost without it, what to do.
_FEATURES: Mapping[str, tuple[Callable[[], str], str, str]] = {
    "root": (_root, "no bridge network, no limits without delegation", "start the daemon as root"),
    "namespaces": (lambda: _in_child(_namespaces), "no containers at all", _PRIVILEGED),
    "user_namespaces": (
        lambda: _in_child(lambda: namespaces.unshare(c.CLONE_NEWUSER)),
        "no containers for ordinary users",
        "set the sysctl user.max_user_namespaces above 0 and kernel.unprivileged_userns_clone to 1",
    ),
    "overlay": (
        lambda: _in_child(_overlay),
        "no containers: an image becomes a root by overlayfs, and there is no other way yet",
        "load the kernel module overlay",
    ),
    "openat2": (lambda: _tried(_openat2), "no containers: paths cannot be resolved safely", _UPGRADE),
    "open_tree": (lambda: _in_child(_open_tree), "no read-only clones of mounts", _UPGRADE),
    "pidfd": (lambda: _tried(_pidfd), "no containers: processes cannot be named safely", _UPGRADE),
    "close_range": (
        lambda: _system_call(c.SYS_CLOSE_RANGE, "close_range"),
        "descriptors are closed one by one",
        _UPGRADE,
    ),
    "seccomp": (lambda: _in_child(_seccomp), "containers run with all system calls", _UPGRADE),
    "nftables": (
        lambda: _tried(_nftables),
        "no published ports and no way from containers to the outside",
        "load the kernel module nf_tables; run as root",
    ),
    "cgroup_v1": (_cgroup_v1, "nothing, where cgroup v2 is available", _BOOT),
    "cgroup_v2": (_cgroup_v2, "nothing, where cgroup v1 is available", "boot with systemd.unified_cgroup_hierarchy=1"),
    "cgroup_unified": (_cgroup_unified, "nothing, where cgroup v1 is available", "mount cgroup2"),
    "cgroup_memory": (_controller("memory"), "no memory limits", _BOOT),
    "cgroup_swap": (_cgroup_swap, "memory limits do not count swap", "boot with swapaccount=1"),
    "cgroup_cpu": (_controller("cpu"), "no CPU limits", _BOOT),
    "cgroup_cpuset": (_controller("cpuset"), "no choice of CPUs", _BOOT),
    "cgroup_pids": (_controller("pids"), "no limit on the number of processes", _BOOT),
    "cgroup_blkio": (_controller("blkio", "io"), "no block I/O statistics", _BOOT),
    "cgroup_kill": (_cgroup_kill, "leftover processes are killed one by one", _UPGRADE),
    "id_maps": (_id_maps, "without root, a container has one user id only", "install the package uidmap"),
}
