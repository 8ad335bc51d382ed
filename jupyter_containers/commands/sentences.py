"""What each call to the kernel is for, in a plain sentence: by its name, by what it is told, by the file it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# {0}, {1} … are the call's arguments.
_CALLS: Mapping[str, str] = {
    "clone": "make the container's first process, and give it new namespaces: its own view of processes, network, …",
    "unshare": "get a new namespace: changes in it stay in it",
    "setns": "step into a namespace that is there already",
    "mount": "change how the mounts of this namespace and of others hear of each other",
    "umount2": "let go of the old root: the host's files cannot be reached from inside any more",
    "pivot_root": "make the container's files the root directory: / is the image from here on",
    "fsopen": "begin a new {0} file system",
    "fsconfig": "tell the new file system how it is to be",
    "fsmount": "finish the new file system; it is not attached anywhere yet",
    "open_tree": "take a copy of what is mounted there, to attach it inside",
    "move_mount": "attach it at its place in the container",
    "mount_setattr": "say what may be done in that mount: nothing written, no devices, no set-user-id programs, …",
    "openat2": "look a path up inside the container's root, which no link can lead out of",
    "mkdir": "make a directory",
    "mknod": "make a device file: the container has only these few",
    "symlink": "make a symbolic link",
    "chown": "give the file to its owner",
    "fchown": "let the process's user write to its own output",
    "chdir": "go to another directory",
    "fchdir": "go to another directory",
    "sethostname": "give the container a host name of its own",
    "setdomainname": "give the container a domain name of its own",
    "setsid": "begin a session of its own, away from the parent's terminal",
    "setgroups": "belong to these groups only",
    "setresgid": "become the group that the process is to have",
    "setresuid": "become the user that the process is to have",
    "setrlimit": "limit what one process may use",
    "keyctl": "begin with empty hands: no keys of the host's",
    "capset": "keep these privileges of root, and no others",
    "seccomp": "from here on a filter looks at each system call, and refuses the dangerous ones",
    "close_range": "close every file that is not the container's",
    "netlink": "ask the kernel's network for it",
    "nftables": "have the kernel lead a port of the host to the container, in one transaction",
    "execve": "become the program that was asked for: the container runs",
    "write": "write a setting of the kernel",
}
# Calls with one name for many things, by their first argument.
_OPTIONS: Mapping[str, str] = {
    "PR_CAPBSET_DROP": "give these privileges up for good: no program inside can ever get them",
    "PR_CAP_AMBIENT": "say which privileges programs inherit",
    "PR_SET_PDEATHSIG": "die with the parent: no container without somebody who looks after it",
    "PR_SET_DUMPABLE": "nobody may look into this process's memory until it is the container's own",
    "PR_SET_KEEPCAPS": "do not lose the privileges, or lose them, with the change of user",
    "PR_SET_NO_NEW_PRIVS": "no program inside can get more privileges than this process has",
}
_NETWORK: tuple[tuple[str, str], ...] = (
    ("new link", "make a virtual cable: one end is on the host's bridge, the other is born inside the container"),
    ("configure", "give the inner end its address, switch it on, and say which way leads outside"),
    ("link ", "ask for the number of the interface inside"),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH"})
# Requests to a registry, by a part of their address.
_REGISTRY: tuple[tuple[str, str], ...] = (
    ("/manifests/", "the image's table of contents: which configuration and layers it is made of"),
    ("/blobs/uploads", "bring what the registry does not have yet"),
    ("/blobs/", "a layer, or the configuration, by the digest of its content"),
    ("/tags/", "which tags there are"),
    ("", "find out how the registry wants to be asked, and get a token for it"),
)
# Files of control groups, by name. {0} is the value.
_GROUP_FILES: Mapping[str, str] = {
    "memory.limit_in_bytes": "the container may use {size} of memory; at more, the kernel kills a process of it",
    "memory.max": "the container may use {size} of memory; at more, the kernel kills a process of it",
    "memory.memsw.limit_in_bytes": "memory and swap together may be {size}",
    "memory.swap.max": "swap may be {size}",
    "memory.soft_limit_in_bytes": "when memory is short, the kernel takes back what is over {size}",
    "memory.low": "when memory is short, the kernel spares {size}",
    "cpu.cfs_quota_us": "in each period the container may compute for {0} microseconds",
    "cpu.cfs_period_us": "a period is {0} microseconds",
    "cpu.max": "the container may compute for so many microseconds of each period: {0}",
    "cpu.shares": "its share of the processors when others want them, too, is {0}",
    "cpu.weight": "its share of the processors when others want them, too, is {0}",
    "cpuset.cpus": "the container may use these processors: {0}",
    "cpuset.mems": "the container may use these memory nodes: {0}",
    "pids.max": "the container may have {0} processes",
    "devices.deny": "no device may be used but those that follow",
    "devices.allow": "this kind of device may be used: {0}",
    "tasks": "put this process, and so all that it starts, into the group that is limited",
    "cgroup.procs": "put this process, and so all that it starts, into the group that is limited",
}


def sentence(call: str, arguments: Sequence[str], step: str = "") -> str:
    """Return what a call is for; of a call without a name, a step that was only timed, the step itself."""
    if not call:
        return step
    if call in _METHODS and arguments and "://" in arguments[0]:
        return next(text for part, text in _REGISTRY if part in arguments[0])
    if call == "write" and len(arguments) == 2:
        return _of_write(*arguments)
    if call == "netlink":
        return next((text for beginning, text in _NETWORK if step.startswith(beginning)), _CALLS[call])
    if arguments and arguments[0] in _OPTIONS:
        return _OPTIONS[arguments[0]]
    text = _CALLS.get(call, "")
    return text.replace("{0}", arguments[0] if arguments else "")


def _of_write(path: str, value: str) -> str:
    text = _GROUP_FILES.get(path.rpartition("/")[2], _CALLS["write"])
    size = _size(int(value)) if value.isdecimal() and len(value) < 20 else value
    return text.replace("{size}", size).replace("{0}", value)


def _size(count: int) -> str:
    """Return a size in the powers of two that the kernel counts in, exactly or in bytes."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count and count % (1 << shift) == 0:
            return f"{count >> shift} {unit}"
    return f"{count} bytes"
