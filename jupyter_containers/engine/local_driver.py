"""The volume driver `local`: what its options mean, and the mounts they ask for.

Without options a volume is a plain directory. With them it is a mount point: `type`, `device` and `o` are what mount(8)
takes.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path

from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux import mounts
from jupyter_containers.supervisor.host_mounts import HostMounts

OPTIONS = ("type", "o", "device", "size")
_NEEDED = {"device": ("type",), "type": ("device",), "o": ("device", "type")}
_NETWORK_TYPES = frozenset({"nfs", "cifs"})
_ADDRESS = re.compile(r"(?:^|,)addr=([^,]+)")
_SECRET = re.compile(r"(?<=password=)[^,]+|(?<=pass=)[^,]+")


def check_options(options: Mapping[str, str]) -> None:
    """Raise InvalidParameter, in Docker's words, for options that the driver does not have or that miss another."""
    for name in sorted(options):
        if name not in OPTIONS:
            raise InvalidParameter(f'invalid option: "{name}"')
        if "\0" in options[name]:
            raise InvalidParameter(f'invalid option: "{name}": {options[name]!r} has a zero byte in it')
    if options.get("size"):
        raise InvalidParameter("quota size requested but no quota support")
    for name, others in _NEEDED.items():
        for other in others:
            if name in options and other not in options:
                raise InvalidParameter(f'missing required option: "{other}"')


def needs_mount(options: Mapping[str, str]) -> bool:
    """Tell whether a volume with these options is something to be mounted. Pure."""
    return bool(options.get("type") or options.get("device"))


def mount(host: HostMounts, options: Mapping[str, str], path: Path) -> None:
    """Mount what the options say on `path`. Blocks for as long as a server does: call it in a thread.

    Raises ContainersError in Docker's words; nothing is mounted then.
    """
    device, words = options.get("device", ""), options.get("o", "")
    if not device:
        raise ContainersError(f"error while mounting volume '{path}': missing device in volume options")
    if options.get("type") in _NETWORK_TYPES:
        words = _with_address(words, path)
    flags, propagation, data = mounts.parse_options(words.split(","))
    try:
        host.mount(device, path, options.get("type", ""), flags=flags, propagation=propagation, data=data)
    except OSError as error:
        raise _failure(path, device, flags, data, error) from error


def _with_address(words: str, path: Path) -> str:
    """Write the address of a server for its name: the kernel knows none. Raises ContainersError."""
    found = _ADDRESS.search(words)
    if found is None:
        return words
    try:
        address = socket.getaddrinfo(found[1], None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError as error:
        raise ContainersError(
            f"error while mounting volume '{path}': error resolving passed in network volume address: {error}"
        ) from error
    return words.replace(f"addr={found[1]}", f"addr={address}", 1)


def _failure(path: Path, device: str, flags: int, data: str, error: OSError) -> ContainersError:
    shown = f"mount {device}:{path}"
    if flags:
        shown += f", flags: {flags:#x}"
    if data:
        shown += f", data: {_SECRET.sub('********', data)}"
    reason = (error.strerror or str(error)).lower()
    return ContainersError(f"error while mounting volume '{path}': failed to mount local volume: {shown}: {reason}")
