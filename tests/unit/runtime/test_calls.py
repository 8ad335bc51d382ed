"""Numbers and descriptors of recorded calls get their names."""

from __future__ import annotations

from typing import Any

from jupyter_containers.linux import constants as c
from jupyter_containers.runtime.calls import Row, flag_names, rows


def words(*calls: list[Any]) -> list[tuple[str, ...]]:
    return [(row.call, *row.arguments) for row in rows("inside", [["step", *call] for call in calls])]


def test_flags_have_names() -> None:
    assert flag_names(c.CLONE_NEWPID | c.CLONE_NEWNET, "CLONE_NEW") == "CLONE_NEWPID | CLONE_NEWNET"
    assert flag_names(c.MS_RDONLY | 1 << 40, "MS_") == f"MS_RDONLY | {1 << 40:#x}"
    assert flag_names(0, "MS_") == "0"


def test_a_row_has_all_that_was_recorded() -> None:
    (row,) = rows("outside", [["make the cgroup", "mkdir", ["/sys/fs/cgroup/x"], None, 17, 12]])
    assert row == Row("outside", "make the cgroup", "mkdir", ("/sys/fs/cgroup/x",), "EEXIST", 12)
    assert row.to_json() == {
        "side": "outside", "step": "make the cgroup", "call": "mkdir", "arguments": ["/sys/fs/cgroup/x"],
        "result": "EEXIST", "microseconds": 12, "times": 1,
    }  # fmt: skip


def test_a_write_says_where() -> None:
    shown = words(
        ["open", ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes", 1], 5, 0, 3], ["write", [5, "64"], 2, 0, 4]
    )
    assert shown == [("write", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "64")]


def test_a_descriptor_that_is_opened_again_leads_elsewhere() -> None:
    calls = [["open", [f"/{name}", 1], 5, 0, 0] for name in "ab"]
    assert words(calls[0], ["write", [5, "1"], 1, 0, 0], calls[1], ["write", [5, "2"], 1, 0, 0]) == [
        ("write", "/a", "1"), ("write", "/b", "2"),
    ]  # fmt: skip


def test_a_mount_is_followed_from_its_file_system_to_its_place() -> None:
    shown = words(
        ["openat2", [3, "/proc", [0, 0, c.RESOLVE_IN_ROOT], 24], 9, 0, 1],
        ["fsopen", ["proc", 1], 4, 0, 1],
        ["fsconfig", [4, c.FSCONFIG_SET_STRING, "source", "proc", 0], 0, 0, 1],
        ["fsconfig", [4, c.FSCONFIG_CMD_CREATE, None, None, 0], 0, 0, 1],
        ["fsmount", [4, 1, c.MOUNT_ATTR_NOSUID], 7, 0, 1],
        ["move_mount", [7, "", 9, "", 0x44], 0, 0, 1],
    )
    assert shown == [
        ("openat2", "3", "/proc", "RESOLVE_IN_ROOT"),
        ("fsopen", "proc"),
        ("fsconfig", "4<new proc>", "source=proc"),
        ("fsconfig", "4<new proc>", "FSCONFIG_CMD_CREATE"),
        ("fsmount", "4<new proc>", "MOUNT_ATTR_NOSUID"),
        ("move_mount", "7<mount of proc>", "9</proc>"),
    ]


def test_capabilities_that_are_dropped_make_one_row() -> None:
    drops = [["step", "prctl", [c.PR_CAPBSET_DROP, number, 0, 0, 0], 0, 0, 2] for number in (21, 22)]
    (row,) = rows("inside", drops)
    assert (row.arguments, row.times, row.duration_us) == (("PR_CAPBSET_DROP", "CAP_SYS_ADMIN", "CAP_SYS_BOOT"), 2, 4)


def test_capability_sets_are_named() -> None:
    (shown,) = words(["capset", [[1, 0], [1, 3, 0, 0, 0, 0]], 0, 0, 1])
    assert shown == ("capset", "effective: CAP_CHOWN", "permitted: CAP_CHOWN, CAP_DAC_OVERRIDE", "inheritable: none")


def test_a_device_has_its_number() -> None:
    assert words(["mknod", ["null", 0o20666, 1 << 8 | 3, 4], 0, 0, 1]) == [("mknod", "null", "1:3", "0666")]


def test_an_unknown_call_and_odd_arguments_are_shown_as_they_are() -> None:
    assert words(["newcall", [1, "x"], 0, 0, 1], ["mount", [1], 0, 0, 1]) == [("newcall", "1", "x"), ("mount", "1")]
