from __future__ import annotations

import errno
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.seccomp_rules import Condition, Outcome, Segment, Table, architectures, segments

ALLOW, EPERM = c.SECCOMP_RET_ALLOW, c.SECCOMP_RET_ERRNO | errno.EPERM
ENOSYS = c.SECCOMP_RET_ERRNO | errno.ENOSYS
TABLE = Table({"read": 0, "write": 1, "open": 2, "clone": 5, "last": 9})


def found(
    *entries: dict[str, Any],
    table: Table = TABLE,
    capabilities: tuple[str, ...] = (),
    machine: str = "x86_64",
    kernel: str = "6.1.0-13-amd64",
    default: str = "SCMP_ACT_ERRNO",
) -> list[Segment]:
    profile = {"defaultAction": default, "syscalls": list(entries)}
    return segments(profile, table, capabilities=capabilities, machine=machine, kernel=kernel)


def allow(*names: str, **more: Any) -> dict[str, Any]:
    return {"names": list(names), "action": "SCMP_ACT_ALLOW", **more}


def allowed_numbers(segments_found: list[Segment]) -> set[int]:
    starts = {segment.first: segment.outcome for segment in segments_found}
    current, numbers = starts[0], set()
    for number in range(12):
        current = starts.get(number, current)
        if current == Outcome((), ALLOW):
            numbers.add(number)
    return numbers


def test_neighbours_with_one_outcome_are_one_segment() -> None:
    assert found(allow("write", "read", "open", "last")) == [
        Segment(0, Outcome((), ALLOW)),
        Segment(3, Outcome((), EPERM)),
        Segment(9, Outcome((), ALLOW)),
        Segment(10, Outcome((), ENOSYS)),
    ]


def test_numbers_above_all_named_ones_do_not_exist_when_the_default_refuses() -> None:
    assert found(allow("open"))[-1] == Segment(3, Outcome((), ENOSYS))


def test_numbers_above_all_named_ones_are_allowed_when_the_default_allows() -> None:
    only = {"names": ["open"], "action": "SCMP_ACT_ERRNO"}
    assert found(only, default="SCMP_ACT_ALLOW")[-1] == Segment(3, Outcome((), ALLOW))


def test_a_call_that_only_an_unselected_rule_names_is_known_to_the_profile() -> None:
    entries = allow("read"), allow("last", includes={"caps": ["CAP_SYS_ADMIN"]})
    assert found(*entries)[1:] == [Segment(1, Outcome((), EPERM)), Segment(10, Outcome((), ENOSYS))]


def test_x32_numbers_do_not_exist() -> None:
    numbers = found(allow("read"), table=Table(TABLE.numbers, x32=True), default="SCMP_ACT_LOG")
    assert Segment(0x40000000, Outcome((), ENOSYS)) in numbers
    assert Segment(0x80000000, Outcome((), c.SECCOMP_RET_LOG)) in numbers


def test_names_that_no_table_knows_are_left_out() -> None:
    assert found(allow("read", "breakpoint")) == found(allow("read"))


def test_a_rule_without_conditions_decides_alone() -> None:
    conditional = {
        "names": ["clone"],
        "action": "SCMP_ACT_LOG",
        "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}],
    }
    for entries in ((conditional, allow("clone")), (allow("clone"), conditional)):
        assert Segment(5, Outcome((), ALLOW)) in found(*entries)


def test_conditions_on_different_arguments_must_all_hold() -> None:
    arguments = [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_NE"}]
    both = (Condition(0, 1, 0, "SCMP_CMP_EQ"), Condition(1, 2, 0, "SCMP_CMP_NE"))
    assert Segment(5, Outcome(((both, ALLOW),), EPERM)) in found(allow("clone", args=arguments))


def test_conditions_on_one_argument_are_alternatives() -> None:
    arguments = [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]
    one, two = Condition(0, 1, 0, "SCMP_CMP_EQ"), Condition(0, 2, 0, "SCMP_CMP_EQ")
    assert Segment(5, Outcome((((one,), ALLOW), ((two,), ALLOW)), EPERM)) in found(allow("clone", args=arguments))


@pytest.mark.parametrize(
    ("condition", "selected"),
    [
        ({"includes": {"caps": ["CAP_SYSLOG"]}}, True),
        ({"includes": {"caps": ["CAP_SYSLOG", "CAP_BPF"]}}, False),
        ({"includes": {"caps": ["CAP_BPF"]}}, False),
        ({"excludes": {"caps": ["CAP_BPF", "CAP_SYSLOG"]}}, False),
        ({"excludes": {"caps": ["CAP_BPF"]}}, True),
        ({"includes": {"arches": ["arm64", "amd64"]}}, True),
        ({"includes": {"arches": ["s390"]}}, False),
        ({"excludes": {"arches": ["amd64"]}}, False),
        ({"includes": {"minKernel": "4.8"}}, True),
        ({"includes": {"minKernel": "6.1"}}, True),
        ({"includes": {"minKernel": "6.2"}}, False),
        ({"includes": {"minKernel": "6.10"}}, False),
        ({"excludes": {"minKernel": "6.1"}}, False),
        ({"excludes": {"minKernel": "7.0"}}, True),
        ({"includes": {}, "excludes": {}}, True),
        ({"includes": None, "excludes": None}, True),
    ],
)
def test_dockers_conditions_select_rules(condition: dict[str, Any], selected: bool) -> None:
    numbers = allowed_numbers(found(allow("read", **condition), capabilities=("CAP_SYSLOG",)))
    assert numbers == ({0} if selected else set())


def test_the_oldest_form_names_one_call() -> None:
    assert allowed_numbers(found({"name": "open", "action": "SCMP_ACT_ALLOW"})) == {2}


def test_an_errno_of_the_rule_and_of_the_default_are_used() -> None:
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 13,
        "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}],
    }
    outcomes = segments(profile, TABLE, capabilities=(), machine="x86_64", kernel="6.1")
    assert outcomes == [Segment(0, Outcome((), ENOSYS))]
    profile["syscalls"] = [{"names": ["write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]
    outcomes = segments(profile, TABLE, capabilities=(), machine="x86_64", kernel="6.1")
    assert outcomes == [Segment(0, Outcome((), c.SECCOMP_RET_ERRNO | 13)), Segment(1, Outcome((), ENOSYS))]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({}, "unknown defaultAction None"),
        ({"defaultAction": "ALLOW"}, "unknown defaultAction 'ALLOW'"),
        ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_LOG"}]}, "has no 'names'"),
        ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": "read"}, "must be a list of objects"),
        ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}, "unknown action None"),
        (
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "name": "b", "action": "SCMP_ACT_LOG"}]},
            "not both",
        ),
        ({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 70000}, "errno 70000"),
        (
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [allow("read", args=[{"index": 6, "op": "SCMP_CMP_EQ"}])]},
            "argument index 6",
        ),
        (
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [allow("read", args=[{"index": 0, "op": "EQ"}])]},
            "unknown op 'EQ'",
        ),
        (
            {
                "defaultAction": "SCMP_ACT_ERRNO",
                "syscalls": [allow("read", args=[{"index": 0, "op": "SCMP_CMP_EQ", "value": -1}])],
            },
            "value -1",
        ),
        ({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [allow("read", includes={"minKernel": "x"})]}, "version 'x'"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_wrong_part(profile: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        segments(profile, TABLE, capabilities=(), machine="x86_64", kernel="6.1")


def test_a_profile_that_needs_a_listener_is_refused() -> None:
    with pytest.raises(Unsupported, match="SCMP_ACT_NOTIFY"):
        found({"names": ["read"], "action": "SCMP_ACT_NOTIFY"})


X86_MAP = [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}]


@pytest.mark.parametrize(
    ("profile", "machine", "expected"),
    [
        ({}, "x86_64", [c.AUDIT_ARCH_X86_64]),
        ({"archMap": X86_MAP}, "x86_64", [c.AUDIT_ARCH_X86_64, c.AUDIT_ARCH_I386]),
        ({"architectures": ["SCMP_ARCH_X86"]}, "x86_64", [c.AUDIT_ARCH_X86_64, c.AUDIT_ARCH_I386]),
        ({"architectures": ["SCMP_ARCH_X86_64"]}, "x86_64", [c.AUDIT_ARCH_X86_64]),
        ({"archMap": X86_MAP}, "aarch64", [c.AUDIT_ARCH_AARCH64]),
    ],
)
def test_the_architectures_of_a_profile_are_the_known_ones(profile: Any, machine: str, expected: list[int]) -> None:
    assert [number for number, _ in architectures(profile, machine)] == expected


def test_two_lists_of_architectures_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="not both"):
        architectures({"archMap": X86_MAP, "architectures": ["SCMP_ARCH_X86"]}, "x86_64")


def test_a_machine_without_a_table_is_refused_with_the_way_out() -> None:
    with pytest.raises(Unsupported, match="seccomp=unconfined"):
        architectures({}, "riscv64")
