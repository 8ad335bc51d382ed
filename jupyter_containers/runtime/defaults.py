"""What a container gets when nobody asks for anything else: Docker's defaults, as values of the runtime spec.

The engine starts from these and adds or removes what the user said; nothing here is read while a container runs.
Source: runtime-spec, config-linux.md; the running reference daemon (tests compare).
"""

from __future__ import annotations

from jupyter_containers.oci.runtime_spec import Capabilities, Device, DeviceRule, Mount, Namespace
from jupyter_containers.runtime.seccomp_profile import default_seccomp

__all__ = [
    "MASKED_PATHS", "READONLY_PATHS", "capability_sets", "default_capabilities", "default_device_rules",
    "default_devices", "default_mounts", "default_namespaces", "default_seccomp", "masked_paths", "readonly_paths",
]  # fmt: skip

# Hardware, timing of other tenants' work and keys: what a process can read there tells of the host.
MASKED_PATHS = (
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap",
)  # fmt: skip
# Switches of the whole machine.
READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

_CAPABILITIES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
    "CAP_AUDIT_WRITE",
)  # fmt: skip

_DEVICES = (("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0))


def default_capabilities() -> tuple[str, ...]:
    """Return Docker's 14 capabilities."""
    return _CAPABILITIES


def capability_sets(names: tuple[str, ...]) -> Capabilities:
    """Return the five sets for these capabilities as Docker fills them.

    Inheritable and ambient stay empty: a process of another user than root must not gain them by `execve`.
    """
    return Capabilities(bounding=names, effective=names, permitted=names)


def masked_paths() -> tuple[str, ...]:
    """Return the paths that are hidden behind /dev/null or an empty directory."""
    return MASKED_PATHS


def readonly_paths() -> tuple[str, ...]:
    """Return the paths that are mounted read-only over themselves."""
    return READONLY_PATHS


def default_namespaces() -> tuple[Namespace, ...]:
    """Return the namespaces made for each container; take one away to share the host's."""
    return tuple(Namespace(name) for name in ("mount", "pid", "network", "ipc", "uts", "cgroup"))


def default_devices() -> tuple[Device, ...]:
    """Return the device nodes that every container has."""
    return tuple(Device(f"/dev/{name}", "c", major, minor) for name, major, minor in _DEVICES)


def default_device_rules() -> tuple[DeviceRule, ...]:
    """Return the device cgroup's rules: nothing, then nodes may be made but not used, then the default devices.

    1:… memory devices, 5:0 tty, 5:1 console, 5:2 and 136:* pseudo terminals.
    """
    allowed = (1, 5), (1, 3), (1, 8), (1, 9), (1, 7), (5, 0), (5, 1), (5, 2), (136, None)
    return (
        DeviceRule(allow=False),
        DeviceRule(allow=True, type="c", access="m"),
        DeviceRule(allow=True, type="b", access="m"),
        *(DeviceRule(allow=True, type="c", major=major, minor=minor) for major, minor in allowed),
    )


def default_mounts(*, shm_size_bytes: int = 64 << 20) -> tuple[Mount, ...]:
    """Return the mounts that every container has, in order."""
    quiet = ("nosuid", "noexec", "nodev")
    return (
        Mount("/proc", "proc", "proc", quiet),
        Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
        Mount(
            "/dev/pts", "devpts", "devpts",
            ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        ),
        Mount("/sys", "sysfs", "sysfs", (*quiet, "ro")),
        Mount("/sys/fs/cgroup", "cgroup", "cgroup", ("ro", *quiet)),
        Mount("/dev/mqueue", "mqueue", "mqueue", quiet),
        Mount("/dev/shm", "tmpfs", "shm", (*quiet, "mode=1777", f"size={shm_size_bytes}")),
    )  # fmt: skip
