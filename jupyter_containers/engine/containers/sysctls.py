"""--sysctl: only what a namespace of the container's own keeps apart may be set; the rest would change the host. Pure.

The words are those of Docker's runtime. Source: sysctl(8); Documentation/admin-guide/sysctl.
"""

from __future__ import annotations

from jupyter_containers.engine.containers.record import HostSettings
from jupyter_containers.errors import InvalidParameter

_IPC = frozenset(
    f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
)


def dotted(name: str) -> str:
    """Return the name with dots between its parts. `net/ipv4/conf/eth0.1/x` is the other way to write it."""
    separator = next((letter for letter in name if letter in "./"), ".")
    return name if separator == "." else name.replace("/", ".")


def check_sysctls(host: HostSettings) -> None:
    """Raises InvalidParameter for the first one that this container cannot have."""
    for asked in host.sysctls:
        name = dotted(asked)
        if ".." in name or "\0" in name or "/" in name:
            raise InvalidParameter(f"invalid sysctl name {asked!r}")
        _check_sysctl(name, host)


def _check_sysctl(name: str, host: HostSettings) -> None:
    if name.startswith("net."):
        if host.network_mode == "host":
            raise InvalidParameter(f'sysctl "{name}" not allowed in host network namespace')
        if host.network_mode.startswith("container:"):
            raise InvalidParameter(f'sysctl "{name}" not allowed in the network namespace of another container')
    elif name in _IPC or name.startswith("fs.mqueue."):
        if host.ipc_mode == "host":
            raise InvalidParameter(f'sysctl "{name}" is not allowed in the hosts ipc namespace')
        if host.ipc_mode.startswith("container:"):
            raise InvalidParameter(f'sysctl "{name}" is not allowed in the ipc namespace of another container')
    elif name == "kernel.domainname" and host.uts_mode != "host":
        return
    elif name == "kernel.hostname":
        raise InvalidParameter(f'sysctl "{name}" is not allowed as it conflicts with the option hostname; use that')
    else:
        raise InvalidParameter(f'sysctl "{name}" is not in a separate kernel namespace')
