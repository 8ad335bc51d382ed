"""Devices of the host for a container: --device, --device-cgroup-rule, and all of them for --privileged."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence

from jupyter_containers.engine.containers.record import DeviceRate, DeviceRequest, Limits
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.block_rates import BlockRate, BlockRates
from jupyter_containers.oci.runtime_spec import Device, DeviceRule

_RULE = re.compile(r"([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})")
# What the container has of its own.
_OWN = frozenset({"pts", "shm", "fd", "mqueue", "console", "ptmx", "stdin", "stdout", "stderr", ".lxc", ".lxd-mounts"})


def resolve_devices(requests: Sequence[DeviceRequest]) -> tuple[tuple[Device, ...], tuple[DeviceRule, ...]]:
    """Return the nodes to make and the rules that open them; a directory stands for all devices in it.

    Raises InvalidParameter for what is no device.
    """
    devices: list[Device] = []
    rules: list[DeviceRule] = []
    for request in requests:
        permissions = request.permissions or "rwm"
        if set(permissions) - set("rwm"):
            raise InvalidParameter(f"invalid device permissions {permissions!r}: letters of rwm are expected")
        found = list(_devices(request.path_on_host, request.path_in_container or request.path_on_host))
        if not found:
            raise InvalidParameter(
                f'error gathering device information while adding custom device "{request.path_on_host}": '
                "no such file or directory or not a device node"
            )
        devices += found
        rules += [DeviceRule(True, d.type, d.major, d.minor, permissions) for d in found]
    return tuple(devices), tuple(rules)


def host_devices() -> tuple[Device, ...]:
    """Return every device node of the host's /dev, for a privileged container."""
    return tuple(_devices("/dev", "/dev", leave_out=_OWN))


def _devices(path: str, inside: str, leave_out: frozenset[str] = frozenset()) -> Iterator[Device]:
    try:
        status = os.stat(path)
        names = sorted(os.listdir(path)) if stat.S_ISDIR(status.st_mode) else []
    except OSError:
        return
    for name in names:
        below = f"{path}/{name}"
        if name not in leave_out and not os.path.islink(below):
            yield from _devices(below, f"{inside}/{name}")
    kind = "c" if stat.S_ISCHR(status.st_mode) else "b" if stat.S_ISBLK(status.st_mode) else ""
    if kind:
        device = status.st_rdev
        mode = stat.S_IMODE(status.st_mode)
        yield Device(inside, kind, os.major(device), os.minor(device), mode, status.st_uid, status.st_gid)


def parse_rules(rules: Sequence[str]) -> tuple[DeviceRule, ...]:
    """Read `c 42:* rmw`. Raises InvalidParameter."""
    found = []
    for rule in rules:
        match = _RULE.fullmatch(rule)
        if match is None:
            raise InvalidParameter(f"invalid device cgroup rule format: '{rule}'")
        major, minor = (None if number == "*" else int(number) for number in match.group(2, 3))
        found.append(DeviceRule(True, match[1], major, minor, match[4]))
    return tuple(found)


def block_rates(limits: Limits) -> BlockRates:
    """Return the limits of single disks by their numbers. Raises InvalidParameter for what is no block device."""
    return BlockRates(
        weights=_rates(limits.blkio_weight_devices),
        read_bps=_rates(limits.blkio_read_bps),
        write_bps=_rates(limits.blkio_write_bps),
        read_iops=_rates(limits.blkio_read_iops),
        write_iops=_rates(limits.blkio_write_iops),
    )


def _rates(devices: Sequence[DeviceRate] | None) -> tuple[BlockRate, ...]:
    return tuple(BlockRate(*_disk(device.path), device.rate) for device in devices or ())


def _disk(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise InvalidParameter(f"stat {path}: {(error.strerror or '').lower()}") from None
    if not stat.S_ISBLK(status.st_mode):
        raise InvalidParameter(f"cannot limit the block I/O of {path}: it is not a block device")
    return os.major(status.st_rdev), os.minor(status.st_rdev)
