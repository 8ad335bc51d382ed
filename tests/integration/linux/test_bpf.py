from __future__ import annotations

import errno
import os

import pytest

from jupyter_containers.linux import bpf
from jupyter_containers.oci.runtime_spec import DeviceRule
from tests.support.children import answer_of

pytestmark = pytest.mark.needs("root", "cgroup_unified")

RULES = (DeviceRule(False), DeviceRule(True, "c", 1, 3, "rw"), DeviceRule(True, "c", 1, 5, "r"))


def limit(group: str, rules: tuple[DeviceRule, ...]) -> int:
    group_fd = os.open(group, os.O_RDONLY | os.O_DIRECTORY)
    program_fd = bpf.load_device_program(bpf.device_program(rules))
    try:
        bpf.replace_device_program(group_fd, program_fd)
        return len(bpf.attached_programs(group_fd))
    finally:
        os.close(program_fd)
        os.close(group_fd)


def opened(group: str, *wishes: tuple[str, int]) -> list[str]:
    """Try to open devices from within the group; return the ones that could be."""

    def inside() -> list[str]:
        with open(f"{group}/cgroup.procs", "w") as procs:
            procs.write("0")
        found = []
        for path, flags in wishes:
            try:
                os.close(os.open(path, flags))
            except OSError as error:
                assert error.errno == errno.EPERM
            else:
                found.append(path)
        return found

    return list(answer_of(inside))


def test_only_allowed_devices_can_be_opened_and_only_as_allowed(unified_group: str) -> None:
    wishes = (("/dev/null", os.O_RDWR), ("/dev/zero", os.O_RDONLY), ("/dev/full", os.O_RDONLY))
    assert opened(unified_group, *wishes) == ["/dev/null", "/dev/zero", "/dev/full"]
    limit(unified_group, RULES)
    assert opened(unified_group, *wishes) == ["/dev/null", "/dev/zero"]
    assert opened(unified_group, ("/dev/zero", os.O_WRONLY)) == []


def test_new_rules_replace_old_ones(unified_group: str) -> None:
    assert limit(unified_group, RULES) == 1
    assert limit(unified_group, (DeviceRule(False), DeviceRule(True, "c", 1, 7))) == 1
    assert opened(unified_group, ("/dev/null", os.O_RDWR), ("/dev/full", os.O_RDWR)) == ["/dev/full"]


def test_nodes_that_may_not_be_used_may_be_made(unified_group: str, tmp_path: object) -> None:
    limit(unified_group, (DeviceRule(False), DeviceRule(True, "c", None, None, "m")))

    def inside() -> list[object]:
        with open(f"{unified_group}/cgroup.procs", "w") as procs:
            procs.write("0")
        node = f"{tmp_path}/node"
        os.mknod(node, 0o020600, os.makedev(1, 3))
        try:
            os.open(node, os.O_RDONLY)
        except OSError as error:
            answer = [os.path.exists(node), error.errno]
        os.unlink(node)
        return answer

    assert answer_of(inside) == [True, errno.EPERM]


def test_a_program_of_the_greatest_length_is_verified() -> None:
    rules = tuple(DeviceRule(bool(number % 2), "c", number, number, "rw") for number in range(200))
    os.close(bpf.load_device_program(bpf.device_program(rules)))
