"""Devices of the host."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.devices import block_rates, host_devices, parse_rules, resolve_devices
from jupyter_containers.engine.containers.record import DeviceRate, DeviceRequest, Limits
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.block_rates import NO_RATES
from jupyter_containers.oci.runtime_spec import DeviceRule


def test_a_device_is_made_elsewhere_and_opened_as_asked() -> None:
    [device], [rule] = resolve_devices((DeviceRequest("/dev/null", "/dev/nothing", "rw"),))
    assert (device.path, device.type, device.major, device.minor, device.file_mode) == (
        "/dev/nothing",
        "c",
        1,
        3,
        0o666,
    )
    assert rule == DeviceRule(True, "c", 1, 3, "rw")


def test_what_is_no_device_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(InvalidParameter, match="error gathering device information"):
            resolve_devices((DeviceRequest(str(path), "/dev/x"),))
    with pytest.raises(InvalidParameter, match="invalid device permissions 'x'"):
        resolve_devices((DeviceRequest("/dev/null", "/dev/null", "x"),))


def test_a_device_is_what_it_is_on_the_host_unless_told() -> None:
    [device], [rule] = resolve_devices((DeviceRequest("/dev/null"),))
    assert (device.path, rule.access) == ("/dev/null", "rwm")


def test_a_folder_stands_for_the_devices_in_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "file").touch()
    for name in ("b", "deep/a"):
        os.mknod(tmp_path / name, stat.S_IFCHR)  # 0:0, which anybody may make
    devices, rules = resolve_devices((DeviceRequest(str(tmp_path), "/dev/x", "r"),))
    assert [(device.path, device.type, device.major, device.minor) for device in devices] == [
        ("/dev/x/b", "c", 0, 0), ("/dev/x/deep/a", "c", 0, 0),
    ]  # fmt: skip
    assert rules == (DeviceRule(True, "c", 0, 0, "r"),) * 2


def test_only_disks_that_are_there_have_rates() -> None:
    with pytest.raises(InvalidParameter, match="stat /dev/nosuch: no such file or directory"):
        block_rates(Limits(blkio_read_bps=(DeviceRate("/dev/nosuch", 5),)))
    with pytest.raises(InvalidParameter, match="/dev/null: it is not a block device"):
        block_rates(Limits(blkio_weight_devices=(DeviceRate("/dev/null", 50),)))
    for name in ("blkio_weight_devices", "blkio_write_bps", "blkio_read_iops", "blkio_write_iops"):
        with pytest.raises(InvalidParameter, match="stat /dev/nosuch: no such file or directory"):
            block_rates(replace(Limits(), **{name: (DeviceRate("/dev/nosuch", 50),)}))
    assert block_rates(Limits()) == NO_RATES


def test_a_privileged_container_has_the_hosts_devices_but_not_its_terminals() -> None:
    paths = {device.path for device in host_devices()}
    assert "/dev/null" in paths
    assert not any(path.startswith(("/dev/pts/", "/dev/shm/")) for path in paths)


def test_rules_are_read() -> None:
    assert parse_rules(("c 42:* rmw", "a *:* r")) == (
        DeviceRule(True, "c", 42, None, "rmw"),
        DeviceRule(True, "a", None, None, "r"),
    )
    with pytest.raises(InvalidParameter, match="invalid device cgroup rule format: 'c 42 rmw'"):
        parse_rules(("c 42 rmw",))
