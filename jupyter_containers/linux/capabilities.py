"""The five capability sets of a process, by name. Source: capabilities(7)."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Collection

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc
from jupyter_containers.oci.runtime_spec import Capabilities

# In the order of linux/capability.h: the index is the number.
NAMES: tuple[str, ...] = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
    "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
)  # fmt: skip

_STATUS_FIELDS = {"CapBnd": "bounding", "CapEff": "effective", "CapPrm": "permitted", "CapInh": "inheritable",
                  "CapAmb": "ambient"}  # fmt: skip


def apply(sets: Capabilities, change_user: Callable[[], None]) -> None:
    """Change the user by `change_user` (setgroups, setgid, setuid), and leave this process exactly `sets`.

    The order is the kernel's: the bounding set can only be lowered while CAP_SETPCAP is there, the change of uid would
    clear the permitted set unless it is kept, and ambient capabilities must be permitted and inheritable. Raises
    OSError; InvalidParameter for an unknown name.
    """
    bounding_drop(sets.bounding)
    set_keep(True)
    change_user()
    set_keep(False)
    capset(sets)
    ambient(sets.ambient)


def bounding_drop(keep: Collection[str]) -> None:
    """Take every capability that is not in `keep` out of the bounding set, for good. Raises OSError."""
    kept = _bits(keep)
    for number in range(last_cap() + 1):
        if not kept >> number & 1:
            libc.call("prctl", c.PR_CAPBSET_DROP, number, 0, 0, 0, path=NAMES[number] if number < len(NAMES) else None)


def set_keep(enabled: bool) -> None:
    """Keep (or not) the permitted set when the uid changes from 0; the kernel forgets it at execve."""
    libc.call("prctl", c.PR_SET_KEEPCAPS, int(enabled), 0, 0, 0)


def capset(sets: Capabilities) -> None:
    """Set the effective, permitted and inheritable sets of this thread. Raises OSError."""
    words = [_bits(sets.effective), _bits(sets.permitted), _bits(sets.inheritable)]
    header = (ctypes.c_uint32 * 2)(c.LINUX_CAPABILITY_VERSION_3, 0)
    # struct __user_cap_data_struct[2]: the low 32 bits of the three sets, then the high ones.
    content = (ctypes.c_uint32 * 6)(*(word & 0xFFFFFFFF for word in words), *(word >> 32 for word in words))
    libc.syscall(c.SYS_CAPSET, "capset", header, content)


def ambient(names: Collection[str]) -> None:
    """Make `names` the ambient set; each must be permitted and inheritable. Raises OSError."""
    libc.call("prctl", c.PR_CAP_AMBIENT, c.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for name in names:
        libc.call("prctl", c.PR_CAP_AMBIENT, c.PR_CAP_AMBIENT_RAISE, number_of(name), 0, 0, path=name)


def read(pid: int | str = "self") -> Capabilities:
    """Return the sets of a process. Raises OSError when there is none."""
    sets: dict[str, tuple[str, ...]] = {}
    with open(f"/proc/{pid}/status", "rb") as status:
        for line in status:
            field, _, value = line.decode("utf-8", "replace").partition(":")
            if field in _STATUS_FIELDS:
                sets[_STATUS_FIELDS[field]] = _names(int(value, 16))
    return Capabilities(**sets)


def last_cap() -> int:
    """Return the highest capability number that this kernel knows."""
    try:
        fd = os.open("/proc/sys/kernel/cap_last_cap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return _last_cap_by_asking()  # no /proc here, or a masked one
    try:
        return int(os.read(fd, 16))
    finally:
        os.close(fd)


def _last_cap_by_asking() -> int:
    for number in range(64):
        if libc.library().prctl(c.PR_CAPBSET_READ, number, 0, 0, 0) < 0:
            return number - 1
    return 63


def number_of(name: str) -> int:
    """Return the number of a capability. Raises InvalidParameter for an unknown name."""
    try:
        return NAMES.index(name)
    except ValueError:
        raise InvalidParameter(f"unknown capability: {name!r}") from None


def _bits(names: Collection[str]) -> int:
    return sum(1 << number_of(name) for name in set(names))


def _names(bits: int) -> tuple[str, ...]:
    return tuple(name for number, name in enumerate(NAMES) if bits >> number & 1)
