from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.seccomp import compile_profile, flags_of
from jupyter_containers.linux.syscall_numbers import AARCH64, I386, X86_64
from tests.support.bpf_machines import run_seccomp

MASK64 = 2**64 - 1
ARCHITECTURES = {
    c.AUDIT_ARCH_X86_64: ("x86_64", X86_64),
    c.AUDIT_ARCH_I386: ("x86_64", I386),
    c.AUDIT_ARCH_AARCH64: ("aarch64", AARCH64),
}
RETURNS = {
    "SCMP_ACT_ALLOW": c.SECCOMP_RET_ALLOW,
    "SCMP_ACT_LOG": c.SECCOMP_RET_LOG,
    "SCMP_ACT_TRAP": c.SECCOMP_RET_TRAP,
    "SCMP_ACT_KILL_PROCESS": c.SECCOMP_RET_KILL_PROCESS,
    "SCMP_ACT_KILL": c.SECCOMP_RET_KILL_THREAD,
}
REFUSING = ("SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL")
COMPARISONS = {
    "SCMP_CMP_EQ": lambda argument, value, _: argument == value,
    "SCMP_CMP_NE": lambda argument, value, _: argument != value,
    "SCMP_CMP_LT": lambda argument, value, _: argument < value,
    "SCMP_CMP_LE": lambda argument, value, _: argument <= value,
    "SCMP_CMP_GT": lambda argument, value, _: argument > value,
    "SCMP_CMP_GE": lambda argument, value, _: argument >= value,
    "SCMP_CMP_MASKED_EQ": lambda argument, value, two: argument & value == two,
}


def verdict(action: str, number: int | None) -> int:
    return RETURNS[action] if action in RETURNS else c.SECCOMP_RET_ERRNO | (1 if number is None else number)


def naive(profile: Mapping[str, Any], number: int, architecture: int, arguments: list[int]) -> int:
    """Evaluate a profile by reading it from its top to its end, as its text says."""
    default = verdict(profile["defaultAction"], profile.get("defaultErrnoRet"))
    _, table = ARCHITECTURES[architecture]
    if architecture == c.AUDIT_ARCH_X86_64 and number & 0xC0000000 == 0x40000000:
        return c.SECCOMP_RET_ERRNO | 38
    known = [table[name] for rule in profile["syscalls"] for name in rule["names"] if name in table]
    if known and number > max(known):
        return c.SECCOMP_RET_ERRNO | 38 if profile["defaultAction"] in REFUSING else default
    rules = [rule for rule in profile["syscalls"] if number in {table.get(name) for name in rule["names"]}]
    rules = [rule for rule in rules if verdict(rule["action"], rule.get("errnoRet")) != default]
    for rule in rules:
        if not rule.get("args"):
            return verdict(rule["action"], rule.get("errnoRet"))
    for rule in rules:
        held = [COMPARISONS[a["op"]](arguments[a["index"]], a["value"], a["valueTwo"]) for a in rule["args"]]
        different = len({a["index"] for a in rule["args"]}) == len(held)
        if all(held) if different else any(held):
            return verdict(rule["action"], rule.get("errnoRet"))
    return default


names = st.sampled_from(sorted({*X86_64, *I386, *AARCH64}))
actions = st.sampled_from([*RETURNS, "SCMP_ACT_ERRNO"])
# Values around the border of the two halves, where comparing word by word goes wrong.
words = st.sampled_from([0, 1, 2, 0x7E020000, 2**32 - 1, 2**32, 2**32 + 1, 2**33 - 1, 2**63, MASK64])
conditions = st.fixed_dictionaries(
    {"index": st.integers(0, 5), "op": st.sampled_from(list(COMPARISONS)), "value": words, "valueTwo": words}
)
rules = st.fixed_dictionaries(
    {"names": st.lists(names, min_size=1, max_size=40), "action": actions},
    optional={"errnoRet": st.integers(0, 4095), "args": st.lists(conditions, max_size=3)},
)
profiles = st.fixed_dictionaries(
    {
        "defaultAction": actions,
        "syscalls": st.lists(rules, max_size=8),
        "architectures": st.just(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
    },
    optional={"defaultErrnoRet": st.integers(0, 4095)},
)


@settings(max_examples=30, deadline=None)
@given(profile=profiles, arguments=st.lists(words, min_size=6, max_size=6))
def test_every_number_of_every_architecture_gets_what_the_profile_says(profile: Any, arguments: list[int]) -> None:
    programs = {m: compile_profile(profile, capabilities=(), architecture=m) for m in ("x86_64", "aarch64")}
    numbers = [*range(480), 0x3FFFFFFF, 0x40000000, 0x40000001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    for architecture, (machine, _) in ARCHITECTURES.items():
        for number in numbers:
            expected = naive(profile, number, architecture, arguments)
            assert run_seccomp(programs[machine], number, architecture, arguments) == expected, (number, architecture)


@settings(max_examples=300, deadline=None)
@given(
    operator=st.sampled_from(list(COMPARISONS)),
    value=words | st.integers(0, MASK64),
    two=words | st.integers(0, MASK64),
    argument=words | st.integers(0, MASK64),
)
def test_arguments_are_compared_as_64_bit_numbers(operator: str, value: int, two: int, argument: int) -> None:
    condition = {"index": 3, "op": operator, "value": value, "valueTwo": two}
    rule = {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [condition]}
    profile = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule]}
    program = compile_profile(profile, capabilities=(), architecture="x86_64")
    allowed = run_seccomp(program, 0, c.AUDIT_ARCH_X86_64, [0, 0, 0, argument]) == c.SECCOMP_RET_ALLOW
    assert allowed == COMPARISONS[operator](argument, value, two)


def test_a_whole_table_is_searched_in_a_dozen_steps() -> None:
    every_second = [name for name, number in X86_64.items() if number % 2]
    profile = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": every_second, "action": "SCMP_ACT_ALLOW"}]}
    program = compile_profile(profile, capabilities=(), architecture="x86_64")
    code = list(struct.iter_unpack("=HBBI", program))
    assert len(code) > 500  # so many that some jumps do not fit in a byte
    assert all(run_seccomp(program, number, c.AUDIT_ARCH_X86_64) for number in range(480))
    assert _longest_path(code) < 30


def _longest_path(code: list[tuple[int, int, int, int]]) -> int:
    longest: dict[int, int] = {}
    for position in reversed(range(len(code))):
        operation, jump_true, jump_false, value = code[position]
        if operation == 0x06:
            targets = []
        elif operation == 0x05:
            targets = [position + 1 + value]
        elif operation & 7 == 5:
            targets = [position + 1 + jump_true, position + 1 + jump_false]
        else:
            targets = [position + 1]
        longest[position] = 1 + max((longest[target] for target in targets), default=0)
    return longest[0]


def test_an_unknown_architecture_kills_the_process() -> None:
    program = compile_profile({"defaultAction": "SCMP_ACT_ALLOW"}, capabilities=(), architecture="x86_64")
    assert run_seccomp(program, 0, c.AUDIT_ARCH_AARCH64) == c.SECCOMP_RET_KILL_PROCESS
    assert run_seccomp(program, 0, c.AUDIT_ARCH_I386) == c.SECCOMP_RET_KILL_PROCESS


def test_a_profile_too_long_for_the_kernel_is_refused() -> None:
    arguments = [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"} for value in range(1500)]
    rule = {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": arguments}
    with pytest.raises(InvalidParameter, match="too long"):
        compile_profile({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule]}, capabilities=(), architecture="x86_64")


def test_flags_are_speculation_unless_the_profile_says_other() -> None:
    assert flags_of({}) == c.SECCOMP_FILTER_FLAG_SPEC_ALLOW
    assert flags_of({"flags": []}) == 0
    assert flags_of({"flags": ["SECCOMP_FILTER_FLAG_LOG"]}) == c.SECCOMP_FILTER_FLAG_LOG
    with pytest.raises(InvalidParameter, match="'LOG'"):
        flags_of({"flags": ["LOG"]})


def test_the_segments_of_a_program_do_not_depend_on_the_order_of_names() -> None:
    forward = sorted(X86_64)
    first, second = (
        compile_profile(
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": order, "action": "SCMP_ACT_ALLOW"}]},
            capabilities=(),
            architecture="x86_64",
        )
        for order in (forward, forward[::-1])
    )
    assert first == second
    numbers = sorted(X86_64.values())
    assert len(first) // 8 < 10 + 2 * sum(b > a + 1 for a, b in pairwise(numbers)) * 2
